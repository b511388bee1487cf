# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every hostile name through every module and the journal: it acts on exactly one id, or is refused with a reason."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import why_not_a_segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible
from tests.hostile.bench import WORK, Bench
from tests.hostile.corpus import CATEGORIES, NAMES, TRACE
from tests.hostile.crowd import PARAMETERS, Ids, Watch, reason
from tests.hostile.specs import ROOT, told_of_devices
from tests.hostile.test_names_in_windows import RECORDED, SURVEYING, TELLING
from tests.simulators import Simulator

WRITING: dict[str, tuple[str, dict[str, t.Any]]] = {
    "device_operation": ("zequenze", {"wait": False, "operation": "sync"}),
    "device_lock": ("oracle_sdm", {}),
    "lock_recovery": ("oracle_sdm", {"lost_journal": True}),
    "pam_device": ("senhasegura", {"site": "MOVED"}),
}

DONE = {"device_operation": "accepted", "device_lock": "locked", "lock_recovery": "unlocked"}


@pytest.mark.parametrize("module", WRITING)
@pytest.mark.parametrize("category", PARAMETERS)
def test_a_hostile_name_acts_on_exactly_one_id_or_is_refused(
    crowded: Bench, ids: Ids, module: str, category: str
) -> None:
    system, options = WRITING[module]
    watch = Watch(crowded)
    names = list(CATEGORIES[category])
    if module != "pam_device":
        names = crowded.not_blank(module, names)
    assert watch.news() == set()
    if not names:
        return
    if module == "lock_recovery":
        # The account holds them all, and no journal shows it.
        crowded.run("device_lock", names, journal=str(crowded.folder / "deleted.sqlite3"))
        options = {**options, "journal": str(crowded.folder / "lost.sqlite3")}
    watch = Watch(crowded)
    acted, touched = set(), set()
    if module == "pam_device":
        for name in names:
            result = crowded.run(module, name, **options)
            acted |= set() if result.get("failed") and reason(result) else {name}
            news = watch.news()
            assert {device for _system, _id, device in news} <= {name}
            touched |= news
    else:
        result = crowded.run(module, names, **options)
        for device in result["devices"]:
            if device.get("outcome", device.get("state")) == DONE[module]:
                acted.add(device["name"])
            else:
                assert device["message"].isprintable()
                assert device["message"]
        touched = watch.news()
    assert touched == {(system, ids[name][system], name) for name in acted}
    # What a path can carry is not refused out of fear.
    carried = {name for name in names if name in ids and not why_not_a_segment(name) and name.strip() == name}
    assert carried <= acted


READING = ["device_info", "device_health", "device_lock_info", "pam_device_info", "pam_session_info", "journal_info"]


@pytest.mark.parametrize("module", READING)
@pytest.mark.parametrize("category", PARAMETERS)
def test_a_hostile_name_is_read_as_itself_or_refused(crowded: Bench, ids: Ids, module: str, category: str) -> None:
    watch = Watch(crowded)
    names = list(CATEGORIES[category])
    # One list of SDM serves them all.
    for asked in [names] if module == "device_lock_info" else [[name] for name in names]:
        result = crowded.run(module, asked)
        if result.get("failed"):
            reason(result)
            continue
        for name, device in zip(asked, result.get("devices", []), strict=False):
            assert device["name"] == name
            shown = device.get("id") or device.get("device_id")
            if shown is not None:
                assert str(shown) in ids[name].values()
    assert watch.news() == set()


@pytest.mark.parametrize("category", PARAMETERS)
def test_the_journal_keeps_a_hostile_name_as_it_is(crowded: Bench, ids: Ids, category: str) -> None:
    names = crowded.not_blank("device_lock", CATEGORIES[category])
    if not names:
        return
    locked = {device["name"] for device in crowded.run("device_lock", names)["devices"] if device["state"] == "locked"}
    # XML has one line end for all, so two of these are twins in SDM.
    assert {name for name in names if name in ids and "\n" not in name} <= locked
    for name in locked:
        rows = crowded.run("journal_info", [name])["locks"]
        assert {(row["device"], row["device_id"]) for row in rows} == {(name, ids[name]["oracle_sdm"])}
    crowded.run("device_lock", names, state="unlocked")
    assert not set(names) & set(crowded.simulator.state()["oracle_sdm"]["locks"])


@pytest.mark.row(57, 61)
def test_twins_are_told_apart_by_id_and_named_where_only_a_name_is_given(bench: Bench, simulator: Simulator) -> None:
    first = simulator.add_device(name="twin")
    second = simulator.add_device(name="twin")
    for module in ("device_lock", "device_lock_info"):
        text = str(bench.run(module, ["twin"]))
        assert first["sdm_id"] in text
        assert second["sdm_id"] in text
    assert bench.device("device_lock", "twin", device_id=second["sdm_id"])["state"] == "locked"
    assert [row["device_id"] for row in simulator.ledger(effect="lock")] == [second["sdm_id"]]
    for module in ("pam_device", "pam_device_info"):
        name: t.Any = "twin" if module == "pam_device" else ["twin"]
        message = reason(bench.run(module, name))
        assert first["pam_id"] in message
        assert second["pam_id"] in message


@pytest.mark.row(55, 62, 63)
def test_an_answer_about_another_device_is_refused(bench: Bench, simulator: Simulator) -> None:
    record = '{"id": 812, "name": "lax-sbc-02", "serial_number": "X", "status": true}'
    simulator.fault(
        system="zequenze",
        method="GET",
        path="inventory_device_name/",
        phase="after_effect",
        kind="body",
        status=200,
        content_type="application/json",
        body=record,
        times=None,
    )
    device = bench.device("device_operation", "lax-sbc-01", window_id="w1", require_lock=False)
    assert (device["outcome"], device["sent"]) == ("refused", False)
    assert "'lax-sbc-01'" in device["message"]
    assert "'lax-sbc-02'" in device["message"]
    assert bench.reboots() == []


@pytest.mark.row(65)
def test_nothing_is_ever_run_by_a_shell_or_made_into_code() -> None:
    forbidden = {"pty", "pickle", "shelve", "marshal", "commands"}
    calls = {"system", "popen", "eval", "exec", "run_command", "execv", "execvp", "spawnv"}
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = {alias.name.split(".")[0] for alias in node.names} | {str(getattr(node, "module", ""))}
                assert not names & forbidden, path
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in calls, f"{path}: {called}"
                assert not any(keyword.arg == "shell" for keyword in node.keywords), path


@pytest.mark.row(56, 57)
def test_no_message_can_be_reordered_or_broken_by_a_name() -> None:
    assert all(legible(name).isprintable() for name in NAMES)


@pytest.mark.row(59)
def test_no_payload_was_run(crowded: Bench) -> None:
    assert len(NAMES) >= 200
    assert not list(crowded.folder.rglob(TRACE))
    assert not Path(TRACE).exists()


@pytest.mark.row(58, 59, 65)
def test_every_module_that_is_told_of_devices_is_in_these_tests() -> None:
    assert {*WORK} == told_of_devices() == {*WRITING, *READING, *SURVEYING, *TELLING, *RECORDED}
