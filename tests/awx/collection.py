# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real modules of awx.awx, for the tests: taken once out of the last `ansible` package that contained them.

`python -m tests.awx.collection` gets them now, so that no test has to wait for the download.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.tools.isolated import BUILD

PACKAGE = "ansible==13.8.0"
INSIDE = "ansible_collections/awx/awx/"
FOLDER = BUILD / "awx-24.6.1"
IN_PROCESS = Path(__file__).with_name("in_process.py")


def awx_collections() -> Path:
    """Return a folder for Ansible's collections path that holds awx.awx 24.6.1; the first call downloads 54 MB."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "awx.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not FOLDER.exists():
            _fetch()
    return FOLDER


def fast_awx_collections(folder: Path) -> Path:
    """Make in ``folder`` the same collection, whose modules run inside Ansible's worker, and give ``folder``."""
    real, fast = awx_collections() / INSIDE, folder / INSIDE
    shutil.rmtree(folder, ignore_errors=True)
    (fast / "plugins/action").mkdir(parents=True)
    for place in (*real.iterdir(), *(real / "plugins").iterdir()):
        if place.name != "plugins":
            (fast / place.relative_to(real)).symlink_to(place)
    for module in (real / "plugins/modules").glob("[a-z]*.py"):
        (fast / "plugins/action" / module.name).symlink_to(IN_PROCESS)
    return folder


def _fetch() -> None:
    draft = FOLDER.with_name(FOLDER.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    # The package wants a newer Python than we may have; its collections do not.
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python"]
    subprocess.run([*pip, "--only-binary=:all:", f"--dest={draft}", PACKAGE], check=True)
    (wheel,) = draft.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(draft, [name for name in archive.namelist() if name.startswith(INSIDE)])
    wheel.unlink()
    draft.rename(FOLDER)


if __name__ == "__main__":
    print(awx_collections())
