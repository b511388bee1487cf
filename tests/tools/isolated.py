# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the project's own commands run: nothing of the user's is read, nothing outside the repository is written.

`python -m tests.tools.isolated COMMAND ...` runs a command of the virtual environment that way.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
LINK = ROOT / ".collections/ansible_collections/netfleet/maintenance"

# A developer's shell may hold the address and credentials of a real system; no test may ever reach it. A git hook sets
# GIT_ variables that would send every other repository's git commands here, and Python's own change what is tested.
_NOT_INHERITED = ("ANSIBLE_", "GIT_", "NETFLEET_", "ORACLE_SDM_", "PYTHON", "SENHASEGURA_", "XDG_", "ZEQUENZE_")
# What whoever starts this may have blocked, or had a job in the background ignore: the tests send these.
_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
_COLLECTIONS = "NETFLEET_TEST_COLLECTIONS"


def ensure_link() -> Path:
    """Make the source importable as `ansible_collections.netfleet.maintenance`.

    Returns the folder to put on `sys.path` or on Ansible's collections path. Safe when several processes do it at once.
    """
    LINK.parent.mkdir(parents=True, exist_ok=True)
    try:
        LINK.symlink_to(os.path.relpath(ROOT, LINK.parent), target_is_directory=True)
    except FileExistsError:
        if LINK.resolve() != ROOT:
            raise
    return LINK.parents[2]


def isolated_environment(outside: Mapping[str, str]) -> dict[str, str]:
    """Return `outside` (an environment) without the user's settings and with HOME inside the repository.

    Ansible finds the collection in the folder named by `NETFLEET_TEST_COLLECTIONS` (default: the link to the source),
    and the virtual environment's commands come first on PATH.
    """
    home = BUILD / "home"
    home.mkdir(parents=True, exist_ok=True)
    inside = {name: value for name, value in outside.items() if not name.startswith(_NOT_INHERITED)}
    collections = outside.get(_COLLECTIONS)
    if collections:
        inside[_COLLECTIONS] = collections
    return inside | {
        "ANSIBLE_COLLECTIONS_PATH": str(Path(collections).resolve() if collections else ensure_link()),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "HOME": str(home),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis"),
        "NO_PROXY": "127.0.0.1,localhost",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), outside.get("PATH", os.defpath)]),
        "no_proxy": "127.0.0.1,localhost",
    }


def main(command: list[str]) -> None:
    """Replace this process by `command`, isolated and with an empty standard input."""
    environment = isolated_environment(os.environ)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.execvpe(command[0], command, environment)


if __name__ == "__main__":
    main(sys.argv[1:])
