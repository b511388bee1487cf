# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: simulators of the three systems that stay up, to practise on. `make lab` runs it, Ctrl-C ends it."""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
import time

from tests.simulators import Simulator
from tests.tools.demo import CREDENTIALS
from tests.tools.isolated import BUILD, ROOT

LAB = BUILD / "lab"
DEVICES = 30
INVENTORY = "plugin: netfleet.maintenance.pam_devices\n"
WINDOW = """\
window_id: LAB1
window_targets: site_LAX
window_operations: [sync, reboot]
window_batches: [1, "100%"]
window_max_targets: 20
window_max_failures: 1
window_hold: 1
window_wait_interval: 0.2
"""
CONFIG = """\
[defaults]
stdout_callback = netfleet.maintenance.window_output
callbacks_enabled = netfleet.maintenance.window_progress
[inventory]
any_unparsed_is_failed = true
"""
COMMANDS = (
    "ansible-playbook netfleet.maintenance.plan_window -i fleet.pam.yml -e @window.yml",
    "ansible-playbook netfleet.maintenance.maintenance_window -i fleet.pam.yml -e @window.yml",
    "ansible-playbook netfleet.maintenance.status -i localhost, -e status_window_id=LAB1",
)


def exports(simulator: Simulator) -> dict[str, str]:
    """Return the environment that points the collection at the simulators, and nothing at the user's own files."""
    return {
        "ZEQUENZE_URL": simulator.zequenze_url,
        "ORACLE_SDM_URL": simulator.sdm_url,
        "SENHASEGURA_URL": simulator.pam_url,
        **CREDENTIALS,
        "NETFLEET_JOURNAL": str(LAB / "journal.sqlite3"),
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "collections"),
        "ANSIBLE_CONFIG": str(LAB / "ansible.cfg"),
    }


def instructions(simulator: Simulator) -> str:
    """Return what to type in another terminal. Pure."""
    lines = [f"cd {shlex.quote(str(LAB))}", f"source {shlex.quote(str(ROOT / '.venv/bin/activate'))}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exports(simulator).items()]
    return "\n".join(["", *lines, "", *COMMANDS, ""])


def main() -> int:
    """Keep the simulators up until a signal; return the exit status."""
    print(f"Starting simulators of the three systems with {DEVICES} devices ...", flush=True)
    LAB.mkdir(parents=True, exist_ok=True)
    for old in LAB.glob("journal.sqlite3*"):
        # The simulators are new, so what an earlier lab did is not theirs.
        old.unlink()
    for name, text in (("fleet.pam.yml", INVENTORY), ("window.yml", WINDOW), ("ansible.cfg", CONFIG)):
        (LAB / name).write_text(text, encoding="utf-8")
    # Ctrl-C and SIGTERM raise. What a handler sets, a waiting thread may just have locked: it would wait for ever.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), Simulator(devices=DEVICES, process=True) as simulator:
        print(f"They answer on {simulator.url}. In another terminal, type:", flush=True)
        print(instructions(simulator), flush=True)
        print("Ctrl-C here stops the simulators.", flush=True)
        while True:
            time.sleep(3600)
    print("The simulators are stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
