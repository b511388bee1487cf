# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that are broken on purpose, each the way such a client usually is. The bench must catch every one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits, Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock import keeper as _keeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result
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

    def again(self: Zequenze, *arguments: t.Any) -> Accepted:
        try:
            return operate(self, *arguments)
        except NoAnswer:
            return operate(self, *arguments)

    Zequenze.operate = again  # type: ignore[assignment,method-assign]
    return controller


def _never_recover(controller: type[Controller]) -> type[Controller]:
    class OnlyPolite(controller):  # type: ignore[misc,valid-type]
        """Unlocks at the end of its own block and nowhere else; what an earlier run left locked is not its concern."""

        def recover(self, settle: Step = SETTLE, give_back: Step = RETURN) -> int:
            """Do nothing about what an earlier run left."""
            return 0

        def is_left_locked(self, journal: Result) -> bool:
            """Do not look: where every operation is done, the block is left out, and its end with it."""
            return False

    return OnlyPolite


def _trust_account(controller: type[Controller]) -> type[Controller]:
    keeper = _keeper.LockKeeper
    row_to_unlock = keeper._row_to_unlock

    def whatever_is_locked(self: t.Any, name: str, device_id: str | None) -> t.Any:
        row = row_to_unlock(self, name, device_id)
        return row if row is None else {**row, "holder": self.holder}

    keeper._row_to_unlock = whatever_is_locked  # type: ignore[method-assign]
    Locks.is_free_for = lambda self, row, holder: True  # type: ignore[method-assign]
    Locks.is_held = lambda self, device, holder: True  # type: ignore[method-assign]
    return controller


def _no_limits(controller: type[Controller]) -> type[Controller]:
    others = Gates._others
    Operations._over_limit = staticmethod(lambda *_arguments: None)  # type: ignore[method-assign,assignment]
    Gates._others = lambda self, name, _limits: others(self, name, Limits())  # type: ignore[method-assign,assignment]
    return controller


MUTANTS: dict[str, Mutant] = {
    "resends": Mutant("sends a reboot again when its answer is lost", _resend),
    "only_polite": Mutant("unlocks at the end of its own block only and has no recovery", _never_recover),
    "trusts_account": Mutant(
        "takes whatever its account may lock as its own, whatever the journal says", _trust_account
    ),
    "no_limits": Mutant("counts neither failures nor devices under way", _no_limits),
}
