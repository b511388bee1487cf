# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pre-flight: everything that is wrong in one message, and nothing that is only supposed."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, SignInRefused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import TimedWire, clock_ahead
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_preflight import (
    inspect,
    run_window_preflight,
    window_preflight_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.support.script import Script
from tests.unit.support.window_bench import Systems, zequenze_row

ALL = ("zequenze", "oracle_sdm", "senhasegura")


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "journal.sqlite3")


def flown(systems: Systems, place: str, check_mode: bool = False, **params: t.Any) -> Result:
    usual = {"max_clock_skew": 30.0, "writes": ["zequenze", "oracle_sdm"]}
    return inspect(systems.task(place, check_mode, **{**usual, **params}), systems.clients())


def test_when_all_is_well_nothing_fails_and_the_journal_has_been_written(place: str) -> None:
    systems = Systems("a", "b", asked=ALL)
    systems.permissions["zequenze"] = True
    result = flown(systems, place)
    assert "failed" not in result
    assert result["problems"] == []
    assert result["systems"]["zequenze"] == {"reached": True, "clock_ahead": 0.0, "writes": "allowed"}
    assert result["systems"]["oracle_sdm"]["writes"] == "unknown"
    assert result["systems"]["senhasegura"]["writes"] == "not asked"
    assert result["remarks"] == ["Oracle SDM does not say in advance whether these credentials may write."]
    assert [row["id"] for row in result["devices"][1]["oracle_sdm"]] == ["ID42"]
    with Journal.open(place, Systems().clock) as journal:
        assert journal.recall("last preflight") == "2026-11-21T02:00:00.000+00:00"


def test_a_list_the_run_has_is_not_read_again_and_tells_the_clock(place: str) -> None:
    systems = Systems("a", "b", asked=ALL)
    systems.ahead["senhasegura"] = 61.0
    store = MemoryStore()
    for _turn in range(2):
        clients = systems.clients()
        clients.store = store
        result = inspect(systems.task(place, max_clock_skew=30.0, writes=[]), clients)
        assert result["systems"]["senhasegura"] == {"reached": True, "clock_ahead": 61.0, "writes": "not asked"}
        assert "61 s ahead" in result["msg"]
        assert [row["id"] for row in result["devices"][1]["senhasegura"]] == ["2002"]
        systems.broken["senhasegura"] = NoAnswer("PAM must not be asked again.")
        systems.ahead["senhasegura"] = None
    assert "not be asked again" in flown(systems, place)["msg"]


@pytest.mark.row(62, 106)
def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    systems = Systems("a", "b", asked=ALL)
    systems.broken["senhasegura"] = SignInRefused("PAM did not accept the sign-in.", status=401)
    systems.sdm.pop()
    systems.zequenze.append(zequenze_row(9, "A"))
    systems.ahead["zequenze"] = -61.0
    systems.permissions["zequenze"] = False
    result = flown(systems, str(tmp_path / "file" / "journal"))
    assert result["failed"]
    assert result["kind"] == "preflight"
    for part in (
        "6 problems",
        "The journal",
        "PAM did not accept the sign-in.",
        "a: Zequenze Control also lists 'A'",
        "b: Oracle SDM has no such device. Zequenze Control: 'b' (id 812, address 192.0.2.2, serial number S2)",
        "The clock of Zequenze Control is at least 61 s behind this controller's",
        "Zequenze Control refuses these credentials the right to write",
    ):
        assert part in result["msg"], part
    assert not result["systems"]["senhasegura"]["reached"]


def test_a_system_that_cannot_be_read_says_nothing_about_devices(place: str) -> None:
    systems = Systems("a")
    systems.broken["zequenze"] = NoAnswer("Zequenze Control gave no answer.")
    assert flown(systems, place)["problems"] == ["Zequenze Control gave no answer."]


def test_a_door_that_cannot_be_opened_is_a_problem_like_others(place: str) -> None:
    systems = Systems("a")
    systems.failures["zequenze"] = "Zequenze Control cannot be reached without a token."
    systems.sdm.clear()
    assert len(flown(systems, place)["problems"]) == 2


@pytest.mark.parametrize(("ahead", "problems"), [(30.0, 0), (-30.0, 0), (30.1, 1), (-31.0, 1), (None, 0)])
def test_a_clock_may_differ_by_the_limit(place: str, ahead: float | None, problems: int) -> None:
    systems = Systems("a")
    systems.ahead["oracle_sdm"] = ahead
    result = flown(systems, place)
    assert len(result["problems"]) == problems
    assert ("Oracle SDM does not show its clock (no Date header)." in result["remarks"]) == (ahead is None)


def test_oracle_sdm_is_sent_nothing_to_find_out_whether_it_may_be_written_to(place: str) -> None:
    """No request of its lock endpoint changes nothing: the first Lock of the canary tells."""
    systems = Systems("a", "b")
    result = flown(systems, place, writes=["oracle_sdm"])
    assert result["systems"]["oracle_sdm"]["writes"] == "unknown"
    assert systems.probed == []


def test_a_probe_that_fails_is_said_and_stops(place: str) -> None:
    systems = Systems("a", asked=ALL)
    systems.permissions["senhasegura"] = NoAnswer("PAM took a device without a hostname.")
    result = flown(systems, place, writes=["senhasegura"])
    assert result["problems"] == ["PAM took a device without a hostname."]


def test_check_mode_writes_nothing_and_asks_nothing_about_writing(place: str) -> None:
    systems = Systems("a")
    result = flown(systems, place, check_mode=True)
    assert systems.probed == []
    assert result["remarks"] == ["There is no journal yet; whether one can be written is not tried in check mode."]
    assert not Path(place).exists()


def test_protected_and_unmanaged_devices_need_not_be_known(place: str) -> None:
    systems = Systems("a")
    devices = [{"name": "a"}, {"name": "gone", "protected": True}, {"name": "old", "managed": False}]
    result = flown(systems, place, devices=devices)
    assert result["problems"] == []
    assert [device["name"] for device in result["devices"]] == ["a"]


def test_a_system_that_is_to_learn_of_the_devices_is_asked_for_all_but_them(place: str) -> None:
    systems = Systems("a", asked=ALL)
    systems.pam.clear()
    assert "senhasegura PAM Core has no such device" in flown(systems, place)["msg"]
    options: dict[str, t.Any] = {"listed_in": ["zequenze", "oracle_sdm"], "writes": ["senhasegura"]}
    result = flown(systems, place, **options)
    assert (result["problems"], result["systems"]["senhasegura"]["reached"]) == ([], True)
    systems.permissions["senhasegura"] = False
    msg = flown(systems, place, **options)["msg"]
    assert "senhasegura PAM Core refuses these credentials the right to write" in msg


def test_a_thousand_problems_are_counted_and_not_all_said(place: str) -> None:
    systems = Systems(*(f"device-{number}" for number in range(100)))
    systems.sdm.clear()
    result = flown(systems, place)
    assert len(result["problems"]) == 100
    assert "100 problems" in result["msg"]
    assert "and 60 more, see problems" in result["msg"]


def test_systems_of_which_nothing_is_known_are_named_with_what_is_missing(place: str) -> None:
    systems = Systems("a", asked=ALL)
    empty = dict.fromkeys(
        ("api_url", "api_token", "username", "password", "client_id", "client_secret", "api_version", "api_prefix")
    )
    options: dict[str, t.Any] = {**dict.fromkeys(ALL, empty), "max_clock_skew": 30.0, "writes": []}
    task = systems.task(place, **options)
    result = run_window_preflight(task)
    assert [problem.split(" cannot be reached without ")[1] for problem in result["problems"]] == [
        "zequenze.api_token (or ZEQUENZE_TOKEN).",
        "oracle_sdm.api_url (or ORACLE_SDM_URL), oracle_sdm.username (or ORACLE_SDM_USERNAME), oracle_sdm.password "
        "(or ORACLE_SDM_PASSWORD).",
        "senhasegura.api_url (or SENHASEGURA_URL).",
    ]


def test_every_secret_inside_is_hidden() -> None:
    for system in ALL:
        for name, rule in window_preflight_spec().options[system]["options"].items():
            if any(word in name for word in ("password", "secret", "token")):
                assert rule["no_log"] is True, name


@pytest.mark.parametrize(
    ("date", "ahead"),
    [(100.0, 0.0), (99.0, 0.0), (98.0, -0.5), (102.0, 0.0), (103.0, 1.0), (None, None)],
)
def test_whole_seconds_and_the_length_of_a_call_are_no_difference(date: float | None, ahead: float | None) -> None:
    assert clock_ahead(date, before=99.5, after=102.0) == ahead


def test_a_wire_remembers_the_smallest_difference_it_saw(script: Script) -> None:
    wire = TimedWire(Endpoint("the system", "https://api.example.com"), script, script.clock)
    for date in ("Sat, 21 Nov 2026 02:01:40 GMT", "Sat, 21 Nov 2026 02:00:10 GMT", "Sat, 21 Nov 2026 02:00:20 GMT"):
        script.expect("GET", "/x").answers(headers={"date": date})
        wire.call(Request("GET", "/x"), repeatable=True)
    assert wire.ahead == 10.0
