# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the real commands the way a user does: a separate process, an empty HOME, settings from the environment."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import subprocess
import time
import typing as t
from pathlib import Path

import yaml

from tests.simulators import Simulator
from tests.tools.isolated import isolated_environment

HERE = Path(__file__).parent
LIMIT = 180


@dataclasses.dataclass(frozen=True)
class Finished:
    """How a command ended, and for a playbook every recorded task result."""

    rc: int
    stdout: str
    stderr: str
    results: list[dict[str, t.Any]]

    def of(self, action: str, host: str | None = None) -> list[dict[str, t.Any]]:
        """Return the results of an action's tasks (short module name), of one host if named."""
        return [
            line["result"]
            for line in self.results
            if line["action"].split(".")[-1] == action and line["status"] != "skipped" and host in (None, line["host"])
        ]

    def devices(self, action: str) -> dict[str, dict[str, t.Any]]:
        """Return the per-device results of an action by device name; the last task wins."""
        return {device["name"]: device for result in self.of(action) for device in result.get("devices", [])}

    def said(self) -> str:
        """Return everything a user would have seen."""
        return self.stdout + self.stderr


class Commands:
    """Runs ansible-playbook and its siblings against a simulator, in one isolated home."""

    def __init__(self, home: Path, simulator: Simulator) -> None:
        """Take the folder that is HOME and the simulator the environment points to."""
        self.home = home
        self._simulator = simulator
        self._shifted = False
        self._jumps = home / "jumps"
        self._jumped = 0.0
        self.journal = home / "journal.sqlite3"
        self.environment = isolated_environment(os.environ) | {
            "HOME": str(home),
            "ANSIBLE_HOME": str(home / ".ansible"),
            "ANSIBLE_ASYNC_DIR": str(home / ".ansible_async"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "recorder,shifted_clock",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PYTHON_INTERPRETER": "{{ ansible_playbook_python }}",
            "NETFLEET_JOURNAL": str(self.journal),
            "ZEQUENZE_URL": simulator.zequenze_url,
            "ZEQUENZE_TOKEN": "sim-zequenze-token",
            "ORACLE_SDM_URL": simulator.sdm_url,
            "ORACLE_SDM_USERNAME": "lockbot",
            "ORACLE_SDM_PASSWORD": "sim-lockbot-password",
            "SENHASEGURA_URL": simulator.pam_url,
            "SENHASEGURA_CLIENT_ID": "sim-client",
            "SENHASEGURA_CLIENT_SECRET": "sim-client-secret",
        }

    def at(self, instant: str) -> None:
        """Make it this instant (ISO 8601 with offset) for the simulators and for every playbook from now on.

        The time goes on from there. Raises ValueError for an instant that is over: the clock only moves forward.
        """
        ahead = dt.datetime.fromisoformat(instant).timestamp() - self.now()
        if ahead < 0:
            raise ValueError(f"{instant} is over already for the simulators.")
        self._simulator.advance(ahead)
        self._shifted = True

    def jump(self, seconds: float) -> None:
        """Have the clock of a run that is going on, and that of the simulators, jump ahead."""
        self._simulator.advance(seconds)
        self._jumped += seconds
        written = self._jumps.with_suffix(".new")
        written.write_text(str(self._jumped))
        written.replace(self._jumps)

    def _clock(self) -> dict[str, str]:
        """Return what tells a run the time; the simulators' has the earlier jumps in it."""
        self._jumped = 0.0
        self._jumps.unlink(missing_ok=True)
        return {"NETFLEET_TEST_NOW": f"{self.now()}@{time.time()}", "NETFLEET_TEST_JUMPS": str(self._jumps)}

    def now(self) -> float:
        """Return the time that it is for the simulators (epoch seconds)."""
        return float(self._simulator.call("GET", "clock")["now"])

    def run(self, *command: str, environment: t.Mapping[str, str] | None = None) -> Finished:
        """Run a command of the virtual environment to its end. Raises AssertionError for a deprecation warning."""
        record = self.home / "record.jsonl"
        record.unlink(missing_ok=True)
        clock = self._clock() if self._shifted else {}
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self.environment | {"NETFLEET_TEST_RECORD": str(record)} | clock | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        lines = record.read_text().splitlines() if record.exists() else []
        finished = Finished(done.returncode, done.stdout, done.stderr, [json.loads(line) for line in lines])
        # Whatever a newer Ansible is about to drop is not used, on any core.
        assert "[DEPRECATION WARNING]" not in finished.said(), finished.said()
        return finished

    def playbook(
        self,
        play: str | list[dict[str, t.Any]],
        *arguments: str,
        hosts: t.Sequence[str] | str = (),
        extra: t.Mapping[str, t.Any] | None = None,
        environment: t.Mapping[str, str] | None = None,
    ) -> Finished:
        """Run a playbook: a name of the collection, or plays as data.

        ``hosts`` is a list of names for a static inventory, or the path of an inventory file; ``extra`` are extra vars.
        """
        if not isinstance(play, str):
            path = self.home / "play.yml"
            path.write_text(yaml.safe_dump(play, sort_keys=False))
            play = str(path)
        inventory = hosts if isinstance(hosts, str) else self.static_inventory({host: {} for host in hosts})
        more = ["--extra-vars", json.dumps(extra)] if extra else []
        return self.run("ansible-playbook", "-i", inventory, play, *more, *arguments, environment=environment)

    def task(self, module: str, options: t.Mapping[str, t.Any], *arguments: str, hosts: t.Sequence[str]) -> Finished:
        """Run one task of a module of the collection on a few hosts."""
        task = {f"netfleet.maintenance.{module}": dict(options)}
        play = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
        return self.playbook(play, *arguments, hosts=hosts)

    def static_inventory(self, hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
        """Write an inventory of hosts with variables and give its path."""
        path = self.home / "static.yml"
        path.write_text(yaml.safe_dump({"all": {"hosts": {name: dict(values) for name, values in hosts.items()}}}))
        return str(path)
