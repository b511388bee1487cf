# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every hostile name through every module and the journal: it acts on exactly one id, or is refused with a reason."""

from __future__ import annotations

import ast
import json
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils import _notify
from ansible_collections.netfleet.maintenance.plugins.module_utils._paths import legible, why_not_a_segment
from tests.hostile.bench import WORK, Bench, Result
from tests.hostile.corpus import CATEGORIES, NAMES, TRACE, fits_json, fits_xml
from tests.simulators import Simulator
from tests.simulators.certificates import Certificates

ROOT = Path(__file__).resolve().parents[2]

# Which rows a category belongs to; all of them are about names.
ROWS = {
    "dots": (54,),
    "slashes": (54, 55),
    "encoded": (55,),
    "address parts": (55,),
    "blanks": (56,),
    "control": (56,),
    "host patterns": (58,),
    "reserved": (58,),
    "payloads of templates": (59,),
    "templates": (59,),
    "YAML": (60,),
    "XML": (48,),
    "case twins": (57, 61),
    "form twins": (57, 61),
    "homoglyphs": (57,),
    "Unicode": (57,),
    "numbers": (49, 60),
    "long": (64,),
    "too long": (64,),
    "empty": (64,),
    "options": (65,),
    "broken": (56,),
}
PARAMETERS = [
    pytest.param(category, id=category, marks=pytest.mark.row(*ROWS.get(category, (59,)))) for category in CATEGORIES
]


@pytest.fixture(scope="module")
def crowded(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Bench]:
    """A fleet of nothing but hostile names; each system has those it can hold at all."""
    with Simulator(devices=0, process=True) as simulator:
        for name in NAMES:
            if name and fits_json(name) and fits_xml(name):
                simulator.add_device(name=name, site="LAB")
        bench = Bench(simulator, tmp_path_factory.mktemp("names"))
        bench.store.shared = True
        yield bench


@pytest.fixture(scope="module")
def ids(crowded: Bench) -> dict[str, dict[str, str]]:
    """The ids of each name by system."""
    return {
        device["name"]: {
            "zequenze": str(device["zequenze_id"]),
            "oracle_sdm": device["sdm_id"],
            "senhasegura": device["pam_id"],
        }
        for device in crowded.simulator.devices()
    }


class Watch:
    """What the systems were brought to do, a piece at a time."""

    # What follows by itself from an operation that was sent earlier.
    LATER = frozenset({"applied", "failed", "boot", "up", "down", "setting_cleared"})

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._seen = 0
        self.news()

    def news(self) -> set[tuple[str, str, str]]:
        """Give system, id and name of what was changed since the last time, signing in left out."""
        rows = self._bench.simulator.ledger(since=self._seen)
        self._seen = max((row["seq"] for row in rows), default=self._seen)
        return {
            (row["system"], str(row["device_id"]), row["device"])
            for row in rows
            if row["device_id"] is not None and row["effect"] not in self.LATER
        }


def reason(result: Result) -> str:
    """Give why a task or its only device failed."""
    assert result.get("failed"), result
    assert result["msg"]
    assert result["msg"].isprintable(), result["msg"]
    return str(result["msg"])


WRITING: dict[str, tuple[str, dict[str, t.Any]]] = {
    "device_operation": ("zequenze", {"wait": False, "operation": "sync"}),
    "device_lock": ("oracle_sdm", {}),
    "pam_device": ("senhasegura", {"site": "MOVED"}),
}


@pytest.mark.parametrize("module", WRITING)
@pytest.mark.parametrize("category", PARAMETERS)
def test_a_hostile_name_acts_on_exactly_one_id_or_is_refused(
    crowded: Bench, ids: dict[str, dict[str, str]], module: str, category: str
) -> None:
    system, options = WRITING[module]
    names, watch = list(CATEGORIES[category]), Watch(crowded)
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
            if device.get("outcome") == "accepted" or device.get("state") == "locked":
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
def test_a_hostile_name_is_read_as_itself_or_refused(
    crowded: Bench, ids: dict[str, dict[str, str]], module: str, category: str
) -> None:
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
def test_the_journal_keeps_a_hostile_name_as_it_is(
    crowded: Bench, ids: dict[str, dict[str, str]], category: str
) -> None:
    names = list(CATEGORIES[category])
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


@pytest.mark.row(65)
def test_a_hook_is_told_names_in_a_file_and_never_in_its_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []
    told: list[str] = []

    def run(command: list[str], **_more: t.Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        told.append(Path(json.loads(command[-1])["notify_file"]).read_text(encoding="utf-8"))
        return subprocess.CompletedProcess(command, 0, b"")

    monkeypatch.setattr(subprocess, "run", run)
    hook = tmp_path / "hook.yml"
    hook.write_text("[]")
    names = [name for name in NAMES if len(name) > 4]
    assert _notify.deliver({"attention": [{"name": name} for name in names]}, [str(hook)], 5.0) == []
    assert not set(names) & set(commands[0])
    assert [entry["name"] for entry in json.loads(told[0])["attention"]] == names


@pytest.mark.row(56, 57)
def test_no_message_can_be_reordered_or_broken_by_a_name() -> None:
    assert all(legible(name).isprintable() for name in NAMES)


@pytest.mark.row(59)
def test_no_payload_was_run(crowded: Bench) -> None:
    assert len(NAMES) >= 200
    assert not list(crowded.folder.rglob(TRACE))
    assert not Path(TRACE).exists()
    assert set(WORK) <= {*WRITING, *READING}
