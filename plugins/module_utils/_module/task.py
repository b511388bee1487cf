# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the function behind a module gets, and what it gives: its task and its result."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store

Result = dict[str, t.Any]


@dataclasses.dataclass
class Task:
    """What a core gets: validated options, the two modes, and the few things it may not reach for by itself.

    ``run`` is the process id of the Ansible controller process, None in a module that runs by itself; ``run_alive``
    answers whether the run this task belongs to still exists; ``store`` keeps sessions and tables for the run; ``warn``
    shows a warning to the user, ``tell`` a line while the task is still at work.
    """

    params: t.Mapping[str, t.Any]
    check_mode: bool = False
    diff: bool = False
    warn: t.Callable[[str], None] = lambda _text: None
    tell: t.Callable[[str], None] = lambda _text: None
    store: Store = dataclasses.field(default_factory=MemoryStore)
    clock: Clock = dataclasses.field(default_factory=Clock)
    run: int | None = None
    run_alive: t.Callable[[], bool] = lambda: True


Logic = t.Callable[[Task], Result]
