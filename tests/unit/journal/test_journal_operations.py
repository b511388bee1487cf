# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation rows: a claim is given once, whoever asks, and limits are counted with it."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import RESTARTS, Limits, OverLimit
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Claim, Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS as OF_ZEQUENZE
from tests.unit.support.script import VirtualClock

# Ansible's workers are forks of its controller process.
fork = multiprocessing.get_context("fork")
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")

SERVER = "https://control.example.com/api/v1"
NONE = Limits()


@pytest.fixture
def operations(journal: Journal) -> Operations:
    return Operations(journal)


def wanted(device_id: str = "7", **more: t.Any) -> Wanted:
    base = Wanted(
        server=SERVER,
        window_id="CHG1",
        device_id=device_id,
        device=f"device-{device_id}",
        serial=f"S{device_id}",
        operation="reboot",
        baseline={"uptime": 12.5, "entries": ["1"]},
        send_deadline=1795226430.0,
        busy_until=1795227030.0,
    )
    return dataclasses.replace(base, **more)


def verdict(claim: Claim) -> str:
    """The verdict, or the limit that is reached."""
    return claim.over.gate if claim.over else claim.verdict


def events(journal: Journal) -> list[str]:
    return [row["kind"] for row in journal.rows(sa.select(schema.EVENTS).order_by(schema.EVENTS.c.id))]


# Claims


def test_a_claim_is_a_row_with_all_that_a_successor_needs(
    operations: Operations, journal: Journal, clock: VirtualClock
) -> None:
    claim = operations.claim(wanted(), NONE)
    assert claim.verdict == "send"
    row = operations.by_id(claim.row["id"])
    assert row == claim.row
    assert (row["state"], row["sent"], row["claimed_at"], row["attempt"]) == ("sending", False, clock.now(), 1)
    assert (row["serial"], row["baseline"]) == ("S7", {"uptime": 12.5, "entries": ["1"]})
    assert (row["send_deadline"], row["busy_until"]) == (1795226430.0, 1795227030.0)
    assert row["sender"] == journal.sender == operations.sender
    assert events(journal) == ["operation_claimed"]


@pytest.mark.row(110)
@pytest.mark.parametrize("state", ["sending", "accepted", "unknown", "done", "failed"])
def test_a_second_claim_is_told_what_is_known_and_writes_nothing(
    operations: Operations, journal: Journal, state: t.Any
) -> None:
    first = operations.claim(wanted(), NONE).row
    if state != "sending":
        first = operations.move(first, state, sent=True)
    written = events(journal)
    second = operations.claim(wanted(baseline={}, send_deadline=9e9), NONE)
    assert (second.verdict, second.row) == ("known", first)
    assert operations.all_of() == [first]
    assert events(journal) == written


def test_a_refused_claim_may_be_claimed_again_in_the_same_row(operations: Operations, clock: VirtualClock) -> None:
    first = operations.move(operations.claim(wanted(), NONE).row, "refused", message="409")
    clock.sleep(5)
    again = operations.claim(wanted(baseline={"uptime": 17.5}), NONE)
    assert (again.verdict, again.row["id"], again.row["state"]) == ("send", first["id"], "sending")
    row = operations.by_id(first["id"])
    assert row == again.row
    assert (row["message"], row["settled_at"], row["baseline"]) == ("", None, {"uptime": 17.5})
    assert row["claimed_at"] == clock.now()


@pytest.mark.parametrize(
    ("state", "verdict"), [("failed", "send"), ("unknown", "send"), ("done", "known"), ("accepted", "known")]
)
def test_only_what_converges_may_be_sent_again_after_a_failure(
    operations: Operations, state: t.Any, verdict: str
) -> None:
    operations.move(operations.claim(wanted(operation="sync"), NONE).row, state, sent=True)
    assert operations.claim(wanted(operation="sync", resend=True), NONE).verdict == verdict


def test_a_new_attempt_has_its_own_row_and_the_old_one_stays(operations: Operations) -> None:
    first = operations.move(operations.claim(wanted(), NONE).row, "unknown", sent=True)
    second = operations.claim(wanted(attempt=2), NONE)
    assert (second.verdict, second.row["attempt"]) == ("send", 2)
    assert operations.by_id(first["id"])["state"] == "unknown"
    assert operations.claim(wanted(attempt=2), NONE).verdict == "known"
    assert operations.claim(wanted(attempt=1), NONE).row["attempt"] == 2


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("sending", "known"), ("accepted", "known"), ("done", "known"), ("failed", "send"), ("refused", "send")],
)
@pytest.mark.parametrize("resend", [False, True])
def test_a_new_attempt_overtakes_nothing_that_is_done_or_may_still_happen(
    operations: Operations, state: t.Any, verdict: str, resend: bool
) -> None:
    first = operations.move(operations.claim(wanted(), NONE).row, state)
    second = operations.claim(wanted(attempt=2, resend=resend), NONE)
    assert (second.verdict, second.row["id"] == first["id"]) == (verdict, verdict == "known")
    assert operations.by_id(first["id"])["state"] == state


@pytest.mark.parametrize(
    "other",
    [
        {"window_id": "CHG2"},
        {"operation": "sync"},
        {"device_id": "8"},
        {"server": "https://b.example.com"},
    ],
)
def test_another_window_operation_device_or_server_is_another_claim(
    operations: Operations, other: dict[str, str]
) -> None:
    assert operations.claim(wanted(), NONE).verdict == "send"
    assert operations.claim(wanted(**other), NONE).verdict == "send"


def test_without_a_window_every_claim_is_a_new_one(operations: Operations) -> None:
    for _ in range(2):
        assert operations.claim(wanted(window_id=None), Limits(0, 0)).verdict == "send"
    assert len(operations.all_of()) == 2


def test_the_database_itself_allows_one_row_per_attempt(operations: Operations, journal: Journal) -> None:
    row = operations.claim(wanted(), NONE).row
    with pytest.raises(JournalError), journal.writing() as connection:
        connection.execute(schema.OPERATIONS.insert().values({**row, "id": None}))


@pytest.mark.row(110)
def test_of_many_processes_that_claim_the_same_exactly_one_may_send(journal_path: Path) -> None:
    Journal.open(str(journal_path), Clock()).close()
    verdicts, barrier = fork.SimpleQueue(), fork.Barrier(8)

    def claim() -> None:
        with Journal.open(str(journal_path), Clock()) as journal:
            barrier.wait(20)
            verdicts.put(Operations(journal).claim(wanted(), NONE).verdict)

    workers = [fork.Process(target=claim) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert sorted(verdicts.get() for _ in workers) == ["known"] * 7 + ["send"]


# Limits


def test_no_more_devices_than_the_cap_are_in_flight(operations: Operations, clock: VirtualClock) -> None:
    limits = Limits(max_in_flight=2)
    rows = [operations.claim(wanted(device), limits).row for device in ("1", "2")]
    claim = operations.claim(wanted("3"), limits)
    assert (verdict(claim), claim.row) == ("cap", {})
    assert claim.over == OverLimit("cap", "2 other devices of window CHG1 in flight; max_in_flight is 2.")
    operations.move(rows[0], "done")
    assert operations.claim(wanted("3"), limits).verdict == "send"
    assert len(operations.all_of()) == 3


@pytest.mark.parametrize(
    ("state", "in_flight"),
    [("sending", 1), ("accepted", 1), ("unknown", 1), ("refused", 0), ("done", 0), ("failed", 0)],
)
def test_a_device_is_in_flight_until_its_end_is_known(operations: Operations, state: t.Any, in_flight: int) -> None:
    row = operations.claim(wanted("1"), NONE).row
    if state != "sending":
        operations.move(row, state)
    claim = operations.claim(wanted("2"), Limits(max_in_flight=1))
    assert verdict(claim) == ("cap" if in_flight else "send")


def test_a_device_nobody_heard_of_again_does_not_count_for_ever(operations: Operations, clock: VirtualClock) -> None:
    operations.claim(wanted("1", busy_until=clock.now() + 60), NONE)
    assert verdict(operations.claim(wanted("2"), Limits(max_in_flight=1))) == "cap"
    clock.sleep(61)
    assert operations.claim(wanted("2"), Limits(max_in_flight=1)).verdict == "send"


def test_a_device_does_not_stand_in_its_own_way(operations: Operations) -> None:
    operations.move(operations.claim(wanted("1", operation="sync"), NONE).row, "failed")
    operations.claim(wanted("1", operation="reconf"), NONE)
    assert operations.claim(wanted("1"), Limits(max_in_flight=1, max_failures=0)).verdict == "send"


def test_a_device_with_two_operations_counts_once(operations: Operations) -> None:
    for operation in ("sync", "reboot"):
        operations.move(operations.claim(wanted("1", operation=operation), NONE).row, "unknown")
    assert operations.claim(wanted("2"), Limits(max_in_flight=2, max_failures=1)).verdict == "send"
    assert "1 other device of" in str(operations.claim(wanted("3"), Limits(max_failures=0)).over)


@pytest.mark.row(116)
@pytest.mark.parametrize("state", ["refused", "failed", "unknown"])
def test_nothing_starts_any_more_when_more_devices_failed_than_allowed(operations: Operations, state: t.Any) -> None:
    limits = Limits(max_failures=1)
    for device in ("1", "2"):
        assert operations.claim(wanted(device), limits).verdict == "send"
    operations.move(operations.all_of()[0], state)
    assert operations.claim(wanted("3"), limits).verdict == "send"
    operations.move(operations.all_of()[1], state)
    claim = operations.claim(wanted("4"), limits)
    assert verdict(claim) == "budget"
    assert claim.over == OverLimit("budget", "2 other devices of window CHG1 failed; max_failures is 1.")
    assert len(operations.all_of()) == 3


def test_a_failure_of_another_window_does_not_count(operations: Operations) -> None:
    operations.move(operations.claim(wanted("1", window_id="CHG0"), NONE).row, "failed")
    operations.claim(wanted("2", window_id="CHG0"), NONE)
    assert operations.claim(wanted("3"), Limits(max_in_flight=1, max_failures=0)).verdict == "send"


def test_what_is_refused_but_still_being_tried_is_no_failure_yet(operations: Operations) -> None:
    row = operations.claim(wanted("1"), NONE).row
    operations.move(row, "refused", settled_at=None)
    assert operations.claim(wanted("2"), Limits(max_failures=0)).verdict == "send"


def test_no_more_windows_than_the_budget_restart_something_within_an_hour(
    operations: Operations, clock: VirtualClock
) -> None:
    """A recurring window does not count, nor does what was never sent; a sync neither counts nor is kept back."""
    limits = Limits(max_per_hour=2)

    def claim(window: str, device: str, operation: str = "reboot") -> str:
        claimed = operations.claim(wanted(device, window_id=window, operation=operation), limits)
        if claimed.verdict == "send":
            operations.move(claimed.row, "done", sent=True)
        return verdict(claimed)

    recurring = [f"core@2026112{day}T020000Z" for day in range(5)]
    assert [claim(window, "1") for window in recurring] == ["send"] * 5
    refused = operations.claim(wanted("2", window_id="INC0"), NONE).row
    operations.move(refused, "refused")
    assert [claim("INC1", "3"), claim("INC2", "4", "factory")] == ["send", "send"]
    assert [claim("INC3", "5"), claim("INC3", "5", "device_factory")] == ["hourly", "hourly"]
    assert claim("INC3", "5", "sync") == "send"
    assert claim("INC1", "6") == "send", "its own incident is no further one, whatever the device"
    over = operations.over_limit("INC3", "device-5", limits)
    assert over is not None
    assert not over.may_open
    assert "2 windows without a schedule restarted devices within the last hour" in over.message
    clock.sleep(3601)
    assert claim("INC3", "5") == "send"


def test_the_budget_of_the_hour_knows_the_restarts() -> None:
    assert frozenset(RESTARTS) == OF_ZEQUENZE


def test_the_budget_of_the_hour_holds_over_processes(journal_path: Path) -> None:
    """Eight control nodes pass every check at once; the claim is what counts."""
    Journal.open(str(journal_path), Clock()).close()
    start = fork.Event()

    def claim(number: int, told: t.Any) -> None:
        start.wait(10)
        with Journal.open(str(journal_path), Clock()) as journal:
            now = journal.clock.now()
            incident = wanted(str(number), window_id=f"INC{number}", send_deadline=now + 30, busy_until=now + 600)
            told.send(verdict(Operations(journal).claim(incident, Limits(max_per_hour=3))))

    pipes = [fork.Pipe(duplex=False) for _number in range(8)]
    workers = [fork.Process(target=claim, args=(number, pipe[1])) for number, pipe in enumerate(pipes)]
    for worker in workers:
        worker.start()
    start.set()
    answers = [pipe[0].recv() for pipe in pipes]
    for worker in workers:
        worker.join(30)
    assert sorted(answers) == ["hourly"] * 5 + ["send"] * 3


def test_a_device_that_anyone_else_restarted_lately_is_not_restarted(
    operations: Operations, clock: VirtualClock
) -> None:
    """By the resolved device, however it is called; a sync neither counts nor is kept back, nor what was not sent."""
    limits = Limits(restart_interval=3600.0)
    now = clock.now()
    ended: tuple[tuple[str, str, t.Literal["done", "refused"], bool], ...] = (
        ("INC1", "sync", "done", True),
        ("INC2", "reboot", "refused", False),
    )
    for window, operation, state, sent in ended:
        operations.move(operations.claim(wanted(window_id=window, operation=operation), NONE).row, state, sent=sent)
    first = operations.claim(wanted(window_id="INC3"), limits)
    assert first.verdict == "send"
    operations.move(first.row, "failed", sent=True)
    clock.sleep(3599)
    renamed = wanted(window_id="INC4", device="another-name", lock_name="another-lock")
    assert verdict(operations.claim(renamed, limits)) == "restarted"
    replaced = wanted("900", window_id="INC4", device="device-7")
    over = operations.claim(replaced, limits).over
    assert over is not None
    assert not over.may_open
    assert over.message == (f"INC3 restarted the device at {iso(now)}, less than 3600 s ago (window_restart_interval).")
    assert operations.over_limit("INC4", "device-7", limits) == over
    assert operations.claim(wanted("8", window_id="INC4"), limits).verdict == "send"
    assert operations.claim(wanted(window_id="INC4", operation="sync"), limits).verdict == "send"
    again = wanted(window_id="INC3", operation="factory")
    assert operations.claim(again, limits).verdict == "send", "its own window is nobody else"
    clock.sleep(3601)
    assert operations.claim(renamed, limits).verdict == "send"


def test_a_restart_outside_of_windows_counts_too(operations: Operations) -> None:
    operations.move(operations.claim(wanted(window_id=None), NONE).row, "done", sent=True)
    over = operations.claim(wanted(window_id="INC1"), Limits(restart_interval=60.0)).over
    assert over is not None
    assert over.message.startswith("A task without a window restarted the device at ")


def test_of_many_processes_at_once_one_restarts_a_device(journal_path: Path) -> None:
    """Eight incidents call one device by eight names, and all have passed every check."""
    Journal.open(str(journal_path), Clock()).close()
    verdicts, barrier = fork.SimpleQueue(), fork.Barrier(8)

    def claim(number: int) -> None:
        with Journal.open(str(journal_path), Clock()) as journal:
            barrier.wait(20)
            now = journal.clock.now()
            name = {"device": f"name-{number}", "lock_name": f"lock-{number}", "window_id": f"INC{number}"}
            incident = wanted("7", **name, send_deadline=now + 30, busy_until=now + 600)
            verdicts.put(verdict(Operations(journal).claim(incident, Limits(restart_interval=3600.0))))

    workers = [fork.Process(target=claim, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(verdicts.get() for _ in workers) == ["restarted"] * 7 + ["send"]


@pytest.mark.row(116)
def test_the_cap_holds_over_processes(journal_path: Path) -> None:
    Journal.open(str(journal_path), Clock()).close()
    verdicts, barrier = fork.SimpleQueue(), fork.Barrier(8)

    def claim(number: int) -> None:
        with Journal.open(str(journal_path), Clock()) as journal:
            barrier.wait(20)
            far = Clock().now() + 600
            verdicts.put(
                Operations(journal).claim(wanted(str(number), busy_until=far), Limits(max_in_flight=3)).verdict
            )

    workers = [fork.Process(target=claim, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(verdicts.get() for _ in workers) == ["over"] * 5 + ["send"] * 3


# Going on


def test_a_claim_is_ours_until_somebody_else_settles_it(operations: Operations, clock: VirtualClock) -> None:
    row = operations.claim(wanted(), NONE).row
    assert operations.is_ours(row)
    operations.move(row, "unknown")
    assert not operations.is_ours(row)
    assert not operations.is_ours({**row, "id": 999})


def test_a_claim_that_was_given_anew_is_no_longer_ours(operations: Operations, clock: VirtualClock) -> None:
    old = operations.move(operations.claim(wanted(), NONE).row, "refused")
    clock.sleep(1)
    new = operations.claim(wanted(), NONE).row
    assert operations.is_ours(new)
    assert not operations.is_ours(old)
    operations.move(old, "unknown", message="from a ghost")
    assert operations.by_id(new["id"]) == new


def test_what_was_proven_meanwhile_is_not_written_over(operations: Operations) -> None:
    ghosts = operations.claim(wanted(), NONE).row
    proven = operations.move(operations.move(ghosts, "unknown"), "done", evidence=["uptime"])
    operations.move(ghosts, "refused", message="blocked")
    assert operations.by_id(ghosts["id"]) == proven
    assert operations.claim(wanted(), NONE).verdict == "known"


def test_every_step_is_written_with_its_instant_and_an_event(
    operations: Operations, journal: Journal, clock: VirtualClock
) -> None:
    row = operations.claim(wanted(), NONE).row
    clock.sleep(1)
    row = operations.move(row, "accepted", sent=True, execution_id="X1")
    assert (row["sent_at"], row["settled_at"]) == (clock.now(), None)
    sent_at = clock.now()
    clock.sleep(9)
    row = operations.move(row, "done", sent=True, evidence=["uptime fell"])
    assert (row["sent_at"], row["settled_at"], row["evidence"]) == (sent_at, clock.now(), ["uptime fell"])
    assert operations.by_id(row["id"]) == row
    assert events(journal) == ["operation_claimed", "operation_accepted", "operation_done"]


# Looking things up


def test_an_earlier_attempt_is_found_by_id_or_by_name_and_the_newest_first(operations: Operations) -> None:
    first = operations.claim(wanted("7"), NONE).row
    find = operations.earlier
    assert find(SERVER, "CHG1", "7", "renamed", "reboot") == first
    assert find(SERVER, "CHG1", "99", "device-7", "reboot") == first
    assert find(SERVER, "CHG1", "99", "other", "reboot") is None
    assert find(SERVER, "CHG2", "7", "device-7", "reboot") is None
    assert find(SERVER, "CHG1", "7", "device-7", "sync") is None
    assert find("https://b.example.com", "CHG1", "7", "device-7", "reboot") is None
    operations.move(first, "unknown", sent=True)
    second = operations.claim(wanted("7", attempt=2), NONE).row
    assert second["id"] != first["id"]
    assert find(SERVER, "CHG1", "7", "device-7", "reboot") == second


def test_the_last_proven_operation_is_found_in_any_window(operations: Operations) -> None:
    assert operations.last_done(SERVER, "7", "reboot") is None
    done = operations.move(operations.claim(wanted(), NONE).row, "done")
    operations.move(operations.claim(wanted(window_id="CHG2"), NONE).row, "unknown")
    assert operations.last_done(SERVER, "7", "reboot") == done
    newer = operations.move(operations.claim(wanted(window_id=None), NONE).row, "done")
    assert operations.last_done(SERVER, "7", "reboot") == newer


def test_what_is_not_settled_can_be_listed_for_recovery(operations: Operations) -> None:
    rows = {}
    for number, state in enumerate(("sending", "accepted", "unknown", "refused", "done", "failed")):
        rows[state] = operations.claim(wanted(str(number)), NONE).row
        if state != "sending":
            operations.move(rows[state], t.cast("t.Any", state))
    operations.claim(wanted("1", window_id="CHG2"), NONE)
    assert [row["state"] for row in operations.all_of("CHG1", unsettled=True)] == ["sending", "accepted", "unknown"]
    assert len(operations.all_of("CHG1")) == 6
    assert len(operations.all_of()) == 7
    assert len(operations.all_of(unsettled=True)) == 4


def test_a_claim_lets_the_devices_lock_show_a_sign_of_life(operations: Operations, journal: Journal) -> None:
    locks = Locks(journal)
    common: dict[str, t.Any] = {"server": SERVER, "account": "lockbot", "lease": 60.0}
    for device_id, device, holder in (("A", "sdm-7", "CHG1"), ("B", "device-7", "CHG1"), ("C", "sdm-8", "CHG1")):
        locks.move(locks.intend(device_id=device_id, device=device, holder=holder, **common), "held")
    before = {row["device"]: row["alive_until"] for row in locks.all_open()}
    operations.claim(wanted(lock_name="sdm-7"), NONE)
    after = {row["device"]: row["alive_until"] for row in locks.all_open()}
    assert after.pop("sdm-7") > max(1795227030.0, before.pop("sdm-7"))
    assert after == before


def test_it_is_this_process_that_claims(operations: Operations) -> None:
    assert operations.sender["pid"] == os.getpid()


def test_what_the_sender_wrote_at_the_last_moment_stands(journal: Journal) -> None:
    operations = Operations(journal)
    row = operations.claim(wanted(), Limits()).row
    operations.move(row, "refused", message="nothing was sent.")
    taken = operations.move(row, "unknown", only_from="sending", sent=True, message="it may have been sent.")
    assert (taken["state"], taken["message"]) == ("refused", "nothing was sent.")
    assert operations.by_id(row["id"])["state"] == "refused"
