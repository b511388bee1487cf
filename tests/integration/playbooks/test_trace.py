# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trace of real runs has no credential in it, and served again it makes the same runs end in the same way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

REBOOT = {"netfleet.maintenance.device_operation": {"operation": "reboot", "wait_interval": 0.1, "wait_timeout": 15}}
BASES = {"ZEQUENZE_URL": "/zequenze/api/v1", "ORACLE_SDM_URL": "/sdm", "SENHASEGURA_URL": "/pam"}


def worked(ansible: Commands, environment: dict[str, str]) -> Finished:
    """Check the systems, reboot a device and lock it, in one run."""
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"netfleet.maintenance.systems_info": {"sample": 2}, "run_once": True},
                REBOOT,
                {"netfleet.maintenance.device_lock": {}},
                {"netfleet.maintenance.device_lock": {"state": "unlocked"}},
            ],
        }
    ]
    return ansible.playbook(play, hosts=["lax-sbc-01"], environment=environment)


def verdicts(done: Finished) -> dict[tuple[str, str], str]:
    (result,) = done.of("systems_info")
    # The journal of the second run exists, and the replay has a clock of its own.
    return {
        (line["system"], line["check"]): line["verdict"]
        for line in result["checks"]
        if line["system"] != "journal" and not line["check"].startswith("repeated")
    }


def served(har: Path) -> tuple[t.Any, dict[str, str]]:
    """Serve a trace. Gives the process and the environment that points at it."""
    command = [sys.executable, "-m", "tests.simulators", "--listen", "127.0.0.1:0", "--replay", str(har)]
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True)
    url = t.cast("t.IO[str]", child.stdout).readline().split()[-1]
    return child, {variable: url + base for variable, base in BASES.items()}


def test_a_trace_has_no_credential_and_its_replay_ends_as_the_run_did(ansible: Commands, simulator: Simulator) -> None:
    folder = ansible.home / "trace"
    recorded = worked(ansible, {"NETFLEET_TRACE": str(folder)})
    assert recorded.rc == 0, recorded.said()
    (har,) = folder.glob("*.har")
    text = har.read_text()
    systems = {entry["_system"] for entry in json.loads(text)["log"]["entries"]}
    assert systems == {"Zequenze Control", "Oracle SDM", "senhasegura PAM Core"}
    assert len(json.loads(text)["log"]["entries"]) == len(simulator.requests())
    for secret in ("sim-zequenze-token", "sim-lockbot-password", "sim-client-secret", "sim-cwmp"):
        assert secret not in text
    ansible.journal.unlink()
    child, addresses = served(har)
    try:
        before = len(simulator.requests())
        replayed = worked(ansible, addresses)
        assert replayed.rc == 0, replayed.said()
    finally:
        child.send_signal(signal.SIGTERM)
        child.stdout.close()
        assert child.wait(30) == 0
    assert len(simulator.requests()) == before
    assert verdicts(replayed) == verdicts(recorded)
    outcomes = [done.devices("device_operation")["lax-sbc-01"]["outcome"] for done in (recorded, replayed)]
    assert outcomes == ["done", "done"]


def test_with_pseudonyms_no_name_of_the_fleet_leaves_the_house(ansible: Commands, simulator: Simulator) -> None:
    option = {"trace": str(ansible.home / "t"), "trace_names": "pseudonyms"}
    systems = dict.fromkeys(("zequenze", "oracle_sdm", "senhasegura"), option)
    tasks = [
        {"netfleet.maintenance.device_info": {"all": True, **option}},
        {"netfleet.maintenance.systems_info": systems},
    ]
    done = ansible.playbook([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    assert done.rc == 0, done.said()
    (har,) = (ansible.home / "t").glob("*.har")
    text = har.read_text()
    known = [(device["name"], device["serial"], device["ip"]) for device in simulator.devices()]
    assert [name for names in known for name in names if name in text] == []
    assert simulator.url not in text
