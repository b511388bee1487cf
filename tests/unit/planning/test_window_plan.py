# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning a window: which occurrence, what the journal and PAM add, caps, and approvals."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_plan import prepare
from tests.unit.support.window_bench import Systems

ALL = ("zequenze", "oracle_sdm", "senhasegura")
ONE_OFF: dict[str, t.Any] = {"window_id": "CHG1", "window_live_sessions": "wait"}
MONTHLY = {"window_name": "core", "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2", "window_duration": "2h"}


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "journal.sqlite3")


def planned(
    systems: Systems,
    place: str,
    window: t.Mapping[str, t.Any] = ONE_OFF,
    check_mode: bool = False,
    *,
    options: t.Mapping[str, t.Any] | None = None,
    **variables: t.Any,
) -> Result:
    """Plan a window with some of its variables changed."""
    given = {"window": {**window, **{f"window_{name}": value for name, value in variables.items()}}}
    usual: dict[str, t.Any] = {**given, "json_file": None, "markdown_file": None}
    return prepare(systems.task(place, check_mode, **{**usual, **(options or {})}), systems.clients())


def steps(result: Result) -> dict[str, dict[str, t.Any]]:
    return {step["name"]: step for step in result["plan"]["steps"]}


def test_the_occurrence_that_is_on_is_planned_or_else_the_next_one(place: str) -> None:
    systems = Systems("a")
    result = planned(systems, place, MONTHLY, at="2026-12-13T03:00:00+00:00")
    assert (result["window_id"], result["state"]) == ("core@20261213T020000Z", "open")
    ahead = planned(systems, place, MONTHLY, at="2026-12-01T00:00:00+00:00")
    assert ahead["window_id"] == "core@20261213T020000Z"
    assert ahead["digest"] == result["digest"]
    assert "closed" in ahead["plan"]["reason"]
    later = planned(systems, place, MONTHLY, at="2026-12-13T05:00:00+00:00")
    assert later["window_id"] == "core@20270110T020000Z"
    assert later["digest"] != result["digest"]


def test_a_window_that_is_over_for_good_is_not_planned(place: str) -> None:
    window = {"window_id": "CHG1", "window_opens_at": "2026-01-01T00:00:00+00:00", "window_duration": "1h"}
    with pytest.raises(BadInput, match="nothing to plan: closed"):
        planned(Systems("a"), place, window)


def record(systems: Systems, place: str, operation: str, state: t.Any, device_id: str = "811") -> None:
    with Journal.open(place, systems.clock) as journal:
        wanted = Wanted(
            server="https://zequenze.example.com/api/v1",
            window_id="CHG1",
            device_id=device_id,
            device="a",
            serial="S1",
            operation=operation,
            baseline={},
            send_deadline=systems.clock.now() + 60,
            busy_until=systems.clock.now() + 60,
            resend=False,
        )
        operations = Operations(journal)
        operations.move(operations.claim(wanted, Limits()).row, state, sent=True)


def test_what_the_journal_knows_is_in_the_plan_and_not_in_the_digest(place: str) -> None:
    systems = Systems("a", "b")
    before = planned(systems, place)
    record(systems, place, "sync", "done")
    record(systems, place, "reboot", "unknown")
    with Journal.open(place, systems.clock) as journal:
        Locks(journal).intend(
            server="https://sdm.example.com:8443",
            device_id="ID42",
            device="b",
            account="lockbot",
            holder="CHG2",
            lease=60,
        )
    result = planned(systems, place)
    assert steps(result)["a"]["operations"] == ["reboot"]
    assert steps(result)["a"]["notes"] == ["reboot was sent before; it is observed, not sent again"]
    assert steps(result)["b"]["notes"] == ["locked by CHG2 now"]
    assert result["digest"] == before["digest"]


def test_live_sessions_are_matched_by_hostname_and_address(place: str) -> None:
    systems = Systems("a", "b", "c", asked=ALL)
    systems.sessions = [{"device": "A:22", "user": "alice"}, {"device": "192.0.2.2:22", "user": ""}]
    result = planned(systems, place, live_sessions="skip")
    assert [steps(result)[name]["action"] for name in "abc"] == ["skip", "skip", "maintain"]
    assert steps(result)["b"]["why"] == "live session of an unknown user"
    assert all(step["action"] == "maintain" for step in steps(planned(systems, place, live_sessions="ignore")).values())


def test_sessions_that_cannot_be_read_are_said_to_be_unknown(place: str) -> None:
    systems = Systems("a", asked=ALL)
    systems.broken["sessions"] = NoAnswer("PAM gave no answer.")
    assert planned(systems, place)["plan"]["remarks"] == ["Live sessions are not known: PAM gave no answer."]
    assert "not asked" in planned(Systems("a"), place)["plan"]["remarks"][0]


def test_a_system_that_cannot_be_read_gives_no_plan(place: str) -> None:
    systems = Systems("a")
    systems.broken["oracle_sdm"] = NoAnswer("Oracle SDM gave no answer.")
    with pytest.raises(NoAnswer, match="Oracle SDM gave no answer"):
        planned(systems, place)


def test_a_device_in_doubt_is_shown_and_leaves_nothing_to_approve(place: str) -> None:
    systems = Systems("a", "b")
    systems.sdm.pop()
    result = planned(systems, place)
    assert result["digest"] is None
    assert steps(result)["b"]["action"] == "blocked"


def test_the_plan_is_written_when_it_differs(tmp_path: Path, place: str) -> None:
    systems = Systems("a")
    files: dict[str, t.Any] = {
        "json_file": str(tmp_path / "new" / "plan.json"),
        "markdown_file": str(tmp_path / "plan.md"),
    }
    assert planned(systems, place, check_mode=True, options=files)["changed"]
    assert not (tmp_path / "plan.md").exists()
    first = planned(systems, place, options=files)
    assert first["changed"]
    assert json.loads((tmp_path / "new" / "plan.json").read_text()) == first["plan"]
    assert (tmp_path / "plan.md").read_text() == first["markdown"]
    assert not planned(systems, place, options=files)["changed"]


def test_check_mode_keeps_nothing(place: str) -> None:
    assert planned(Systems("a"), place, check_mode=True)["digest"]
    assert not Path(place).exists()


def test_a_journal_that_cannot_be_written_is_only_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    systems = Systems("a")
    task = systems.task(
        str(tmp_path / "file" / "journal"),
        window={**ONE_OFF, "window_live_sessions": "ignore"},
        json_file=None,
        markdown_file=None,
    )
    warnings: list[str] = []
    task.warn = warnings.append
    assert prepare(task, systems.clients())["digest"]
    assert "cannot show the difference" in warnings[0]


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"max_targets": 1}, "has 2 devices, more than window_max_targets"),
        ({"require_partners": False}, "is an exception for one device and one occasion"),
        ({"operations": ["factory"], "max_resets": 1}, "factory erases devices: the selection has 2, more than"),
        ({"operations": ["rebot"]}, "window_operations"),
        ({"batches": ["many"]}, "window_batches"),
    ],
)
def test_what_cannot_be_is_refused(place: str, variables: dict[str, t.Any], text: str) -> None:
    with pytest.raises(BadInput, match=text):
        planned(Systems("a", "b"), place, **variables)


def test_a_reset_of_a_protected_device_is_refused(place: str) -> None:
    devices = {"devices": [{"name": "a", "protected": True}, {"name": "b"}]}
    with pytest.raises(BadInput, match="device_factory erases devices, and 'a' is protected"):
        planned(Systems("a", "b"), place, operations=["device_factory"], options=devices)


def test_no_device_is_no_plan(place: str) -> None:
    with pytest.raises(BadInput, match="matches no device"):
        planned(Systems("a"), place, options={"devices": []})


def test_a_protected_device_is_skipped_by_other_operations_and_said_to_be_left_out(place: str) -> None:
    devices = [{"name": "a", "protected": True, "protected_reason": "Emergency calls"}, {"name": "b"}]
    result = planned(Systems("a", "b"), place, options={"devices": devices})
    assert steps(result)["a"]["why"] == "protected: Emergency calls"
    assert [device["name"] for device in result["plan"]["approve"]["devices"]] == ["b"]
    assert result["plan"]["approve"]["excluded"] == {"a": "protected: Emergency calls"}
