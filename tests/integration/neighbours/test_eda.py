# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/eda/rulebooks with the real ansible-rulebook: alerts go in by its webhook, the ledger is the judge."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import requests
import yaml

from tests.eda.environment import rulebook_commands, why_not
from tests.integration.run import Commands
from tests.integration.windows import locks, steps
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

RULEBOOK = ROOT / "extensions/eda/rulebooks/alertmanager.yml"
TOKEN = "webhook-token"
LIMIT = 180.0
DEVICE, LAST = "lax-sbc-01", "lax-sbc-02"
# Seconds after which others may take the holder of a lock for dead.
LEASE = 3
DONE = ["lock", "reboot", "unlock"]

Alert = dict[str, t.Any]


def alert(device: str, **changes: t.Any) -> Alert:
    """An alert as Alertmanager sends it, version 4 of its webhook."""
    labels = {"alertname": "SbcUnresponsive", "device": device, "remediation": "reboot", "severity": "critical"}
    return {
        "status": "firing",
        "labels": {**labels, **changes.pop("labels", {})},
        "annotations": {"summary": "no answer to SIP OPTIONS for 10 minutes"},
        "startsAt": "2026-11-21T02:00:11.042Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.com/graph",
        "fingerprint": "5b7d1f0c9a3e4d21",
        **changes,
    }


class Activation:
    """A running rulebook that can be told of alerts."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process = process
        self._port = port
        self._log = log

    def said(self) -> str:
        """Return what it printed."""
        return self._log.read_text()

    def post(self, *alerts: Alert, token: str | None = TOKEN) -> int:
        """Send one message with alerts, and give the status."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        message = {"version": "4", "status": "firing", "receiver": "netfleet", "alerts": list(alerts)}
        answer = requests.post(f"http://127.0.0.1:{self._port}/alerts", json=message, headers=headers, timeout=30)
        return answer.status_code

    def until(self, true: t.Callable[[], bool]) -> None:
        """Wait for something; fails with what the rulebook said when it ends, or when it takes too long."""
        deadline = time.monotonic() + LIMIT
        while not true():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def listens(self) -> bool:
        """Tell whether its webhook takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def activation(ansible: Commands) -> t.Iterator[Activation]:
    """The rulebook as its head says it is started, on a free port and with short waits."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    commands, home, port = rulebook_commands(), ansible.home, free_port()
    shutil.copy(ROOT / "examples/demo/fleet.pam.yml", home)
    waits = {"netfleet_window_hold": 0.2, "netfleet_window_wait_interval": 0.1}
    (home / "vars.yml").write_text(yaml.safe_dump({"netfleet_webhook_port": port, **waits}))
    log = home / "rulebook.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(
                    "ansible-rulebook",
                    "--rulebook",
                    "netfleet.maintenance.alertmanager",
                    "--inventory",
                    "fleet.pam.yml",
                ),
                *("--vars", "vars.yml", "--env-vars", "NETFLEET_WEBHOOK_TOKEN"),
            ],
            executable=commands / "ansible-rulebook",
            cwd=home,
            env={
                **{name: value for name, value in ansible.environment.items() if "CALLBACK" not in name},
                "NETFLEET_WEBHOOK_TOKEN": TOKEN,
                "PATH": os.pathsep.join([str(commands), ansible.environment["PATH"]]),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        running = Activation(process, port, log)
        running.until(running.listens)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_an_alert_reboots_one_device_once(activation: Activation, ansible: Commands, simulator: Simulator) -> None:
    """Alerts are worked off in their order, so what comes before the last one is settled when that one is done."""
    assert activation.post(alert(DEVICE), token="wrong") == 401
    assert activation.post(alert(DEVICE), token=None) == 401
    trap = ansible.home / "trap"
    template = "{{ lookup('ansible.builtin.pipe', 'touch " + str(trap) + "') }}"
    not_for_us = [
        alert("nobody-knows-me"),
        alert("all"),
        alert("lax-sbc-*"),
        alert(f"{DEVICE}:{LAST}"),
        alert(f"{DEVICE}\n"),
        alert(template),
        alert(DEVICE, fingerprint=template),
        alert(DEVICE, startsAt=f"2026-11-21T02:00:11Z{template}"),
        alert(DEVICE, status="resolved"),
        alert(DEVICE, labels={"remediation": "none"}),
        alert(DEVICE, meta={"hosts": "all"}),
        {"status": "firing"},
    ]
    assert activation.post(*not_for_us) == 200
    assert activation.post(alert(DEVICE), alert(DEVICE)) == 200
    assert activation.post(alert(DEVICE)) == 200
    assert activation.post(alert(LAST, fingerprint="0" * 16)) == 200
    activation.until(lambda: steps(simulator).get(LAST) == DONE)

    assert steps(simulator) == {DEVICE: DONE, LAST: DONE}
    assert locks(simulator) == {}
    assert not trap.exists()
    said = activation.said()
    assert "incident_device names 'nobody-knows-me', which is not in the inventory" in said
    assert "incident_device selects 30 devices and must be one" in said
    # The throttle kept the copies of the alert from even starting a playbook.
    assert "nothing is sent again" not in said

    # The throttle forgets when the rulebook is started anew, and another controller may be sent the same alert.
    (action,) = [
        rule["action"] for rule in yaml.safe_load(RULEBOOK.read_text())[0]["rules"] if "incident_id" in str(rule)
    ]
    window_id = action["run_playbook"]["extra_vars"]["incident_id"]
    for field in ("fingerprint", "startsAt"):
        window_id = window_id.replace("{{ event." + field + " }}", alert(DEVICE)[field])
    extra = {"window_id": window_id, "window_targets": DEVICE, "window_operations": ["reboot"], "window_hold": 0.2}
    again = ansible.playbook("netfleet.maintenance.maintenance_window", hosts=[DEVICE], extra=extra)
    assert again.rc == 0, again.said()
    assert "has done reboot, hold on this device already" in again.stdout
    assert steps(simulator) == {DEVICE: DONE, LAST: DONE}


def test_an_alert_gives_back_what_a_crash_left_locked(
    activation: Activation, ansible: Commands, simulator: Simulator
) -> None:
    """Prometheus sees that the lease of a lock is over; the alert names no device, and recover asks the journal."""
    assert ansible.task("device_lock", {"holder": "CHG1", "lease": LEASE}, hosts=[DEVICE]).rc == 0
    assert len(locks(simulator)) == 1
    time.sleep(LEASE)
    left = {"alertname": "MaintenanceLockLeft", "remediation": "recover"}
    resolved = {**alert(DEVICE, status="resolved"), "labels": left}
    asked = {**alert(DEVICE), "labels": left}
    assert activation.post(resolved) == 200
    assert activation.post({**asked, "meta": {"hosts": "nobody"}}) == 200
    assert activation.post(asked, asked) == 200
    activation.until(lambda: locks(simulator) == {})
    # One after the other: when this alert's device is done, everything before it was worked off.
    assert activation.post(alert(LAST)) == 200
    activation.until(lambda: steps(simulator).get(LAST) == DONE)

    assert steps(simulator) == {DEVICE: ["lock", "unlock"], LAST: DONE}
    # The throttle kept the copy of the alert from starting the playbook once more.
    assert activation.said().count("PLAY [Clean up after a crash, and unlock the devices]") == 1


def test_the_guide_names_the_variables_and_labels_of_the_rulebook() -> None:
    guide = (ROOT / "docs/docsite/rst/guide_eda.rst").read_text()
    rulebook = RULEBOOK.read_text()
    read = dict(re.findall(r"\{\{ (netfleet_\w+) \| default\('?([\w.]+)'?\) \}\}", rulebook))
    table = dict(re.findall(r"^``(netfleet_\w+)`` +`*([\w.]+)", guide, re.MULTILINE))
    assert len(read) == 7
    assert table == read
    asked = set(re.findall(r'event\.labels\.remediation == "(\w+)"', rulebook))
    assert set(re.findall(r"^ +remediation: (\w+)$", guide, re.MULTILINE)) == asked
