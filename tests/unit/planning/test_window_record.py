# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record that the pre-flight writes: exactly when nothing is wrong, and what an approval holds it to."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import record_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord, Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_plan import prepare
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_preflight import inspect
from tests.unit.support.window_bench import Systems

WINDOW: dict[str, t.Any] = {
    "window_id": "CHG1",
    "window_opens_at": "2026-11-21T01:00:00+00:00",
    "window_duration": "2h",
    "window_operations": ["sync", "reboot"],
    "window_batches": [1, "100%"],
    "window_max_failures": "50%",
    "window_hold": 5,
    "window_live_sessions": "ignore",
}


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "journal.sqlite3")


def task(systems: Systems, place: str, check_mode: bool = False, **params: t.Any) -> Task:
    usual: dict[str, t.Any] = {"max_clock_skew": 30.0, "writes": [], "window": WINDOW}
    return systems.task(place, check_mode, **{**usual, **params})


def flown(systems: Systems, place: str, check_mode: bool = False, **params: t.Any) -> Result:
    return inspect(task(systems, place, check_mode, **params), systems.clients())


def planned(systems: Systems, place: str, **variables: t.Any) -> Result:
    params: dict[str, t.Any] = {"window": {**WINDOW, **variables}, "json_file": None, "markdown_file": None}
    return prepare(systems.task(place, **params), systems.clients())


def recorded(systems: Systems, place: str, window_id: str = "CHG1") -> WindowRecord | None:
    with Journal.open(place, systems.clock) as journal:
        return Windows(journal).read(window_id)


def test_what_was_agreed_is_on_record_when_nothing_is_wrong(place: str) -> None:
    systems = Systems("a", "b", "c")
    devices = [
        {"name": "a", "group": "pair=1", "expected_duration": 90.0},
        {"name": "b", "pam_hostname": "b in PAM"},
        {"name": "c", "protected": True, "protected_reason": "VIP"},
        {"name": "p", "zequenze_name": "P", "group": "pair=1", "selected": False},
    ]
    result = flown(systems, place, devices=devices)
    assert result["problems"] == []
    assert (result["window_id"], result["approved"], result["waves"]) == ("CHG1", False, [["a"], ["b", "c"]])
    agreed = recorded(systems, place)
    assert agreed is not None
    a, b, c = agreed.devices
    assert (a.zequenze_id, a.serial, a.sdm_id, a.batch, a.group, a.expected_duration) == (
        "811",
        "S1",
        "ID41",
        0,
        "pair=1",
        90.0,
    )
    assert (b.batch, b.pam_name, b.excluded) == (1, "b in PAM", None)
    assert c.excluded == "protected: VIP"
    assert [(partner.name, partner.zequenze_name) for partner in agreed.partners_of(a)] == [("p", "P")]
    assert (agreed.operations, agreed.rules.max_failures, agreed.rules.hold) == (("sync", "reboot"), 1, 5.0)
    assert agreed.occurrence["closes_at"] == "2026-11-21T03:00:00.000+00:00"
    assert agreed.started_by["user"]


def test_a_problem_leaves_no_record(place: str) -> None:
    systems = Systems("a", "b")
    systems.sdm.pop()
    assert "window_id" not in flown(systems, place)
    assert recorded(systems, place) is None


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"window_max_failures": ""}, "window_max_failures is blank"),
        ({"window_max_in_flight": " "}, "window_max_in_flight is blank"),
        ({"window_max_failures": None}, "window_max_failures is blank"),
        ({"window_opens_at": ""}, "window_opens_at is blank"),
        ({"window_opens_at": None}, "window_opens_at is blank"),
        ({"window_schedule_start": " "}, "window_schedule_start is blank"),
        ({"window_timezone": ""}, "window_timezone is blank"),
        ({"window_duration": None}, "window_duration is blank"),
        ({"window_cutoff": ""}, "window_cutoff is blank"),
        ({"window_freeze": " "}, "window_freeze is blank"),
        ({"window_freeze": None}, "window_freeze is blank"),
        ({"window_operations": ""}, "window_operations is blank"),
        ({"window_batches": None}, "window_batches is blank"),
        ({"window_soak": "\n"}, "window_soak is blank"),
        ({"window_expected_duration": ""}, "window_expected_duration is blank"),
        ({"window_check_device": ""}, "window_check_device is blank"),
        ({"window_after_device": None}, "window_after_device is blank"),
        ({"maintenance_max_in_flight": None}, "maintenance_max_in_flight is blank"),
        ({"window_max_in_flight": 0}, "window_max_in_flight '0' must be a whole number of 1 or more"),
        ({"window_max_in_flight": "0%"}, "window_max_in_flight '0%'"),
        ({"window_max_failures": "101%"}, "window_max_failures '101%'"),
        ({"window_max_failures": -1}, "window_max_failures '-1'"),
        ({"window_max_failures": True}, "window_max_failures 'True'"),
        ({"window_max_failures": 1.5}, "window_max_failures '1.5'"),
        ({"window_max_failures": [1]}, "window_max_failures '[1]'"),
        ({"window_max_targets": "50%"}, "window_max_targets is 50%, a percentage, and the size"),
        ({"maintenance_max_in_flight": ""}, "maintenance_max_in_flight is blank"),
        ({"window_hold": "soon"}, "window_hold 'soon' must be"),
        ({"window_hold": float("nan")}, "window_hold 'nan' must be"),
        ({"window_soak": -1}, "window_soak '-1' must be"),
        ({"window_wait_interval": 0}, "window_wait_interval '0' must be a number above 0"),
        ({"window_lease": 0}, "window_lease must be more than 0"),
        ({"window_live_sessions": "wiat"}, "window_live_sessions 'wiat' must be one of wait, skip, ignore"),
        ({"window_live_sessions": []}, "window_live_sessions '[]'"),
        ({"window_lock": "no"}, "window_lock 'no' must be one of sdm, none"),
        ({"window_unknown": True}, "window_unknown 'True'"),
        ({"window_operations": "sink"}, "window_operations 'sink' must be"),
        ({"window_operations": []}, "window_operations '[]'"),
        ({"window_operations": ["rebot"]}, "window_operations"),
        ({"window_operations": [["sync"]]}, "window_operations"),
        ({"window_operations": ["sync", "sync"]}, "window_operations"),
        ({"window_batches": []}, "window_batches '[]'"),
        ({"window_batches": {"a": 1}}, "window_batches"),
        ({"window_exclusive_by": ""}, "window_exclusive_by is blank"),
        ({"window_order_by": " "}, "window_order_by is blank"),
        ({"window_approval": ""}, "window_approval is blank"),
        ({"window_approval": 12}, "window_approval '12' is not text"),
        (
            {"window_approval": "{{ window_plan_digest | default('') }}"},
            "is a template that was not rendered. In AWX, set",
        ),
        ({"window_approval": "None"}, "window_approval 'None' must be"),
        ({"window_approval": "0" * 64}, "is not for what would be done now"),
        ({"window_before_device": "none.yml"}, "window_before_device: the task file none.yml cannot be read"),
        ({"window_max_targets": 1}, "has 2 devices, more than window_max_targets (1)"),
        ({"window_operations": ["factory"]}, "needs an approval"),
        ({"window_timezone": "Mars/Base"}, "Mars/Base"),
        ({"window_max_failure": 1}, "Unknown variable window_max_failure. Did you mean window_max_failures?"),
        ({"window_order_by": 7}, "window_order_by"),
    ],
)
def test_what_cannot_be_is_refused_by_name_with_whatever_else_is_wrong(
    place: str, variables: dict[str, t.Any], text: str
) -> None:
    systems = Systems("a", "b")
    systems.ahead["zequenze"] = 99.0
    result = flown(systems, place, window={**WINDOW, **variables})
    assert text in result["msg"]
    assert "The clock of Zequenze Control" in result["msg"]
    assert recorded(systems, place) is None


def test_shares_are_of_the_selection_or_of_the_inventory(place: str) -> None:
    systems = Systems(*(f"d{number}" for number in range(10)))
    shares = {
        "window_max_in_flight": "25%",
        "window_max_failures": "5%",
        "window_max_targets": "50%",
        "maintenance_max_in_flight": "5%",
    }
    result = flown(systems, place, window={**WINDOW, **shares}, fleet_size=200)
    assert result["problems"] == []
    agreed = recorded(systems, place)
    assert agreed is not None
    rules = agreed.rules
    assert (rules.max_in_flight, rules.max_failures, rules.max_targets, rules.fleet_max_in_flight) == (2, 0, 100, 10)


def test_extra_variables_are_text_and_mean_the_same(place: str) -> None:
    systems = Systems("a")
    text = {"window_max_in_flight": "3", "window_max_failures": "0", "window_hold": "7.5", "window_soak": "120"}
    assert flown(systems, place, window={**WINDOW, **text})["problems"] == []
    agreed = recorded(systems, place)
    assert agreed is not None
    rules = agreed.rules
    assert (rules.max_in_flight, rules.max_failures, rules.hold, rules.soak) == (3, 0, 7.5, 120.0)


def test_a_window_that_is_not_on_leaves_no_record(place: str) -> None:
    systems = Systems("a")
    monthly = {"window_name": "core", "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2", "window_duration": "2h"}
    result = flown(systems, place, window=monthly)
    assert result["problems"] == []
    assert "window_id" not in result


def test_check_mode_writes_no_record_and_the_tasks_after_it_have_it_all_the_same(place: str) -> None:
    systems = Systems("a")
    rehearsal = task(systems, place, check_mode=True)
    assert inspect(rehearsal, systems.clients())["window_id"] == "CHG1"
    assert not Path(place).exists()
    with Journal.open(place, systems.clock) as journal:
        agreed = record_of(rehearsal, journal, "CHG1")
        assert agreed is not None
        assert [device.name for device in agreed.devices] == ["a"]
        assert record_of(dataclasses.replace(rehearsal, check_mode=False), journal, "CHG1") is None


def test_without_a_lock_in_sdm_the_devices_need_not_be_known_there(place: str) -> None:
    systems = Systems("a", "b")
    systems.sdm.clear()
    assert "Oracle SDM has no such device" in flown(systems, place)["msg"]
    assert flown(systems, place, window={**WINDOW, "window_lock": "none"})["problems"] == []
    agreed = recorded(systems, place)
    assert agreed is not None
    assert [(device.sdm_lock, device.sdm_id) for device in agreed.devices] == [(False, None)] * 2
    devices = [{"name": "a", "sdm_lock": False}, {"name": "b"}]
    result = flown(systems, place, devices=devices)
    assert result["problems"][0].startswith("b: Oracle SDM has no such device")
    assert len(result["problems"]) == 1


def test_unknown_devices_may_be_skipped_up_to_a_limit(place: str) -> None:
    systems = Systems("a", "b", "c")
    del systems.sdm[2]
    assert "c: Oracle SDM has no such device" in flown(systems, place)["msg"]
    skip = {**WINDOW, "window_unknown": "skip"}
    assert "1 device unknown ('c'), more than window_max_unknown (0)" in flown(systems, place, window=skip)["msg"]
    result = flown(systems, place, window={**skip, "window_max_unknown": 1})
    assert result["problems"] == []
    agreed = recorded(systems, place)
    assert agreed is not None
    assert [device.excluded for device in agreed.devices] == [None, None, "unknown to Oracle SDM"]
    del systems.zequenze[1]
    two = flown(systems, place, window={**skip, "window_max_unknown": 1})["msg"]
    assert "2 devices unknown ('b', 'c'), more than window_max_unknown (1)" in two
    systems.sdm.append(systems.sdm[0])
    twice = flown(systems, place, window={**skip, "window_max_unknown": 3})["msg"]
    assert "a: Oracle SDM has 2 devices of this name" in twice, "twice is not unknown"


# Approval


def test_an_approval_is_for_exactly_what_was_planned(place: str) -> None:
    systems = Systems("a", "b")
    digest = planned(systems, place)["digest"]

    def now(devices: t.Any = None, **variables: t.Any) -> Result:
        params = {"devices": devices} if devices else {}
        return flown(systems, place, window={**WINDOW, "window_approval": digest, **variables}, **params)

    result = now(window_approved_by="alice")
    assert (result["problems"], result["approved"], result["digest"]) == ([], True, digest)
    agreed = recorded(systems, place)
    assert agreed is not None
    assert agreed.approval == {"digest": digest, "approver": "alice", "known_from": "window_approved_by"}
    assert "removed: 'b'" in now([{"name": "a"}])["msg"]
    assert "the order: approved 'a', 'b', now 'b', 'a'" in now([{"name": "b"}, {"name": "a"}])["msg"]
    assert (
        "'b' left out: approved none, now 'protected: x'"
        in (now([{"name": "a"}, {"name": "b", "protected": True, "protected_reason": "x"}])["msg"])
    )
    assert "operations: approved 'sync', 'reboot', now 'reboot'" in now(window_operations=["reboot"])["msg"]
    assert "max_failures: approved 1, now 0" in now(window_max_failures=0)["msg"]
    assert "hold: approved 5.0, now 0.0" in now(window_hold=0)["msg"]
    assert "live_sessions: approved 'ignore', now 'wait'" in now(window_live_sessions="wait")["msg"]
    assert "'b': batch was 1 and is 0" in now(window_batches=["100%"])["msg"]
    assert "window_duration: approved '2h', now '3h'" in now(window_duration="3h")["msg"]
    assert "window: approved 'CHG1', now 'CHG2'" in now(window_id="CHG2")["msg"]
    systems.zequenze.reverse()
    assert now()["problems"] == [], "the order of the platform's list is not the plan's"


@pytest.mark.parametrize("window_id", ["CHG1", "CHG0", None])
@pytest.mark.parametrize("check_mode", [False, True])
def test_another_unit_under_a_name_is_told_in_a_rerun_and_in_the_next_window(
    place: str, window_id: str | None, check_mode: bool
) -> None:
    systems = Systems("a", "b")
    server = t.cast("t.Any", systems.clients().zequenze).server
    with Journal.open(place, systems.task(place).clock) as journal:
        # The older operation saw another serial number still, and the one of b is what b has.
        for device, serial in (("a", "OLDER"), ("a", "OLD"), ("b", "S2")):
            usual: dict[str, t.Any] = {
                "device_id": device,
                "operation": "sync",
                "baseline": {},
                "send_deadline": 0.0,
                "busy_until": 0.0,
            }
            attempt = 2 if serial == "OLD" else 1
            wanted = Wanted(
                server=server, window_id=window_id, device=device, serial=serial, attempt=attempt, resend=True, **usual
            )
            claim = Operations(journal).claim(wanted, Limits())
            Operations(journal).move(claim.row, "failed")
    warned: list[str] = []
    given = dataclasses.replace(task(systems, place, check_mode), warn=warned.append)
    result = inspect(given, systems.clients())
    assert result["problems"] == []
    (said,) = [remark for remark in result["remarks"] if "another unit" in remark]
    of = f" of window '{window_id}'" if window_id else ""
    assert said.startswith(
        f"'a' is another unit than at its last operation{of}: its serial number was 'OLD' and is 'S1'."
    )
    assert warned == [said]


def test_a_device_that_was_replaced_is_not_what_was_approved(place: str) -> None:
    systems = Systems("a", "b")
    digest = planned(systems, place)["digest"]
    systems.sdm[1] = dataclasses.replace(systems.sdm[1], id="ID99")
    msg = flown(systems, place, window={**WINDOW, "window_approval": digest})["msg"]
    assert "'b' is another device: id in Oracle SDM was ID42 and is ID99" in msg


def test_a_task_file_is_approved_by_its_content(place: str, tmp_path: Path) -> None:
    systems = Systems("a")
    hook = tmp_path / "before.yml"
    hook.write_text("- debug:\n")
    with_hook = {"window_directory": str(tmp_path), "window_before_device": "before.yml"}
    digest = planned(systems, place, **with_hook)["digest"]
    approved = {**WINDOW, **with_hook, "window_approval": digest}
    assert flown(systems, place, window=approved)["problems"] == []
    hook.write_text("- shell: rm\n")
    assert "the task file window_before_device: approved" in flown(systems, place, window=approved)["msg"]


def test_without_the_journal_the_approved_plan_shows_the_difference(tmp_path: Path, place: str) -> None:
    systems = Systems("a", "b")
    result = planned(systems, place)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(result["plan"]))
    elsewhere = str(tmp_path / "other.sqlite3")

    def now(digest: str, **variables: t.Any) -> str:
        window = {**WINDOW, "window_approval": digest, **variables}
        return str(flown(systems, elsewhere, window=window, devices=[{"name": "a"}])["msg"])

    assert "The approved plan is not in this journal" in now(result["digest"])
    assert "removed: 'b'" in now(result["digest"], window_approved_plan=str(file))
    assert "is not the plan whose digest is" in now("0" * 64, window_approved_plan=str(file))
    assert "cannot be read" in now(result["digest"], window_approved_plan=str(tmp_path / "none.json"))


def test_a_reset_needs_an_approval_but_not_to_be_planned(place: str) -> None:
    systems = Systems("a")
    reset = {**WINDOW, "window_operations": ["factory"]}
    assert "needs an approval" in flown(systems, place, window=reset)["msg"]
    unchecked = flown(systems, place, window=reset, check_approval=False)
    assert (unchecked["problems"], recorded(systems, place)) == ([], None)
    digest = planned(systems, place, window_operations=["factory"])["digest"]
    assert flown(systems, place, window={**reset, "window_approval": digest})["approved"]


def test_none_says_that_there_is_no_approval_and_permits_no_reset(place: str) -> None:
    systems = Systems("a")
    result = flown(systems, place, window={**WINDOW, "window_approval": "none"})
    assert (result["problems"], result["approved"]) == ([], False)
    agreed = recorded(systems, place)
    assert agreed is not None
    assert agreed.approval == {}
    reset = {**WINDOW, "window_operations": ["factory"], "window_approval": "none"}
    assert "needs an approval" in flown(systems, place, window=reset)["msg"]
