# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every hostile name through the modules that see a window as a whole: found as itself, and told as it is."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.hostile.bench import SYSTEMS, Bench
from tests.hostile.corpus import CATEGORIES
from tests.hostile.crowd import PARAMETERS, Ids, Watch, reason

SURVEYING = ("window_preflight", "window_plan")
TELLING = ("window_report", "window_metrics", "window_notify")
# These act only on what a window has recorded under exactly this name.
RECORDED = ("window_start", "window_run", "window_check", "window_result", "device_release")


@pytest.mark.parametrize("module", SURVEYING)
@pytest.mark.parametrize("category", PARAMETERS)
def test_a_survey_finds_each_name_as_itself_and_changes_nothing(
    crowded: Bench, ids: Ids, module: str, category: str
) -> None:
    names, watch = list(CATEGORIES[category]), Watch(crowded)
    result = crowded.run(module, names)
    if module == "window_preflight":
        problems = [problem.replace(",", "") for problem in result["problems"]]
        assert not problems or reason(result)
        assert [device["name"] for device in result["devices"]] == names
        for device in result["devices"]:
            known = ids.get(device["name"], {})
            found = {system: [row["id"] for row in device[system]] for system in SYSTEMS}
            for system, each in found.items():
                # No id but its own; XML has one line end for all, so two names may be one in SDM: that is a problem.
                assert each in ([], [known.get(system)]) or (system, "\n" in device["name"]) == ("oracle_sdm", True)
                assert len(each) < 2 or any(set(each) <= set(problem.split()) for problem in problems), problems
            if device["name"].strip() == device["name"] and known and device["name"].isprintable():
                assert found == {system: [known[system]] for system in SYSTEMS}
    else:
        steps = result["plan"]["steps"]
        assert sorted(step["name"] for step in steps) == sorted(names)
        assert all(step["action"] in ("maintain", "blocked") for step in steps)
        for text in (result["table"], result["markdown"]):
            assert all(line.isprintable() for line in text.splitlines())
    assert watch.news() == set()


@pytest.mark.parametrize("module", RECORDED)
@pytest.mark.parametrize("category", PARAMETERS)
def test_a_name_that_no_window_has_recorded_touches_nothing(
    crowded: Bench, tmp_path: Path, module: str, category: str
) -> None:
    watch, journal = Watch(crowded), str(tmp_path / "journal.sqlite3")
    for name in CATEGORIES[category]:
        asked = name if module in ("window_check", "window_result") else [name]
        result = crowded.run(module, asked, journal=journal)
        # Nobody else is at work on it; everything else is refused.
        assert result["at_work"] == "" if module == "window_start" and name.strip() else reason(result)
    assert watch.news() == set()


@pytest.mark.parametrize("category", PARAMETERS)
def test_a_window_maintains_each_recorded_name_as_itself_or_not_at_all(
    crowded: Bench, ids: Ids, tmp_path: Path, category: str
) -> None:
    rules = {"window_operations": ["sync"], "window_hold": 0, "window_wait_timeout": 0.5, "window_wait_interval": 0.1}
    rules |= {"window_live_sessions": "ignore", "window_unproven_sync": "go_on"}
    for number, name in enumerate(CATEGORIES[category]):
        window, journal = {"window_id": f"hostile-{number}", **rules}, str(tmp_path / f"{number}.sqlite3")
        watch = Watch(crowded)
        found = crowded.run("window_preflight", [name], journal=journal, window=window)
        assert watch.news() == set()
        if found["problems"]:
            continue
        done = crowded.run("window_run", None, journal=journal, window_id=window["window_id"])
        assert [device["name"] for device in done["devices"]] == [name]
        assert watch.news() == {(system, ids[name][system], name) for system in ("oracle_sdm", "zequenze")}


@pytest.mark.parametrize("category", PARAMETERS)
def test_a_report_tells_each_name_as_it_is_and_makes_no_path_of_it(
    crowded: Bench, tmp_path: Path, category: str
) -> None:
    names = list(CATEGORIES[category])
    crowded.run("device_lock", names)
    result = crowded.run("window_report", names, dest=str(tmp_path / "reports"))
    assert not result.get("failed"), result
    assert {path.name for path in tmp_path.rglob("*")} == {"reports", "hostile.html", "hostile.json", "hostile.md"}
    told = json.loads((tmp_path / "reports/hostile.json").read_text())["devices"]
    assert {device["name"] for device in told} >= set(names)
    for kind in ("html", "md"):
        text = (tmp_path / f"reports/hostile.{kind}").read_text()
        assert all(line.isprintable() for line in text.splitlines())
    crowded.run("device_lock", names, state="unlocked")


@pytest.mark.parametrize("category", PARAMETERS)
def test_metrics_carry_each_name_as_it_is(crowded: Bench, tmp_path: Path, category: str) -> None:
    names = crowded.not_blank("device_lock", CATEGORIES[category])
    if not names:
        return
    journal, path = str(tmp_path / "journal.sqlite3"), tmp_path / "fleet.prom"
    taken = crowded.run("device_lock", names, journal=journal)["devices"]
    result = crowded.run("window_metrics", names, journal=journal, path=str(path))
    assert not result.get("failed"), result
    families = {family.name: family for family in text_string_to_metric_families(path.read_text())}
    shown = {sample.labels["device"] for sample in families["netfleet_lock_age_seconds"].samples}
    assert shown == {device["name"] for device in taken if device["state"] == "locked"}
    crowded.run("device_lock", names, journal=journal, state="unlocked")


@pytest.mark.parametrize("category", PARAMETERS)
def test_a_notification_carries_each_name_in_its_file_and_never_in_its_command(
    crowded: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, category: str
) -> None:
    commands: list[list[str]] = []
    told: list[dict[str, t.Any]] = []

    def run(command: list[str], **_more: t.Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        told.append(json.loads(Path(json.loads(command[-1])["notify_file"]).read_text(encoding="utf-8")))
        return subprocess.CompletedProcess(command, 0, b"")

    monkeypatch.setattr(subprocess, "run", run)
    hook = tmp_path / "hook.yml"
    hook.write_text("[]")
    names = list(CATEGORIES[category])
    result = crowded.run("window_notify", names, journal=str(tmp_path / "none.sqlite3"), hooks=[str(hook)])
    assert (result.get("failed"), result["told"]) == (None, 1), result
    ((command,), (notification,)) = commands, told
    assert sorted(entry["name"] for entry in notification["attention"]) == sorted(names)
    assert not {name for name in names if len(name) > 2} & set(command)
