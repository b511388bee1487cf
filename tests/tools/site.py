# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation as a web site: the guides of docs/docsite and the reference of everything, in .build/site.

`python -m tests.tools.site` builds it with antsibull-docs and Sphinx, in a virtual environment of its own, and fetches
nothing but their packages. Every warning fails but those about pages of other projects, which cannot be looked up.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.tools.isolated import BUILD, isolated_environment
from tests.tools.venvs import quietly, ready

FOLDER = BUILD / "site"
# Pages that are not here: of Ansible itself, and of collections that are not installed.
_ELSEWHERE = re.compile(r"WARNING: undefined label: '(?!ansible_collections\.netfleet\.)")
# What `antsibull-docs sphinx-init` itself asks for, in its requirements.txt.
REQUIREMENTS = "ansible-core>=2.17\nansible-pygments\nantsibull-docs>=2.16\nsphinx\nsphinx-ansible-theme>=0.9.0\n"


def findings(said: str) -> list[str]:
    """Return the warnings of Sphinx that are ours to mend. Pure."""
    lines = [line for line in said.splitlines() if "WARNING" in line or "ERROR" in line]
    return [line for line in lines if not _ELSEWHERE.search(line) or "/docsite/" in line]


def main() -> int:
    """Build the site and return the exit status."""
    started = time.monotonic()
    environment = isolated_environment(os.environ)
    try:
        python = ready("site", Path(sys.executable), REQUIREMENTS)
        environment["PATH"] = os.pathsep.join([str(python.parent), environment["PATH"]])
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        FOLDER.chmod(0o755)  # antsibull-docs writes into no folder that others may write to
        init = ["antsibull-docs", "sphinx-init", "--use-current", "--squash-hierarchy", "--lenient", "--fail-on-error"]
        quietly([*init, "--dest-dir", str(FOLDER), "netfleet.maintenance"], environment)
        with (FOLDER / "conf.py").open("a") as settings:
            settings.write("\nintersphinx_mapping = {}\n")
        said = quietly(["bash", "build.sh"], environment, FOLDER)
    except subprocess.CalledProcessError as error:
        print(error.stdout)
        return 1
    found = findings(said)
    print("\n".join(found), end="\n" if found else "")
    print(f"site: {FOLDER / 'build/html/index.html'}, {time.monotonic() - started:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
