# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback window_progress through ansible-playbook: it tells each stage, speaks while waiting, fails nothing."""

from __future__ import annotations

import errno
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.integration.run import LIMIT, Commands, Finished
from tests.integration.windows import Meanwhile
from tests.simulators import Simulator

LAX = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
WINDOW = {
    "window_id": "CHG1",
    "window_targets": "all",
    "window_batches": [1, "100%"],
    "window_hold": 1,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 15,
    "window_max_failures": 2,
}
ENABLED = {
    "ANSIBLE_CALLBACKS_ENABLED": "recorder,netfleet.maintenance.window_progress",
    "NETFLEET_PROGRESS_INTERVAL": "0.1",
    "NETFLEET_PROGRESS_HEARTBEAT": "0.7",
}


def run(ansible: Commands, **environment: str) -> Finished:
    return ansible.playbook(
        "netfleet.maintenance.maintenance_window", hosts=LAX, extra=WINDOW, environment={**ENABLED, **environment}
    )


def told(done: Finished) -> list[str]:
    return [line for line in done.stdout.splitlines() if line.startswith("netfleet ")]


def test_every_stage_is_told_and_waiting_is_not_silent(ansible: Commands, simulator: Simulator) -> None:
    done = run(ansible)
    assert done.rc == 0, done.said()
    lines = told(done)
    assert lines, done.said()
    for stage in ("holding", "done"):
        assert any(f"Z {stage}: " in line and LAX[0] in line for line in lines), done.stdout
    assert any("Z waiting: " in line for line in lines), done.stdout
    assert re.search(r"3 of 3 finished, 3 done; .* elapsed; 0 of 2 allowed failures", lines[-1])
    assert "shows no more" not in done.said()


def test_it_is_silent_unless_it_is_enabled(ansible: Commands, simulator: Simulator) -> None:
    assert told(run(ansible, ANSIBLE_CALLBACKS_ENABLED="recorder")) == []
    assert told(run(ansible, NETFLEET_PROGRESS="off")) == []


def test_devices_that_fail_are_told(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[1], {"zequenze": {"log_result": "error"}})
    simulator.patch_device(LAX[2], {"oracle_sdm": {"lock_as": "alice"}})
    done = run(ansible)
    assert done.rc == 2
    lines = told(done)
    assert re.search(r"3 of 3 finished, 1 done, 1 failed, 1 refused; .* elapsed; 2 of 2 allowed failures", lines[-1]), (
        done.stdout
    )


def watcher_of(ansible: Commands) -> int | None:
    """Return the process id of the watcher of this test's run, which has its home in its environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = ((folder / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if b"_progress.watcher" in command and f"HOME={ansible.home}\0".encode() in environment:
            return int(folder.name)
    return None


def test_a_watcher_that_is_killed_takes_nothing_with_it(ansible: Commands, simulator: Simulator) -> None:
    killed: list[int] = []

    def kill() -> None:
        watcher = watcher_of(ansible)
        assert watcher is not None
        os.kill(watcher, signal.SIGKILL)
        killed.append(watcher)

    meanwhile = Meanwhile()
    meanwhile.when(lambda: simulator.ledger(effect="lock") and watcher_of(ansible), kill)
    done = run(ansible)
    meanwhile.end()
    assert killed
    assert done.rc == 0, done.said()
    assert len(simulator.requests(method="PUT")) == 6
    said = " ".join(done.said().split())
    assert said.count("window_progress shows no more: BrokenPipeError") == 1, done.said()
    assert "Exception ignored" not in said
    assert "Traceback" not in said


def test_settings_that_are_wrong_stop_no_window(ansible: Commands, simulator: Simulator) -> None:
    done = run(ansible, NETFLEET_PROGRESS_INTERVAL="often")
    assert done.rc == 0, done.said()
    assert told(done) == []
    assert "NETFLEET_PROGRESS_INTERVAL" in done.said() or "interval" in done.said()
    assert len(simulator.requests(method="PUT")) == 6


def test_a_device_that_a_gate_keeps_back_does_not_wait_for_ever(ansible: Commands, simulator: Simulator) -> None:
    protected = {"maintenance_protected": True, "maintenance_protected_reason": "Carries the emergency calls"}
    inventory = ansible.static_inventory({LAX[0]: {}, LAX[1]: protected, LAX[2]: {}})
    done = ansible.playbook(
        "netfleet.maintenance.maintenance_window", hosts=inventory, extra=WINDOW, environment=ENABLED
    )
    lines = told(done)
    assert any(f"Z not started: {LAX[1]}" in line for line in lines), done.said()
    assert re.search(r"3 of 3 finished, 2 done, 1 not started; .* elapsed; 0 of 2 allowed failures", lines[-1]), (
        done.said()
    )


def test_on_a_terminal_the_view_stays_at_the_bottom_and_the_terminal_is_given_back(
    ansible: Commands, simulator: Simulator
) -> None:
    screen = on_a_terminal(ansible)
    assert "\x1b[1;" in screen, screen
    assert "batch 1" in screen
    assert "window CHG1" in screen
    # The last word about the region frees it.
    assert re.findall(r"\x1b\[(?:\d+;\d+)?r", screen)[-1] == "\x1b[r"
    assert "failed=0" in screen


def on_a_terminal(ansible: Commands) -> str:
    """Run the window in a terminal of 120 columns and 40 lines and give everything it wrote."""
    inventory = ansible.static_inventory({host: {} for host in LAX})
    extra = [word for name, value in WINDOW.items() for word in ("-e", f'{{"{name}": {_json(value)}}}')]
    command = ["ansible-playbook", "-i", inventory, "netfleet.maintenance.maintenance_window", *extra]
    master, slave = pty.openpty()
    os.set_blocking(master, True)
    size = subprocess.run(["stty", "rows", "40", "cols", "120"], stdin=slave, check=True)
    assert size.returncode == 0
    process = subprocess.Popen(
        command,
        cwd=ansible.home,
        env={**ansible.environment, **ENABLED, "NETFLEET_TEST_RECORD": str(ansible.home / "record"), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    seen = b""
    try:
        while True:
            try:
                received = os.read(master, 65536)
            except OSError as error:
                # Linux's way to say that nobody has the terminal open any more.
                if error.errno != errno.EIO:
                    raise
                break
            if not received:
                break
            seen += received
        assert process.wait(LIMIT) == 0, seen.decode(errors="replace")
    finally:
        process.kill()
        os.close(master)
    return seen.decode(errors="replace")


def _json(value: object) -> str:
    return str(value).replace("'", '"') if isinstance(value, (list, int, float)) else f'"{value}"'


def test_the_watcher_imports_no_ansible() -> None:
    """It must start quickly, and not read Ansible's settings a second time."""
    code = (
        "import sys, ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.watcher;"
        "sys.exit(any(name.split('.')[0] == 'ansible' for name in sys.modules))"
    )
    folder = next(path for path in sys.path if os.path.isdir(os.path.join(path, "ansible_collections", "netfleet")))
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": folder}, check=False)
    assert done.returncode == 0
