# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo window through ansible-runner: as one process, and as AWX does it, sent to a worker and read back."""

from __future__ import annotations

import json
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.integration.run import LIMIT, Commands
from tests.simulators import Simulator
from tests.tools.demo import problems
from tests.tools.isolated import ROOT

DEVICES = 3
IDENT = "window"
# What an AWX credential puts into a job's environment; the runner itself is started without it.
INJECTED = ("NETFLEET_", "ORACLE_SDM_", "SENHASEGURA_", "ZEQUENZE_")

# AWX renders what a credential does not hold as empty.
EMPTY = dict.fromkeys(
    (f"SENHASEGURA_{name}" for name in ("CONSUMER_KEY", "CONSUMER_SECRET", "TOKEN_KEY", "TOKEN_SECRET")), ""
)


@pytest.fixture
def private_data(ansible: Commands, tmp_path: Path) -> Path:
    """A job as AWX lays it out: project, inventory, extra variables, and the credentials as environment."""
    folder = tmp_path / "private"
    shutil.copytree(ROOT / "examples/awx", folder / "project")
    (folder / "inventory").mkdir()
    (folder / "env").mkdir()
    shutil.copy(ROOT / "examples/demo/fleet.pam.yml", folder / "inventory")
    # A group that this small fleet does not have may not be named in the targets, not even to leave it out.
    window = yaml.safe_load((ROOT / "examples/demo/window.yml").read_text()) | {"window_targets": "all"}
    (folder / "env/extravars").write_text(yaml.safe_dump(window))
    injected = {name: value for name, value in ansible.environment.items() if name.startswith(INJECTED)}
    (folder / "env/envvars").write_text(json.dumps(injected | EMPTY))
    for name in (*injected, "ANSIBLE_CALLBACKS_ENABLED", "ANSIBLE_CALLBACK_PLUGINS"):
        del ansible.environment[name]
    return folder


def results(artifacts: Path) -> dict[str, list[dict[str, t.Any]]]:
    """Return the stages of each device as the runner's job events hold them."""
    found: dict[str, list[dict[str, t.Any]]] = {}
    for path in (artifacts / IDENT / "job_events").glob("*.json"):
        data = json.loads(path.read_text()).get("event_data", {})
        if data.get("task_action") == "netfleet.maintenance.window_run" and "res" in data:
            for device in data["res"]["devices"]:
                found.setdefault(device["name"], []).extend(device["stages"])
    return found


def check(simulator: Simulator, ansible: Commands, artifacts: Path) -> None:
    """Every device of the window was locked, synced, rebooted and unlocked once, and the events tell the same."""
    devices = [device["name"] for device in simulator.devices()]
    assert len(devices) > 1
    assert problems(simulator.ledger(), devices, simulator.state()["oracle_sdm"]["locks"]) == []
    told = results(artifacts)
    assert sorted(told) == sorted(devices)
    for name, stages in told.items():
        operations = [(stage["stage"], stage["outcome"]) for stage in stages if stage["stage"] in ("sync", "reboot")]
        assert operations == [("sync", "done"), ("reboot", "done")], (name, stages)
    events = "".join(path.read_text() for path in (artifacts / IDENT / "job_events").glob("*.json"))
    secrets = ("sim-zequenze-token", "sim-lockbot-password", "sim-client-secret")
    assert [secret for secret in secrets if secret in events] == []


def test_the_demo_window_through_a_runner(private_data: Path, ansible: Commands, simulator: Simulator) -> None:
    simulator.reset(devices=DEVICES)
    playbook = ("--playbook", "maintenance_window.yml", "--ident", IDENT)
    done = ansible.run("ansible-runner", "run", str(private_data), *playbook)
    assert done.rc == 0, done.said()
    check(simulator, ansible, private_data / "artifacts")

    report = ("--playbook", "report.yml", "--cmdline", f"-e report_dest={ansible.home / 'reports'}")
    good = ansible.run("ansible-runner", "run", str(private_data), *report)
    assert good.rc == 0, good.said()
    assert list((ansible.home / "reports").glob("*.html"))
    # A lock that the window did not give back is left to be done.
    environment = json.loads((private_data / "env/envvars").read_text())
    lock = {"netfleet.maintenance.device_lock": {"holder": "CHG0012345", "lease": 0.01}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [lock]}]
    assert ansible.playbook(play, hosts=["lax-sbc-01"], environment=environment).rc == 0
    bad = ansible.run("ansible-runner", "run", str(private_data), *report)
    assert bad.rc == 2, bad.said()
    assert "Fail if work remains" in bad.said()


def test_the_demo_window_sent_to_a_worker(private_data: Path, ansible: Commands, simulator: Simulator) -> None:
    """The way of AWX and its receptor mesh: three processes that share nothing but the stream between them."""
    simulator.reset(devices=DEVICES)
    worker = ansible.home / "worker"
    read_back = ansible.home / "processed"
    commands: list[list[str]] = [
        ["transmit", str(private_data), "--playbook", "maintenance_window.yml", "--ident", IDENT],
        ["worker", "--private-data-dir", str(worker), "--delete"],
        ["process", str(read_back), "--ident", IDENT],
    ]
    stream = b""
    for command in commands:
        done = subprocess.run(
            ["ansible-runner", *command],
            cwd=ansible.home,
            env=ansible.environment,
            input=stream,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, (command[0], done.stdout[-3000:], done.stderr[-3000:])
        stream = done.stdout
    check(simulator, ansible, read_back / "artifacts")
    assert not worker.exists()
