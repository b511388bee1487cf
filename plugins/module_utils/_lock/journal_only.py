# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of devices that Oracle SDM does not manage: the journal is the only lock, and no server is asked.

It stands where the client of Oracle SDM stands, so that a device is taken and unlocked by the same rules.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import JOURNAL_ONLY


class JournalOnly:
    """The requests of a lock, of which none leaves; every name is the id of its device."""

    server = JOURNAL_ONLY
    account = ""
    username = ""
    # Until when nobody waits for its answer; it needs none.
    given_up_until = 0.0

    def device_ids(self) -> t.Mapping[str, list[str]]:
        """Return the ids by name: whatever is asked for."""
        return _EveryName()

    def lock(self, _device_id: str, guard: t.Callable[[], None]) -> None:
        """Do what comes before a Lock would leave."""
        guard()

    def unlock(self, _device_id: str, guard: t.Callable[[], None]) -> None:
        """Do what comes before an Unlock would leave."""
        guard()


class _EveryName(dict[str, list[str]]):
    """A table in which every name is the one id of its device."""

    def get(self, name: str, _otherwise: t.Any = None) -> list[str]:
        """Return the id of a name."""
        return [name]
