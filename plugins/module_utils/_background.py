# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of our own that run beside a task."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t

# From this file up to the folder that holds ansible_collections.
_LEVELS = 6


def above_collections() -> str:
    """Return the folder from which this collection can be imported by its full name."""
    folder = os.path.abspath(__file__)
    for _level in range(_LEVELS):
        folder = os.path.dirname(folder)
    return folder


def import_path(environment: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment, by default this process's, with an import path on which a child finds what we find.

    The archive that Ansible packs a module into stays out: what it has of Ansible hides the rest of it.
    """
    return {
        **(os.environ if environment is None else environment),
        "PYTHONPATH": os.pathsep.join(filter(os.path.isdir, [above_collections(), *sys.path])),
    }


def start_detached(module: str, text: str, environment: t.Mapping[str, str] | None = None) -> None:
    """Start a module of ours that goes on when the task is over, with a text as its standard input. Raises OSError."""
    name = f"ansible_collections.netfleet.maintenance.plugins.module_utils.{module}"
    # A module's run_command waits for the end, and in an action there is no module.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        [sys.executable, "-m", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=import_path(environment),
    )
    process.stdin.write(text.encode())  # type: ignore[union-attr]
    process.stdin.close()  # type: ignore[union-attr]
    # It is nobody's child any more when this worker ends; Python need not wait for it.
    process.returncode = 0
