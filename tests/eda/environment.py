# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-rulebook, for the tests: in a virtual environment of its own, because it brings a rule engine in Java.

`python -m tests.eda.environment` makes it now, so that no test has to wait for the installation.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools.isolated import BUILD, ROOT

PACKAGES = ("ansible-rulebook>=1.3.2", "ansible-core>=2.17.0")
OLDEST_JAVA = 17
NEEDED = f"ansible-rulebook needs Java {OLDEST_JAVA} or later"


def why_not() -> str | None:
    """Say why ansible-rulebook cannot run on this machine, or None when it can."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        return f"{NEEDED}, and there is no java on this machine"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        return f"{NEEDED}, and the java of this machine is {said.splitlines()[0]}"
    return None


def rulebook_commands() -> Path:
    """Return the folder with ansible-rulebook and its ansible-playbook; the first call installs 180 MB."""
    requirements = ROOT / "requirements.txt"
    wanted = hashlib.sha256(f"{PACKAGES}{sys.version}{requirements.read_text()}".encode()).hexdigest()[:12]
    folder = BUILD / f"eda-{wanted}"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "eda.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".ready").exists():
            for old in BUILD.glob("eda-*"):
                shutil.rmtree(old, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
            subprocess.run([*pip, *PACKAGES, "--requirement", str(requirements)], check=True)
            (folder / ".ready").touch()
    return folder / "bin"


if __name__ == "__main__":
    print(why_not() or rulebook_commands())
