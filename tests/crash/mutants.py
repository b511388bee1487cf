# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that are broken on purpose, each the way such a client usually is. The bench must catch every one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import operations as _operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock import returning as _returning
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._window import scheduler as _scheduler
from ansible_collections.netfleet.maintenance.plugins.module_utils._window import window_run as _window_run
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Accepted, Zequenze
from tests.crash.steps import RETURN, SETTLE, Step

if t.TYPE_CHECKING:
    from tests.crash.driver import Controller


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A broken client: what is wrong with it, and how it is made of the real one, in the process that runs it."""

    wrong: str
    break_client: t.Callable[[type[Controller]], type[Controller]]


def _resend(controller: type[Controller]) -> type[Controller]:
    operate = Zequenze.operate

    def again(self: Zequenze, name: str, operation: t.Any, guard: t.Any) -> Accepted:
        try:
            return operate(self, name, operation, guard)
        except NoAnswer:
            # The guard knows until when the request may leave; who sends it again asks nobody.
            return operate(self, name, operation, lambda: None)

    Zequenze.operate = again  # type: ignore[method-assign]
    return controller


def _never_recover(controller: type[Controller]) -> type[Controller]:
    class OnlyPolite(controller):  # type: ignore[misc,valid-type]
        """Unlocks at the end of its own block and nowhere else; what an earlier run left locked is not its concern."""

        def recover(self, settle: Step = SETTLE, give_back: Step = RETURN) -> int:
            """Do nothing about what an earlier run left."""
            return 0

    def without_locks(*arguments: t.Any, **named: t.Any) -> t.Any:
        found = read_progress(*arguments, **named)
        return {name: dataclasses.replace(each, locked=False) for name, each in found.items()}

    # What an earlier run left locked is not looked for: where every operation is done, the device is left out.
    setattr(_window_run, "read_progress", without_locks)  # noqa: B010
    return OnlyPolite


def _trust_account(controller: type[Controller]) -> type[Controller]:
    row_to_unlock = _returning._row_to_unlock

    def whatever_is_locked(keeper: LockKeeper, name: str, device_id: str | None) -> t.Any:
        row = row_to_unlock(keeper, name, device_id)
        return row if row is None else {**row, "holder": keeper.holder}

    setattr(_returning, "_row_to_unlock", whatever_is_locked)  # noqa: B010
    Locks.is_free_for = lambda self, row, holder, *, login=None: True  # type: ignore[method-assign]
    Locks.is_of_login = lambda self, row, connection=None: False  # type: ignore[method-assign]
    Locks.is_held = lambda self, device, window_id: True  # type: ignore[method-assign]
    return controller


def _no_limits(controller: type[Controller]) -> type[Controller]:
    for room, rule in ((_operations, "over_limit"), (_scheduler, "_cap"), (_scheduler, "_budget")):
        setattr(room, rule, lambda *_arguments, **_named: None)
    return controller


MUTANTS: dict[str, Mutant] = {
    "resends": Mutant("sends a reboot again when its answer is lost", _resend),
    "only_polite": Mutant("unlocks at the end of its own block only and has no recovery", _never_recover),
    "trusts_account": Mutant(
        "takes whatever its account may lock as its own, whatever the journal says", _trust_account
    ),
    "no_limits": Mutant("counts neither failures nor devices under way", _no_limits),
}
