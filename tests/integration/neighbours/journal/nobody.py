# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening and writing a SQLite journal in a process of its own, without root's rights and with limits of its own."""

from __future__ import annotations

import json
import os
import pwd
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.tools.isolated import ROOT, ensure_link, isolated_environment


def write_as_nobody(path: Path, *, most_bytes: int | None = None) -> str:
    """Open the journal at a path and write to it; gives "written", or what the error says.

    As root the process becomes `nobody`, for whom permissions count; ``most_bytes`` is how long a file may get.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.neighbours.journal.nobody", json.dumps([str(path), most_bytes])],
        cwd=ROOT,
        env=isolated_environment(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def give_to_nobody(*paths: Path) -> None:
    """Make files belong to whom `write_as_nobody` runs as."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)


def _main(path: str, most_bytes: int | None) -> None:
    sys.path.insert(0, str(ensure_link()))
    from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
    from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
    from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal

    # What is imported late is imported now, while the virtual environment's files can be read for certain.
    with tempfile.TemporaryDirectory() as folder:
        Journal.open(f"{folder}/journal", Clock()).close()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(pwd.getpwnam("nobody").pw_gid)
        os.setuid(pwd.getpwnam("nobody").pw_uid)
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    try:
        with Journal.open(path, Clock()) as journal:
            for number in range(100):
                journal.remember(f"fact {number}", "x" * 10_000)
    except JournalError as error:
        print(error)
    else:
        print("written")


if __name__ == "__main__":
    _main(*json.loads(sys.argv[1]))
