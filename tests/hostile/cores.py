# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ansible-cores a test can run on: this one, and the ends of the matrix that `make cores` has set up beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

from tests.tools.cores import CORES
from tests.tools.interpreters import find_interpreters
from tests.tools.isolated import BUILD

ENDS = (next(iter(CORES)), next(reversed(CORES)))
"""The oldest core there is support for, and the newest."""


class Core(t.NamedTuple):
    """An ansible-core: its version and the folder of its commands."""

    version: str
    commands: Path


def present() -> list[Core]:
    """Return the cores of this machine, the one of this virtual environment first."""
    found = [Path(sys.executable).parent]
    for version in ENDS:
        folder = f"tests-core-{version.replace('.', '-')}-*/bin/ansible-playbook"
        found += [path.parent for path in sorted((BUILD / "nox").glob(folder))][:1]
    return [Core(_version(commands), commands) for commands in found]


def absent(cores: list[Core]) -> list[str]:
    """Return the ends of the matrix that are not there."""
    return [version for version in ENDS if not any(core.version.startswith(version + ".") for core in cores)]


def possible(versions: list[str]) -> list[str]:
    """Return the versions that this machine has a Python for, so that nothing but their set-up is missing."""
    path = os.environ.get("PATH", os.defpath)
    return [version for version in versions if find_interpreters(CORES[version], path)]


def _version(commands: Path) -> str:
    question = "from importlib.metadata import version; print(version('ansible-core'))"
    asked = subprocess.run([commands / "python", "-c", question], capture_output=True, text=True, check=True)
    return asked.stdout.strip()
