# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines with one journal on PostgreSQL: one is busy in a hook for longer than the silence that means death."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from tests.integration.run import LIMIT, Commands, Finished
from tests.integration.windows import LAX, WINDOW, locks, operations
from tests.simulators import Simulator

SILENCE = 24.0
"""Signs of life come six times as often."""

# Another machine to every process outside: a host name and process numbers of its own.
NODE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts", sys.executable, "-c"]
NAMED = "import os, socket, sys; socket.sethostname('node-a'); os.execvp(sys.argv[1], sys.argv[1:])"


@pytest.fixture
def nodes(tmp_path: Path, simulator: Simulator, postgres_place: str) -> list[Commands]:
    """Two of them, each with a home of its own."""
    made = []
    for name in ("node-a", "node-b"):
        (tmp_path / name).mkdir()
        made.append(Commands(tmp_path / name, simulator))
        made[-1].environment |= {"NETFLEET_JOURNAL": postgres_place, "NETFLEET_JOURNAL_SILENCE": str(SILENCE)}
    return made


def busy(node: Commands) -> list[str]:
    """Return the command of a window whose hook ends when a file is there, which never happens."""
    hook = {"ansible.builtin.wait_for": {"path": str(node.home / "never"), "timeout": LIMIT * 10}}
    (node.home / "backup.yml").write_text(json.dumps([{**hook, "delegate_to": "localhost", "connection": "local"}]))
    extra = {**WINDOW, "window_before_device": "backup.yml"}
    window = "netfleet.maintenance.maintenance_window"
    hosts = node.static_inventory({LAX[0]: {}})
    return [*NODE, NAMED, "ansible-playbook", "-i", hosts, window, "--extra-vars", json.dumps(extra)]


def recover(node: Commands) -> Finished:
    return node.playbook("netfleet.maintenance.recover", hosts=["localhost"], extra={"recover_window_id": "CHG1"})


def until(happened: t.Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait until something has happened. Raise TimeoutError when it does not, or the process ends."""
    deadline = time.monotonic() + LIMIT
    while not happened():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError("it never happened")
        time.sleep(0.1)


@pytest.mark.row(210)
def test_a_hook_may_last_longer_than_the_silence_and_only_its_machine_may_not_die(
    nodes: list[Commands], simulator: Simulator
) -> None:
    if subprocess.run([*NODE, "pass"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make a namespace")
    first, second = nodes
    with (first.home / "output").open("wb") as output:
        command, environment = busy(first), {**first.environment, "NETFLEET_TEST_RECORD": str(first.home / "record")}
        process = subprocess.Popen(
            command, cwd=first.home, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        until(lambda: locks(simulator), process)
        began = time.monotonic()
        while time.monotonic() < began + 2 * SILENCE:
            kept = recover(second)
            assert list(locks(simulator)) != [], kept.said()
            assert "Unlocked: none." in kept.stdout, kept.said()
        assert process.poll() is None
    finally:
        # The whole machine, with all processes of the run and what gave the signs of life.
        process.kill()
        process.wait()
    killed = time.monotonic()
    done = recover(second)
    while locks(simulator) and time.monotonic() < killed + LIMIT:
        done = recover(second)
    assert locks(simulator) == {}, done.said()
    assert f"Unlocked: 1 device ({LAX[0]})." in done.stdout, done.said()
    assert operations(simulator) == []
