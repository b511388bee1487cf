# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the benchmarks run: simulators in a process of their own, a folder, and commands pointed at them."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import yaml

from tests.benchmarks.measure import Cost, measure
from tests.simulators import Simulator
from tests.tools.demo import CREDENTIALS
from tests.tools.isolated import isolated_environment

FORKS = 20

_IDS = ("sdm_id", "zequenze_id", "pam_id", "site")

Play = dict[str, t.Any]


class Stage:
    """Runs Ansible's commands against one simulator, with a journal that is new for every run."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        """Take an empty folder and the simulator."""
        self.folder = folder
        self.simulator = simulator
        self.journal = folder / "journal.sqlite3"
        self.environment = (
            isolated_environment(os.environ)
            | CREDENTIALS
            | {
                "ANSIBLE_FORKS": str(FORKS),
                "ANSIBLE_HOME": str(folder / ".ansible"),
                "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_PIPELINING": "true",
                "ANSIBLE_PYTHON_INTERPRETER": "{{ ansible_playbook_python }}",
                "NETFLEET_JOURNAL": str(self.journal),
                "ZEQUENZE_URL": simulator.zequenze_url,
                "ORACLE_SDM_URL": simulator.sdm_url,
                "SENHASEGURA_URL": simulator.pam_url,
            }
        )

    def new(self, devices: int) -> list[dict[str, t.Any]]:
        """Start anew, simulators and journal; gives the devices."""
        self.simulator.reset(devices=devices)
        for path in self.folder.glob("journal.sqlite3*"):
            path.unlink()
        return self.simulator.devices()

    def run(self, *command: str, memory: bool = False) -> Cost:
        """Run a command and give what it cost."""
        return measure(command, self.environment, self.folder, memory=memory)

    def play(
        self,
        plays: str | list[Play],
        hosts: str,
        variables: t.Mapping[str, t.Any] | None = None,
        *,
        memory: bool = False,
    ) -> Cost:
        """Run a playbook (a name of the collection, or plays as data) on an inventory and give what it cost."""
        if not isinstance(plays, str):
            path = self.folder / "play.yml"
            path.write_text(yaml.safe_dump(plays, sort_keys=False))
            plays = str(path)
        more: list[str] = []
        if variables is not None:
            (self.folder / "variables.json").write_text(json.dumps(variables))
            more = ["--extra-vars", "@variables.json"]
        return self.run("ansible-playbook", "-i", hosts, plays, *more, memory=memory)

    def static(
        self,
        names: t.Sequence[str],
        devices: t.Iterable[t.Mapping[str, t.Any]] = (),
        file: str = "static.ini",
    ) -> str:
        """Write an inventory of hosts, all local, with the ids of those among the devices, and give its path."""
        variables = {device["name"]: " ".join(f"{key}={device[key]}" for key in _IDS) for device in devices}
        path = self.folder / file
        path.write_text("".join(f"{name} ansible_connection=local {variables.get(name, '')}\n" for name in names))
        return str(path)


def on_all(*tasks: Play) -> list[Play]:
    """Return a playbook that runs tasks on every host."""
    return [{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]


def on_controller(*tasks: Play) -> list[Play]:
    """Return a playbook that runs tasks once, on the controller."""
    return [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": list(tasks)}]
