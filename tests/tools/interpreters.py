# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python interpreters of this machine really run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

_QUESTION = "import sys, venv; print(sys.executable)"


def find_interpreters(versions: Iterable[str], path: str) -> dict[str, Path]:
    """Return the interpreter that runs for each of `versions` ("3.12"), leaving out those that are not there.

    `path` is a PATH to search. A version manager's shim may exist for a version that is not selected and then only
    prints an error, so each candidate is asked, and the versions that pyenv has installed are candidates too.
    """
    found = {}
    for version in versions:
        answers = (_real(candidate) for candidate in _candidates(f"python{version}", path))
        executable = next(filter(None, answers), None)
        if executable:
            found[version] = executable
    return found


def _candidates(name: str, path: str) -> Iterator[Path]:
    """Yield the files that may be the interpreter `name`."""
    folders = [Path(entry) for entry in path.split(os.pathsep) if entry]
    for folder in folders:
        yield folder / name
    for folder in folders:
        if folder.name == "shims":
            yield from sorted(folder.parent.glob(f"versions/*/bin/{name}"), reverse=True)


def _real(candidate: Path) -> Path | None:
    """Return the executable that `candidate` runs, or None when it does not run or cannot make virtual environments."""
    if not candidate.is_file():
        return None
    # ansible-test drops the variables by which a shim is told its version.
    bare = {"HOME": os.environ.get("HOME", "/"), "PATH": os.environ.get("PATH", os.defpath)}
    try:
        answer = subprocess.run(
            [str(candidate), "-c", _QUESTION], env=bare, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(answer.stdout.strip())
