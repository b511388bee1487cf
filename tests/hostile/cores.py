# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ansible-cores a test can run on: this one, and those that `make matrix` has set up beside it."""

from __future__ import annotations

import subprocess
import sys
import typing as t
from pathlib import Path

from tests.tools.isolated import BUILD

OTHERS = ("2.16", "2.21")
"""The oldest core there is support for, and the newest."""


class Core(t.NamedTuple):
    """An ansible-core: its version and the folder of its commands."""

    version: str
    commands: Path


def present() -> list[Core]:
    """Give the cores of this machine, the one of this virtual environment first."""
    found = [Path(sys.executable).parent]
    for version in OTHERS:
        folder = f"tests-core-{version.replace('.', '-')}-*/bin/ansible-playbook"
        found += [path.parent for path in sorted((BUILD / "nox").glob(folder))][:1]
    return [Core(_version(commands), commands) for commands in found]


def absent(cores: list[Core]) -> list[str]:
    """Give the versions that should be there too and are not."""
    return [version for version in OTHERS if not any(core.version.startswith(version + ".") for core in cores)]


def _version(commands: Path) -> str:
    question = "from importlib.metadata import version; print(version('ansible-core'))"
    asked = subprocess.run([commands / "python", "-c", question], capture_output=True, text=True, check=True)
    return asked.stdout.strip()
