# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work for several items, some at a time."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

# Each has a thread and a connection of its own.
MOST_AT_ONCE = 128

Item = t.TypeVar("Item")

Made = t.TypeVar("Made")


def for_each(items: t.Sequence[Item], work: t.Callable[[Item], Made], concurrency: int) -> list[Made]:
    """Do the same work for several items, some at a time, and give what each made in the order of the items.

    ``concurrency`` is how many at a time, never more than 128.
    Whatever ``work`` raises is raised here, after the other items have been worked on.
    """
    if len(items) < 2 or concurrency < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(concurrency, len(items), MOST_AT_ONCE)) as pool:
        futures = [pool.submit(work, item) for item in items]
    return [future.result() for future in futures]
