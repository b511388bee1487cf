# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether someone works on a device right now, asked once for the devices of a run that ask at about the same time.

PAM Core cannot be asked about one device: every answer is the list of all sessions, and may take minutes
(docs/apis/senhasegura.md, 7). So the devices of a run share it. The answer that one takes was asked for at most
``SHARED_FOR`` seconds before its own question, and for a request after the device was locked. That someone works on a
device is never taken from others but asked again; and no failure is kept, but for those who waited for that very
answer.
"""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.sessions import (
    find_listed,
    sessions_by_host,
    sessions_on,
    unlisted,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Session
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store, Value, single_flight

# Seconds; documented in the option live_sessions.
SHARED_FOR = 5.0

# Seconds that the age of an answer may differ by the two clocks: more, and the machine slept or was set meanwhile.
CLOCKS_AGREE = 1.0

_LOCKED = "locked at/"


def note_locked(name: str, record: WindowRecord | None, store: Store, clock: Clock) -> None:
    """Note that a device (as it is locked) has just been locked, so that older answers say nothing about it.

    ``record`` is that of its window. Without one, and where the window looks at no live sessions, nobody would read it.
    """
    if record is not None and record.rules.live_sessions != "ignore":
        store.save(_LOCKED + name, {"at": clock.monotonic()})


def locked_at(name: str, store: Store) -> float | None:
    """Return when this run locked a device (as it is locked) last, in monotonic seconds; None if it is not known."""
    noted = store.load(_LOCKED + name)
    return None if noted is None else float(noted["at"])


def live_sessions_on(name: str, client: Senhasegura, store: Store, newer_than: float) -> list[Session]:
    """Return the live sessions on one device, as asked for at ``newer_than`` (monotonic seconds) or later.

    Raises NotFound for a name that is not listed, MaintenanceError when nobody can say.
    """
    row = find_listed(DeviceTable(client, store), name)
    if row is None:
        raise NotFound(unlisted([name]), status=200)
    now = client.clock.monotonic()
    answer = _answer(client, store, max(newer_than, now - SHARED_FOR))
    found = sessions_on(row, sessions_by_host(answer["sessions"]))
    if found and answer["asked"] < now:
        found = sessions_on(row, sessions_by_host(_answer(client, store, now)["sessions"]))
    return found


def _answer(client: Senhasegura, store: Store, newer_than: float) -> Value:
    """Return an answer asked for at ``newer_than`` (monotonic seconds) or later: one of the run, or one of our own."""
    key = f"senhasegura.sessions/{client.identity}"
    kept = _kept(client, store, key, newer_than)
    if kept is None:
        with single_flight(store, key, client.clock):
            kept = _kept(client, store, key, newer_than)
            if kept is None:
                kept = {"asked": client.clock.monotonic(), "asked_at": client.clock.now()}
                kept["sessions"] = client.live_sessions()
                store.save(key, kept)
    return kept


def _kept(client: Senhasegura, store: Store, key: str, newer_than: float) -> Value | None:
    kept = store.load(key)
    if kept is None or kept["asked"] < newer_than:
        return None
    age, age_by_wall = client.clock.monotonic() - kept["asked"], client.clock.now() - kept["asked_at"]
    return kept if abs(age - age_by_wall) < CLOCKS_AGREE else None
