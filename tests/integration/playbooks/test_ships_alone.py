# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users see lives in meta, plugins, roles and playbooks: the collection works with every other folder deleted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.run import Commands
from tests.simulators import Simulator
from tests.tools.isolated import ROOT
from tests.tools.release import build

NEEDED = {"meta", "playbooks", "plugins", "roles"}
WINDOW = {
    "window_id": "CHG1",
    "window_targets": "site_FRA:&type_CPE",
    "window_hold": 0.2,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 15,
}


@pytest.fixture
def single_flight(ansible: Commands, tmp_path: Path) -> Commands:
    """Commands that find nothing but the four folders of the built collection."""
    target = tmp_path / "collections"
    artifact = build(tmp_path / "dist")
    install = ["ansible-galaxy", "collection", "install", str(artifact), "--offline", "--no-deps", "-p", str(target)]
    ansible.environment["ANSIBLE_COLLECTIONS_PATH"] = str(target)
    assert ansible.run(*install).rc == 0
    collection = target / "ansible_collections/netfleet/maintenance"
    for folder in collection.iterdir():
        if folder.is_dir() and folder.name not in NEEDED:
            shutil.rmtree(folder)
    assert {path.name for path in collection.iterdir() if path.is_dir()} == NEEDED
    return ansible


def test_a_window_runs_from_the_registry(single_flight: Commands, simulator: Simulator) -> None:
    (single_flight.home / "fleet.pam.yml").write_text("plugin: netfleet.maintenance.pam_devices\n")
    play = "netfleet.maintenance.maintenance_window"
    done = single_flight.playbook(play, hosts=str(single_flight.home / "fleet.pam.yml"), extra=WINDOW)
    assert done.rc == 0, done.said()
    rebooted = [row["device"] for row in simulator.ledger(effect="operation", operation="reboot")]
    assert len(rebooted) == len(set(rebooted)) > 0
    assert simulator.state()["oracle_sdm"]["locks"] == {}


# Where each kind of ansible-doc is in the source; the copy must know every one of them.
KINDS = {
    "module": "plugins/modules/*.py",
    "inventory": "plugins/inventory/*.py",
    "filter": "plugins/filter/*.py",
    "test": "plugins/test/*.py",
    "callback": "plugins/callback/*.py",
    "role": "roles/*",
}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_its_documentation(single_flight: Commands, kind: str) -> None:
    names = sorted(f"netfleet.maintenance.{path.stem}" for path in ROOT.glob(KINDS[kind]))
    assert names
    shown = single_flight.run("ansible-doc", "-t", kind, "-j", *names)
    assert shown.rc == 0, shown.said()
    assert sorted(json.loads(shown.stdout)) == names


def test_every_plugin_folder_is_asked_for_its_documentation() -> None:
    known = {pattern.split("/")[1] for pattern in KINDS.values()}
    internal = {"action", "doc_fragments", "module_utils", "plugin_utils"}
    assert {path.parent.name for path in ROOT.glob("plugins/*/*.py")} - known == internal


def test_every_playbook_finds_what_it_needs(single_flight: Commands) -> None:
    playbooks = [path.stem for path in ROOT.glob("playbooks/*.yml") if not path.name.endswith(".meta.yml")]
    names = [f"netfleet.maintenance.{name}" for name in sorted(playbooks)]
    checked = single_flight.run("ansible-playbook", "-i", "localhost,", "--syntax-check", *names)
    assert (checked.rc, checked.stderr) == (0, ""), checked.said()
    assert checked.stdout.count("playbook: ") == len(names)


def test_every_playbook_and_role_refers_to_files_that_are_shipped(single_flight: Commands) -> None:
    """What is included while a playbook runs is not looked for by a syntax check."""
    shipped = Path(single_flight.environment["ANSIBLE_COLLECTIONS_PATH"]) / "ansible_collections/netfleet/maintenance"
    for folder in ("playbooks", "roles"):
        there = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert {path.relative_to(shipped) for path in (shipped / folder).rglob("*") if path.is_file()} == there
