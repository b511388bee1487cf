# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor: one verdict a line, of what was found and nothing else, and reads only."""

from __future__ import annotations

import dataclasses
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.checks import Check
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.facts import Facts, JournalFacts, SystemFacts
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.judging import judge
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.names import agreement
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.page import as_html, as_table
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.systems_info import (
    inspect,
    run_systems_info,
    systems_info_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    MaintenanceError,
    NoAnswer,
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.learning import Learned
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import Shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Known
from tests.unit.support.window_bench import Systems

ALL = ("zequenze", "oracle_sdm", "senhasegura")
NOW = 1_795_226_400.0
HEALTHY = SystemFacts(
    "zequenze",
    address="https://control.example.com/api/v1",
    devices=2,
    clock_ahead=0.0,
    certificate_ends=NOW + 90 * 86400,
    may_write="allowed",
)
JOURNAL = JournalFacts("/j.sqlite3", exists=True, mode=0o600, repeats_lock=True, repeats_unlock=True)
SHOWN = Shown("a", up=True, pending=False, last_status_change=1.0, uptime=86400.0, commands=3)
FACTS = Facts(
    now=NOW,
    systems=tuple(dataclasses.replace(HEALTHY, system=system) for system in ALL),
    lists={system: (Known("1", "a"), Known("2", "b")) for system in ALL},
    sample=(SHOWN,),
    journal=JOURNAL,
    versions={"Python": "3.12"},
    sessions=0,
)


def of(facts: Facts, system: str, check: str) -> Check:
    (line,) = [line for line in judge(facts) if (line.system, line.check) == (system, check)]
    return line


def with_system(**changes: t.Any) -> Facts:
    return dataclasses.replace(FACTS, systems=(dataclasses.replace(HEALTHY, **changes),))


def test_where_all_is_well_every_line_works_and_says_what_it_means() -> None:
    lines = judge(FACTS)
    assert [line for line in lines if line.verdict != "works"] == []
    assert all(line.meaning for line in lines)
    names = {line.check for line in lines if line.system == "zequenze"}
    assert {"proof of sync", "proof of reboot", "proof of reset", "device log", "uptime", "certificate"} <= names


@pytest.mark.parametrize(
    ("error", "check", "reached"),
    [
        (NotSent("It cannot be reached."), "reachable", False),
        (SignInRefused("It did not accept them.", status=401), "sign-in", True),
        (Refused("It answered 403.", status=403), "permissions", True),
        (Refused("It has no API there.", status=404), "API", True),
        (NoAnswer("It answered with something else."), "devices", True),
    ],
)
@pytest.mark.parametrize("system", ALL)
def test_an_error_stands_in_the_line_that_it_is_about_and_nothing_is_said_of_what_follows(
    system: str, error: MaintenanceError, check: str, reached: bool
) -> None:
    facts = dataclasses.replace(with_system(system=system, error=error), lists={}, sample=())
    lines = [line for line in judge(facts) if line.system == system]
    assert (lines[-1].check, lines[-1].verdict, lines[-1].found) == (check, "will not work", str(error))
    assert lines[-1].cure
    assert (lines[0].check, lines[0].verdict == "works") == ("reachable", reached)
    assert [line.check for line in lines[:-1]] == (["reachable", "certificate"] if reached else [])


@pytest.mark.parametrize(
    ("changes", "check", "verdict"),
    [
        ({"certificate_ends": NOW + 20 * 86400}, "certificate", "works with limits"),
        ({"certificate_ends": None}, "certificate", "works with limits"),
        ({"certificate_checked": False}, "certificate", "works with limits"),
        ({"address": "http://127.0.0.1"}, "certificate", "works with limits"),
        ({"clock_ahead": 31.0}, "clock", "will not work"),
        ({"clock_ahead": -30.0}, "clock", "works"),
        ({"clock_ahead": None}, "clock", "works with limits"),
        ({"devices": 0}, "permission to read", "works with limits"),
        ({"may_write": "refused"}, "permission to send operations", "will not work"),
        ({"may_write": "unknown"}, "permission to send operations", "works with limits"),
        ({"system": "senhasegura", "may_write": "refused"}, "permission to register devices", "works with limits"),
        ({"missing": "No token is given."}, "configured", "will not work"),
    ],
)
def test_a_limit_is_told_with_its_meaning_and_cure(changes: dict[str, t.Any], check: str, verdict: str) -> None:
    line = of(with_system(**changes), changes.get("system", "zequenze"), check)
    assert line.verdict == verdict
    assert line.meaning


def test_a_log_that_cannot_be_read_leaves_no_proof() -> None:
    refused = dataclasses.replace(SHOWN, log_problem="It answered 403 about the device log.")
    facts = dataclasses.replace(FACTS, sample=(refused, refused))
    for check in ("device log", "proof of sync", "proof of reboot", "proof of reset"):
        line = of(facts, "zequenze", check)
        assert (line.verdict, "right to read the device log" in line.cure) == ("will not work", True)


@pytest.mark.parametrize(
    ("changes", "check", "verdict", "word"),
    [
        ({"exists": False}, "place", "works with limits", "none yet"),
        ({"exists": False, "writable": False}, "place", "will not work", "cannot be written"),
        ({"writable": False}, "place", "will not work", "cannot be written"),
        ({"throwaway": True}, "place", "will not work", "container"),
        ({"problem": "It is no database."}, "place", "will not work", "no database"),
        ({"mode": 0o644, "size": 5_000_000}, "kind", "works with limits", "0644, 5.0 MB"),
        ({"is_file": False}, "kind", "works", "PostgreSQL"),
        ({"first_at": NOW - 86400, "last_at": NOW}, "age", "works", "1 d 0 h"),
        ({"open_locks": 2}, "locks", "works", "2 devices are locked"),
    ],
)
def test_the_journal_is_described(changes: dict[str, t.Any], check: str, verdict: str, word: str) -> None:
    line = of(dataclasses.replace(FACTS, journal=dataclasses.replace(JOURNAL, **changes)), "journal", check)
    assert (line.verdict, word in line.found) == (verdict, True)


@pytest.mark.parametrize(
    ("counts", "found", "meaning"),
    [
        (True, "as many Unlocks as Locks", "Each Lock is followed by an Unlock."),
        (False, "One Unlock frees a device", "Each device is unlocked once."),
        (None, "Not known", "Each Lock is followed by an Unlock."),
    ],
)
def test_what_is_known_of_counted_locks_is_told(counts: bool | None, found: str, meaning: str) -> None:
    facts = dataclasses.replace(FACTS, journal=dataclasses.replace(JOURNAL, counts_locks=counts))
    line = of(facts, "oracle_sdm", "counted Locks")
    assert (line.verdict, found in line.found, line.meaning) == ("works", True, meaning)


@pytest.mark.parametrize(
    ("learned", "verdict"),
    [
        (Learned(True, True, True, False), "works"),
        (Learned(True, False, True, problem="The unlock was refused."), "will not work"),
        (Learned(False, False, problem="Another account holds it."), "will not work"),
    ],
)
def test_what_a_device_taught_is_told(learned: Learned, verdict: str) -> None:
    line = of(dataclasses.replace(FACTS, learned=learned, device="lab"), "oracle_sdm", "lock and unlock")
    assert (line.verdict, learned.problem in line.found) == (verdict, True)


def test_names_must_stand_for_one_device_everywhere() -> None:
    lists = {
        "zequenze": [Known("1", "a"), Known("2", "b"), Known("3", "c"), Known("4", "c")],
        "oracle_sdm": [Known("1", "a"), Known("2", "B"), Known("3", "c"), Known("9", "")],
    }
    found = agreement(lists)
    assert found.agree == 1
    assert [each.sentence for each in found.differ] == [
        "'B' not in Zequenze Control, but 'b' is nearly the same name",
        "'b' not in Oracle SDM, but 'B' is nearly the same name",
        "'c' Zequenze Control has 2",
    ]
    line = of(dataclasses.replace(FACTS, lists=t.cast("t.Any", lists)), "together", "names")
    assert (line.verdict, "3 are not" in line.found) == ("works with limits", True)


def test_the_pages_show_hostile_names_as_text_and_no_line_is_too_long() -> None:
    evil = "<script>alert(1)</script>\x1b[31m" + "x" * 300
    checks = [Check("zequenze", "names", "will not work", evil, evil, evil)]
    page, table = as_html(checks, {"zequenze": evil}, NOW), as_table(checks, {})
    assert "<script>" not in page
    assert "\x1b" not in page + table
    assert max(map(len, table.splitlines())) <= 100


# The whole task


def informed(systems: Systems, place: Path, check_mode: bool = False, **params: t.Any) -> Result:
    usual = {"device": None, "html_file": None, "json_file": None, "probe_writes": False, "sample": 5}
    options = {"oracle_sdm": {"api_url": "https://sdm", "api_version": "v1.3"}}
    clients = systems.clients()
    for system, wire in clients.wires.items():
        endpoint = types.SimpleNamespace(base_url=f"https://{system}.example.com", validate_certs=True)
        vars(wire).update(endpoint=endpoint, certificate_ends=systems.clock.now() + 90 * 86400)
        if getattr(clients, system) is not None:
            getattr(clients, system).dialect = {}
    return inspect(systems.task(str(place), check_mode, **{**usual, **options, **params}), clients)


def test_it_reads_only_and_asks_nobody_for_the_right_to_write_but_by_a_safe_method(tmp_path: Path) -> None:
    systems = Systems("a", "b", asked=ALL)
    result = informed(systems, tmp_path / "journal.sqlite3")
    assert systems.probed == ["zequenze"]
    assert (result["changed"], result["sample"]) == (False, ["a", "b"])
    assert list(tmp_path.iterdir()) == []
    assert informed(systems, tmp_path / "journal.sqlite3", probe_writes=True)["verdict"] == "works with limits"
    assert sorted(set(systems.probed)) == ["senhasegura", "zequenze"]


def test_files_are_written_and_left_alone_in_check_mode(tmp_path: Path) -> None:
    systems = Systems("a", asked=ALL)
    files: dict[str, t.Any] = {"html_file": str(tmp_path / "s.html"), "json_file": str(tmp_path / "s.json")}
    assert informed(systems, tmp_path / "j", check_mode=True, **files)["changed"]
    assert list(tmp_path.iterdir()) == []
    informed(systems, tmp_path / "j", **files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.html", "s.json"]


def test_a_system_that_cannot_be_read_is_a_line_and_the_others_are_told(tmp_path: Path) -> None:
    systems = Systems("a", asked=ALL)
    systems.broken["zequenze"] = SignInRefused("Zequenze Control did not accept the token.", status=401)
    systems.broken["sessions"] = Refused("PAM answered 403 about sessions.", status=403)
    found = {(line["system"], line["check"]): line for line in informed(systems, tmp_path / "j")["checks"]}
    assert found["zequenze", "sign-in"]["verdict"] == "will not work"
    assert found["senhasegura", "live sessions"]["found"] == "PAM answered 403 about sessions."
    assert found["oracle_sdm", "permission to read"]["verdict"] == "works"
    assert ("zequenze", "device log") not in found


def test_a_device_that_is_blank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="device is blank"):
        run_systems_info(Systems("a").task(str(tmp_path / "j"), device=" ", sample=5))
    assert set(systems_info_spec().options) >= {"device", "sample", "probe_writes", "html_file", "json_file"}
