# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments beside .venv, for tools and versions that cannot share one. They are kept in .build/venvs."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.tools.isolated import BUILD, ROOT

VENVS = BUILD / "venvs"


def ready(name: str, interpreter: Path, requirements: str) -> Path:
    """Return the Python of the virtual environment `name`, made anew unless it holds just these `requirements`.

    `requirements` is the text of a requirements file. Raises CalledProcessError, with the output in it, when something
    cannot be installed.
    """
    folder = VENVS / name
    python = folder / "bin/python"
    stamp = folder / ".ready"
    fingerprint = hashlib.sha256(f"{interpreter} {requirements}".encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return python
    VENVS.mkdir(parents=True, exist_ok=True)
    quietly([str(interpreter), "-m", "venv", "--clear", str(folder)])
    listing = folder / "requirements.txt"
    listing.write_text(requirements)
    quietly([str(python), "-m", "pip", "install", "-qq", "-r", str(listing)])
    stamp.write_text(fingerprint)
    return python


def quietly(command: list[str], environment: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run a command without a word and return its output, which a failure's CalledProcessError holds too."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout
