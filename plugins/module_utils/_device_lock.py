# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_lock: acquire and give back, with the journal as the memory and the server as the judge.

SDM cannot be asked who holds a lock (Oracle SDM sheet, section 6). So what is ours is what the journal shows as ours;
the intent is written before every request; and a lock is confirmed by acquiring it again, which is safe for its own
account.
"""

from __future__ import annotations

import dataclasses
import getpass
import os
import socket
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._device_results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    Conflict,
    JournalError,
    MaintenanceError,
    NoAnswer,
    NotFound,
    NotSent,
    Refused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._face import Result, Task, for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._gate_options import gates_of, gates_option
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates import Gates, Shut
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import Journal, Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal_locks import GroupBusy, Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal_operations import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._options import (
    from_environment,
    journal_options,
    named,
    names_options,
    oracle_sdm_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._paths import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._waiting import Clock, iso

FOUR_HOURS = 4 * 3600.0
BUSY_PAUSE = 5.0

# What a lock of somebody else is refused with is not documented, but an account without the right to it is told this
# (Oracle SDM sheet, section 5.1). So it never proves that a lock of ours is gone.
NO_RIGHT = 403
_PERHAPS_OURS = (
    "The account may have lost its rights, so the device may be locked by us still. Check the account and the console, "
    "then run again."
)


def device_lock_spec() -> Spec:
    """Give the options of device_lock."""
    shared = oracle_sdm_options() + journal_options() + names_options() + gates_option()
    return shared + Spec(
        {
            "device_id": {"type": "str"},
            "state": {"type": "str", "choices": ["locked", "unlocked"], "default": "locked"},
            "holder": {"type": "str", **from_environment("NETFLEET_HOLDER")},
            "wait_timeout": {"type": "float", "default": 0.0},
            "lease": {"type": "float", "default": FOUR_HOURS},
            "force": {"type": "bool", "default": False},
            "group": {"type": "str"},
            "max_in_flight": {"type": "int"},
            "max_failures": {"type": "int"},
        }
    )


def run_device_lock(task: Task) -> Result:
    """Lock or unlock the named devices. Gives ``changed`` and ``devices``; raises MaintenanceError for all of them."""
    params = task.params
    names = named(params)
    # Roles hand on what the inventory has, and that may be an empty text.
    device_id = params["device_id"] or None
    if device_id and len(names) != 1:
        raise BadInput("device_id goes with exactly one name.")
    with (
        Journal.open(params["journal"], task.clock, task.run, read_only_ok=params["state"] == "unlocked") as journal,
        OracleSdm.from_params(params, task.store) as sdm,
    ):
        keeper = LockKeeper(
            sdm,
            Locks(journal),
            holder=params["holder"] or default_holder(),
            lease=params["lease"],
            wait_timeout=params["wait_timeout"],
            clock=task.clock,
            run_alive=task.run_alive,
            dry=task.check_mode,
            gates=gates_of(task, params["holder"], journal, names) if params["state"] == "locked" else None,
            limits=Limits(params["max_in_flight"], params["max_failures"]),
            group=params["group"] or None,
        )

        def work(name: str) -> DeviceResult:
            if params["state"] == "locked":
                return keeper.lock(name, device_id)
            return keeper.unlock(name, device_id, force=params["force"])

        return task_result(for_each(names, work, params["concurrency"]), diff=task.diff)


def default_holder() -> str:
    """Give who holds a lock when nobody says: login and controller, so that the next run can give it back."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        login = str(os.getuid())
    return f"{login}@{socket.gethostname()}"


@dataclasses.dataclass
class LockKeeper:
    """Takes and gives back locks for one holder; never raises for a single device, its result says what happened."""

    sdm: OracleSdm
    locks: Locks
    holder: str
    lease: float
    wait_timeout: float
    clock: Clock
    run_alive: t.Callable[[], bool] = lambda: True
    dry: bool = False
    gates: Gates | None = None
    limits: Limits = dataclasses.field(default_factory=Limits)
    group: str | None = None
    _learning: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    def lock(self, name: str, device_id: str | None = None) -> DeviceResult:
        """Acquire one device, waiting for a busy one as long as the wait timeout allows.

        New work passes the gates first, each time; those that may open are waited for as long as their timeout allows.
        """
        started = self.clock.monotonic()
        try:
            device_id = device_id or self._resolve(name)
            while True:
                tried = self._try(name, device_id)
                waited = self.clock.monotonic() - started
                if isinstance(tried, Shut):
                    if not tried.may_open or (tried.until is None and waited >= self._patience):
                        return self._kept_back(name, device_id, tried)
                    self.clock.sleep(self._pause(tried))
                    continue
                if self.dry or tried.shown["state"] != "busy" or waited >= self.wait_timeout:
                    return tried
                self.clock.sleep(min(BUSY_PAUSE, max(0.1, self.wait_timeout - waited)))
        except MaintenanceError as error:
            return _failed(name, device_id, "unknown", str(error))

    def _try(self, name: str, device_id: str) -> DeviceResult | Shut:
        """Pass the gates and ask for the lock, once. Gives the result, or the gate that is shut."""
        shut = None if self.gates is None or self._is_begun(name, device_id) else self._shut(name)
        if shut is not None:
            return shut
        try:
            return self._predict(name, device_id) if self.dry else self._acquire(name, device_id)
        except GroupBusy as error:
            return Shut("exclusive", str(error), may_open=True)

    def _shut(self, name: str) -> Shut | None:
        return None if self.gates is None else self.gates.before_lock(name, self.limits)

    def _is_begun(self, name: str, device_id: str) -> bool:
        """Whether the device is not new work: locked by us, or with an operation of ours still under way."""
        row = self.locks.open_on(self.sdm.server, device_id)
        if row is not None and row["holder"] == self.holder:
            return True
        return self.gates is not None and self.gates.is_under_way(name)

    @property
    def _patience(self) -> float:
        return self.gates.rules.timeout if self.gates else self.wait_timeout

    def _pause(self, shut: Shut) -> float:
        """Give how long to wait before a shut gate is looked at again."""
        pause = self.gates.rules.interval if self.gates else BUSY_PAUSE
        return pause if shut.until is None else max(0.05, min(pause, shut.until - self.clock.now()))

    def _kept_back(self, name: str, device_id: str, shut: Shut) -> DeviceResult:
        """Write down and tell that a gate kept the device back: nothing was sent."""
        if self.gates is not None:
            self.gates.note(shut.gate, shut.message, name, server=self.sdm.server)
        result = _shown(name, device_id, "unknown", None, message=shut.message, gate=shut.gate)
        return dataclasses.replace(result, failed=not shut.planned)

    def unlock(self, name: str, device_id: str | None = None, *, force: bool = False) -> DeviceResult:
        """Give one device back if the journal shows it as this holder's, or if forced to.

        While the server does not answer, it goes on trying as long as the wait timeout allows; nothing else stops it.
        """
        deadline = self.clock.monotonic() + self.wait_timeout
        while True:
            try:
                return self._unlock(name, device_id, force)
            except Blocked as error:
                return _failed(name, device_id, "unknown", str(error))
            except (NoAnswer, NotSent) as error:
                if self.clock.monotonic() >= deadline:
                    return _failed(name, device_id, "unknown", str(error))
                self.clock.sleep(min(BUSY_PAUSE, max(0.1, deadline - self.clock.monotonic())))
            except MaintenanceError as error:
                return _failed(name, device_id, "unknown", str(error))

    def _unlock(self, name: str, device_id: str | None, force: bool) -> DeviceResult:
        row = self._row_to_unlock(name, device_id)
        if row is None:
            return self._unlock_without_row(name, device_id, force)
        if not self.locks.is_free_for(row, self.holder) and not force:
            return _shown(name, row["device_id"], "busy", row, message=self._keeper_of(row))
        if row["account"] != self.sdm.account:
            raise BadInput(
                f"locked with the account {row['account']}, which alone can unlock it; sign in with that one."
            )
        if self.dry:
            return _shown(name, row["device_id"], "unlocked", None, changed=True, before=row)
        return self._give_back(name, row)

    def _resolve(self, name: str) -> str:
        """Give the one id SDM has for a name. Raises NotFound, BadInput for twins."""
        ids = self.sdm.device_ids().get(name, [])
        if not ids:
            raise NotFound(
                f"Oracle SDM shows no device called {shown(name)} to the account {self.sdm.username}; check the "
                "spelling (it is case-sensitive) and the account's device groups.",
                status=200,
            )
        if len(ids) > 1:
            raise BadInput(
                f"Oracle SDM has {len(ids)} devices called {shown(name)} ({', '.join(ids)}); give device_id."
            )
        return ids[0]

    def _predict(self, name: str, device_id: str) -> DeviceResult:
        """Say what locking would do as far as the journal knows; the server cannot be asked."""
        row = self.locks.open_on(self.sdm.server, device_id)
        if row is not None and not self._is_free(row):
            return self._busy(name, device_id, row)
        held = row is not None and row["state"] == "held"
        return _shown(name, device_id, "locked", row or {"holder": self.holder}, changed=not held, before=row)

    def _acquire(self, name: str, device_id: str) -> DeviceResult:
        """Write the intent, ask the server, write what it said."""
        row = self._intend(name, device_id)
        if not self._is_free(row):
            return self._busy(name, device_id, row)
        was_held = row["state"] == "held"
        try:
            self.sdm.lock(device_id, self._counting_guard(row))
        except Conflict as error:
            return self._refused(name, row, error)
        except Blocked:
            raise
        except (NotSent, Refused, BadInput) as error:
            # Certainly not executed, so nothing of it is left to give back.
            repeated = isinstance(error, Refused) and error.repeated
            if row["state"] == "taking" and row["requests"] == 1 and not repeated:
                self.locks.move(row, "refused", str(error))
            raise
        held = self.locks.move(row, "held")
        self._learn_repeat(name, device_id)
        return _shown(name, device_id, "locked", held, changed=not was_held, before=row if was_held else None)

    def _intend(self, name: str, device_id: str) -> Row:
        return self.locks.intend(
            server=self.sdm.server,
            device_id=device_id,
            device=name,
            account=self.sdm.account,
            holder=self.holder,
            lease=self.lease,
            group=self.group,
        )

    def _is_free(self, row: Row) -> bool:
        """Whether a lock row may be worked with: for this holder, by this run and with this account."""
        return self.locks.is_free_for(row, self.holder) and row["account"] == self.sdm.account

    def _guard(self, row: Row) -> None:
        """Run right before the first byte of a Lock or Unlock leaves. Raises Blocked.

        A worker whose run was killed goes on for a moment: what it still sends would undo what the next run does.
        """
        if not self.run_alive():
            raise Blocked("The Ansible run this task belongs to has ended; nothing was sent.")
        if not self.locks.is_ours(row):
            raise Blocked("Another run has gone on with this lock; nothing was sent.")

    def _counting_guard(self, row: Row) -> t.Callable[[], None]:
        """Give a guard that also counts the repeats of a Lock; the intent has counted the first one."""
        sends = 0

        def guard() -> None:
            nonlocal sends
            self._guard(row)
            sends += 1
            if sends > 1:
                self.locks.count_request(row)

        return guard

    def _refused(self, name: str, row: Row, error: Conflict) -> DeviceResult:
        """Settle a refused Lock: where the owner's repeat is refused too, it may be ours all the same."""
        server, was_held = self.sdm.server, row["state"] == "held"
        repeats = self.locks.repeats(server)
        if was_held and repeats is False:
            message = f"held since {iso(row['confirmed_at'])}; this SDM refuses to confirm a lock by repeating it."
            return _shown(name, row["device_id"], "locked", row, message=message)
        if not repeats and (was_held or row["requests"] > 1 or error.repeated):
            row = self.locks.move(row, "taking", "refused; settled by unlocking and locking, which only its owner can.")
            if self._take_over_own(row):
                if repeats is None:
                    self.locks.learn_repeats(server, False)
                held = self.locks.move(row, "held")
                return _shown(name, row["device_id"], "locked", held, changed=not was_held)
        if not was_held:
            self.locks.move(row, "refused", str(error))
            return _failed(name, row["device_id"], "busy", str(error))
        if error.status == NO_RIGHT:
            message = f"{error} {_PERHAPS_OURS}"
            self.locks.move(row, "taking", message)
            return _failed(name, row["device_id"], "unknown", message)
        self.locks.move(row, "lost", str(error))
        message = f"the lock of {self.holder} is gone (removed in the SDM console, or taken over). {error}"
        return _failed(name, row["device_id"], "busy", message)

    def _take_over_own(self, row: Row) -> bool:
        """Settle a Lock that was refused although it may be ours: only the owner can unlock and lock again.

        Raises NoAnswer when an answer is lost here in turn.
        """
        try:
            self.sdm.unlock(row["device_id"], lambda: self._guard(row))
        except Conflict as error:
            if not error.repeated:
                return False
        try:
            self.sdm.lock(row["device_id"], self._counting_guard(row))
        except Conflict as error:
            if error.repeated:
                raise NoAnswer(f"{error} An earlier try got no answer and may have been executed.") from error
            return False
        return True

    def _learn_repeat(self, name: str, device_id: str) -> None:
        """Learn once per server what it answers to Lock from the owner (undocumented; sheet, section 9, question 5).

        Without it, a refused confirmation could not be told from a lost lock.
        """
        with self._learning:
            if self.locks.repeats(self.sdm.server) is not None:
                return
            try:
                row = self._intend(name, device_id)
                self.sdm.lock(device_id, self._counting_guard(row))
            except Conflict:
                self.locks.learn_repeats(self.sdm.server, False)
            except MaintenanceError:
                # Nothing learned; the lock itself was confirmed before.
                return
            else:
                self.locks.learn_repeats(self.sdm.server, True)

    def _busy(self, name: str, device_id: str, row: Row) -> DeviceResult:
        return DeviceResult(_shown(name, device_id, "busy", row, message=self._keeper_of(row)).shown, failed=True)

    def _keeper_of(self, row: Row) -> str:
        """Say who has a device according to the journal, and what can be done."""
        if self.locks.is_free_for(row, self.holder):
            return f"locked with the account {row['account']}, which alone can unlock it; sign in with that one."
        if row["holder"] == self.holder:
            sender = row["sender"]
            return (
                f"another run (process {sender['run']} on {sender['host']}) is at work with it for {row['holder']}; "
                "wait for that run to end. Nothing was sent."
            )
        return (
            f"locked by {row['holder']} since {iso(row['taken_at'])} (lease {row['lease']:.0f} s) according to the "
            "journal; wait, or run the recover playbook when that holder is dead. Nothing was sent."
        )

    def _row_to_unlock(self, name: str, device_id: str | None) -> Row | None:
        """Give the open row to unlock: by its stored id, so a device renamed or gone from the list is found too."""
        server = self.sdm.server
        if device_id is not None:
            return self.locks.open_on(server, device_id)
        rows = self.locks.open_by_name(server, name)
        ours = [row for row in rows if row["holder"] == self.holder]
        if len(ours) > 1:
            ids = ", ".join(row["device_id"] for row in ours)
            raise BadInput(f"the journal shows {len(ours)} locks of devices with this name ({ids}); give device_id.")
        if rows:
            # Ours first: twins of one name may be locked by different holders.
            return (ours or rows)[0]
        if any(row["holder"] == self.holder for row in self.locks.all_open(server)):
            # It may have had another name when it was locked.
            ids_now = self.sdm.device_ids().get(name, [])
            return self.locks.open_on(server, ids_now[0]) if len(ids_now) == 1 else None
        return None

    def _unlock_without_row(self, name: str, device_id: str | None, force: bool) -> DeviceResult:
        if not force:
            last = self.locks.last_by_name(self.sdm.server, name)
            if last is not None and last["state"] == "returned":
                return _shown(name, last["device_id"], "unlocked", None, message="given back earlier.")
            message = f"the journal shows no lock of {self.holder}; nothing was sent (force unlocks anyway)."
            return _shown(name, device_id, "unknown", None, message=message)
        device_id = device_id or self._resolve(name)
        if self.dry:
            return _shown(name, device_id, "unlocked", None, changed=True)
        row = self._intend(name, device_id)
        note = f"unlocked by force by {self.holder}; the journal showed no lock."
        row = self.locks.move(row, "returning", note)
        try:
            self.sdm.unlock(device_id, lambda: self._guard(row))
        except (Conflict, NotFound, NotSent) as error:
            # It never was ours, so nothing may keep it open.
            self.locks.move(row, "refused", str(error))
            if isinstance(error, Conflict):
                return _failed(name, device_id, "busy", f"{error} Only a console user may override it.")
            raise
        self.locks.move(row, "returned", note)
        return _shown(name, device_id, "unlocked", None, changed=True, message=note)

    def _give_back(self, name: str, row: Row) -> DeviceResult:
        """Write the intent to unlock, do it, and write that it is done."""
        note = f"unlocked by force by {self.holder}." if row["holder"] != self.holder else ""
        before = row
        try:
            row = self.locks.move(row, "returning", note)
        except JournalError as error:
            return self._give_back_unwritten(name, row, error)
        try:
            self._send_unlocks(row)
        except Conflict as error:
            return self._settle_refused_unlock(name, row, before, error)
        except NotFound as error:
            return _failed(
                name, row["device_id"], "unknown", f"{error} The lock cannot be given back; check the console."
            )
        self.locks.move(row, "returned", note)
        return _shown(name, row["device_id"], "unlocked", None, changed=True, message=note, before=before)

    def _send_unlocks(self, row: Row) -> None:
        """Unlock, once per Lock that was sent: whether this SDM counts them is not documented (sheet, section 8)."""
        self.sdm.unlock(row["device_id"], lambda: self._guard(row))
        for _repeat in range(1, row["requests"]):
            try:
                self.sdm.unlock(row["device_id"], lambda: self._guard(row))
            except Conflict:
                break

    def _give_back_unwritten(self, name: str, row: Row, problem: JournalError) -> DeviceResult:
        """Unlock although the journal cannot be written any more: a full disk must not keep a device locked.

        The row stays as it was, so a later run unlocks once more, which is safe.
        """
        self._send_unlocks(row)
        shown_item = _shown(name, row["device_id"], "unlocked", None, changed=True, message=f"given back. {problem}")
        return DeviceResult(shown_item.shown, True, shown_item.before, shown_item.after)

    def _settle_refused_unlock(self, name: str, row: Row, before: Row, error: Conflict) -> DeviceResult:
        """A refused Unlock of our own: the device is free already, or somebody else's now. Acquiring it tells which."""
        device_id = row["device_id"]
        try:
            self.sdm.lock(device_id, self._counting_guard(row))
        except Conflict as refused:
            if NO_RIGHT == error.status == refused.status:
                return _failed(name, device_id, "unknown", f"{error} {_PERHAPS_OURS}")
            if not self.locks.repeats(self.sdm.server):
                # A Lock refused by this server may as well mean that it is still ours.
                message = f"{error} So it may be locked by us still, or by somebody else; check the console."
                return _failed(name, device_id, "unknown", message)
            message = f"not locked by us any more: the console removed the lock and another account took it. {error}"
            self.locks.move(row, "lost", message)
            return _shown(name, device_id, "busy", None, changed=True, message=message, before=before)
        try:
            self.sdm.unlock(device_id, lambda: self._guard(row))
        except Conflict as again:
            if again.repeated:
                raise NoAnswer(f"{again} An earlier try got no answer and may have been executed.") from again
            return _failed(name, device_id, "locked", f"Oracle SDM locks it for us but refuses to unlock it. {again}")
        self.locks.move(row, "returned", "the lock had been removed by somebody else.")
        message = "had been unlocked by somebody else."
        return _shown(name, device_id, "unlocked", None, changed=True, message=message, before=before)


def _shown(
    name: str,
    device_id: str | None,
    state: str,
    row: t.Mapping[str, t.Any] | None,
    *,
    changed: bool = False,
    message: str = "",
    before: t.Mapping[str, t.Any] | None = None,
    gate: str | None = None,
) -> DeviceResult:
    """Build the result of one device; ``row`` is the journal row that holds now, ``before`` the one that held."""
    holder = row["holder"] if row else None
    shown_item = {
        "name": name,
        "device_id": device_id,
        "state": state,
        "changed": changed,
        "holder": holder,
        "locked_at": iso(row.get("taken_at")) if row else None,
        "message": message,
    }
    if gate is not None:
        shown_item["gate"] = gate
    was = {"state": "locked", "holder": before["holder"]} if before else {"state": "unlocked", "holder": None}
    return DeviceResult(shown_item, before=was, after={"state": state, "holder": holder})


def _failed(name: str, device_id: str | None, state: str, message: str) -> DeviceResult:
    return DeviceResult(_shown(name, device_id, state, None, message=message).shown, failed=True)
