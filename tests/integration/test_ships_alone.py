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
def alone(ansible: Commands, tmp_path: Path) -> Commands:
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


def test_a_window_runs_from_the_registry(alone: Commands, simulator: Simulator) -> None:
    (alone.home / "fleet.pam.yml").write_text("plugin: netfleet.maintenance.pam_devices\n")
    play = "netfleet.maintenance.maintenance_window"
    done = alone.playbook(play, hosts=str(alone.home / "fleet.pam.yml"), extra=WINDOW)
    assert done.rc == 0, done.said()
    rebooted = [row["device"] for row in simulator.ledger(effect="operation", operation="reboot")]
    assert len(rebooted) == len(set(rebooted)) > 0
    assert simulator.state()["oracle_sdm"]["locks"] == {}


@pytest.mark.parametrize("kind", ["module", "inventory", "filter", "role"])
def test_everything_has_its_documentation(alone: Commands, kind: str) -> None:
    listed = alone.run("ansible-doc", "-t", kind, "-l", "-j", "netfleet.maintenance")
    assert listed.rc == 0, listed.said()
    names = list(json.loads(listed.stdout))
    assert names
    shown = alone.run("ansible-doc", "-t", kind, "-j", *names)
    assert shown.rc == 0, shown.said()
    assert sorted(json.loads(shown.stdout)) == sorted(names)
