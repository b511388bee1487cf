# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration: a real maintenance window against simulators, with nothing prepared but this repository.

`make demo` runs it. It ends with 0 only if the simulators' ledger shows what the README promises.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from tests.simulators import Simulator
from tests.tools.isolated import BUILD, ROOT, isolated_environment

DEMO = ROOT / "examples" / "demo"
STEPS = ("lock", "sync", "reboot", "unlock")
# Two devices that go wrong on purpose: the settings of one are refused, the other does not come back.
FAILS, STAYS_AWAY = "fra-cpe-01", "lon-gw-01"
REPORTS = BUILD / "demo"
CREDENTIALS = {
    "ZEQUENZE_TOKEN": "sim-zequenze-token",
    "ORACLE_SDM_USERNAME": "lockbot",
    "ORACLE_SDM_PASSWORD": "sim-lockbot-password",
    "SENHASEGURA_CLIENT_ID": "sim-client",
    "SENHASEGURA_CLIENT_SECRET": "sim-client-secret",
}

Ledger = list[dict[str, t.Any]]


def run(environment: dict[str, str], *command: str, ends_with: int = 0) -> None:
    """Show a command and run it; raises SystemExit when it ends with another status than it should."""
    print(f"\n$ {' '.join(command)}", flush=True)
    status = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    if status != ends_with:
        raise SystemExit(f"The demonstration failed: {command[0]} ended with {status}.")


def by_device(ledger: Ledger) -> dict[str, list[tuple[str, float]]]:
    """Return what was done to each device, in order: the step and its instant (epoch seconds). Pure."""
    done: dict[str, list[tuple[str, float]]] = {}
    for row in ledger:
        step = row["operation"] if row["effect"] == "operation" else row["effect"]
        if step in STEPS:
            done.setdefault(row["device"], []).append((step, row["at"]))
    return done


def problems(ledger: Ledger, devices: list[str], locks_left: t.Collection[str]) -> list[str]:
    """Say what is not as promised: each device once through every step in order, one session, no lock left. Pure."""
    done = by_device(ledger)
    found = [
        f"{device}: {[step for step, _at in done.get(device, [])]} instead of {wanted(device)}"
        for device in devices
        if [step for step, _at in done.get(device, [])] != wanted(device)
    ]
    found += [f"{device} was touched and is not in the window" for device in sorted(set(done) - set(devices))]
    sessions = [row["effect"] for row in ledger if row["effect"] in ("login", "logout")]
    if sessions != ["login", "logout"]:
        found.append(f"SDM sessions were {sessions} instead of one sign-in and one sign-out")
    found += [f"{device} is still locked" for device in locks_left]
    return found


def wanted(device: str) -> list[str]:
    """Return what should happen to a device: a failed sync is followed by no reboot, and every lock is given back."""
    return [step for step in STEPS if device != FAILS or step != "reboot"]


def told(devices: list[str]) -> list[str]:
    """Say what the report tells wrongly about the devices, or not at all."""
    report = json.loads((REPORTS / "CHG0012345.json").read_text())
    outcomes = {device["name"]: device["outcome"] for device in report["devices"]}
    expected = {device: {FAILS: "failed", STAYS_AWAY: "unknown"}.get(device, "done") for device in devices}
    return [
        f"the report says {outcomes.get(device)} of {device}, which is {outcome}"
        for device, outcome in expected.items()
        if outcomes.get(device) != outcome
    ]


def summary(ledger: Ledger) -> str:
    """Draw what happened to each device as a table, instants in seconds since the first lock. Pure."""
    done = by_device(ledger)
    booted = {row["device"]: row["at"] for row in ledger if row["effect"] == "up"}
    start = min((steps[0][1] for steps in done.values()), default=0.0)
    lines = [
        f"  {'device':<16}"
        + "".join(f"{title:>12}" for title in ("locked", "synced", "rebooted", "up again", "unlocked"))
    ]
    for device, steps in done.items():
        at = dict(steps)
        instants = [at.get("lock"), at.get("sync"), at.get("reboot"), booted.get(device), at.get("unlock")]
        cells = ("-" if instant is None else f"{instant - start:+.2f} s" for instant in instants)
        lines.append(f"  {device:<16}" + "".join(f"{cell:>12}" for cell in cells))
    return "\n".join(lines)


def main() -> int:
    """Run the demonstration and give its exit status."""
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="netfleet-demo-") as folder,
        Simulator(devices=30, process=True) as simulator,
    ):
        environment = (
            isolated_environment({**os.environ, "NETFLEET_TEST_COLLECTIONS": ".build/collections"}) | CREDENTIALS
        )
        environment |= {
            "ZEQUENZE_URL": simulator.zequenze_url,
            "ORACLE_SDM_URL": simulator.sdm_url,
            "SENHASEGURA_URL": simulator.pam_url,
            "NETFLEET_JOURNAL": str(Path(folder) / "journal.sqlite3"),
            "ANSIBLE_STDOUT_CALLBACK": "netfleet.maintenance.window_output",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }
        print(f"Three simulated systems with 30 devices answer on {simulator.url}")
        run(
            environment, "ansible-playbook", "netfleet.maintenance.register_devices", "-e", "@examples/demo/devices.yml"
        )
        run(environment, "ansible-inventory", "-i", "examples/demo/fleet.pam.yml", "--graph", "site_DUB")
        devices = [device["name"] for device in simulator.devices() if device["site"] != "DUB"]
        simulator.patch_device(FAILS, {"zequenze": {"log_result": "error"}})
        simulator.patch_device(STAYS_AWAY, {"zequenze": {"boot": 3600}})
        begun = len(simulator.ledger())
        window = ("ansible-playbook", "netfleet.maintenance.maintenance_window", "-i", "examples/demo/fleet.pam.yml")
        extra = ("-e", "@examples/demo/window.yml", "-e", f"report_dest={REPORTS}")
        # Two devices go wrong, and a window in which a device went wrong ends with 2.
        run(environment, *window, *extra, ends_with=2)
        ledger = simulator.ledger()[begun:]
        wrong = problems(ledger, devices, simulator.state()["oracle_sdm"]["locks"]) + told(devices)
        print(f"\nWhat the simulators saw happen to the {len(devices)} devices, in seconds:\n")
        print(summary(ledger))
    if wrong:
        print("\nNot as promised:\n  " + "\n  ".join(wrong))
        return 1
    print("\n  one SDM sign-in and sign-out, no device rebooted twice, no lock left")
    print(f"  {FAILS} was made to fail and {STAYS_AWAY} not to come back; what happened to each device is told in")
    print(f"  {(REPORTS / 'CHG0012345.html').as_uri()}")
    print(f"  {time.monotonic() - started:.0f} s in all; the simulators are stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
