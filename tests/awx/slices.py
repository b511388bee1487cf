# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How AWX divides an inventory between the slices of a job, after Inventory.get_sliced_hosts (24.6.1)."""

from __future__ import annotations

import typing as t

Host = t.TypeVar("Host")


def sliced(hosts: t.Sequence[Host], number: int, count: int) -> list[Host]:
    """Return the hosts of slice ``number`` of ``count``, counted from 1: by position, whatever the job is about."""
    return list(hosts[number - 1 :: count])
