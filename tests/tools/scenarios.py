# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The molecule scenarios of extensions/molecule, against simulators on a free port and a stand-in of AWX.

`python -m tests.tools.scenarios [molecule options]` runs all of them; `-s window_happy` runs one, with the simulators
started before it and stopped after it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

from tests.awx.collection import awx_collections
from tests.awx.environment import standin_environment
from tests.awx.standin import StandIn
from tests.tools.isolated import BUILD, ROOT, isolated_environment

SCENARIOS = ROOT / "extensions/molecule"
AWX_PROJECT = ROOT / "examples/awx"


def missing(roles: set[str], scenarios: set[str]) -> list[str]:
    """Return the roles that have no scenario of their name. Pure."""
    return sorted(roles - scenarios)


def main(options: list[str]) -> int:
    """Run molecule and return its exit status."""
    without = missing(
        {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()},
        {path.parent.name for path in SCENARIOS.glob("*/molecule.yml")},
    )
    if without:
        print(f"molecule: these roles have no scenario: {', '.join(without)}")
        return 1
    shutil.rmtree(BUILD / "molecule", ignore_errors=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = isolated_environment(os.environ) | {
        "ANSIBLE_NOCOLOR": "1",
        "NETFLEET_SIMULATORS_PORT": str(port),
        "NO_COLOR": "1",
    }
    with StandIn({path.name for path in AWX_PROJECT.glob("*.yml")}) as awx:
        path = environment["ANSIBLE_COLLECTIONS_PATH"]
        return run(options or ["--all"], environment | standin_environment(awx, path, awx_collections()))


def run(options: list[str], environment: dict[str, str]) -> int:
    """Run molecule with the simulators ended whatever happens, and return its exit status."""
    command = ["molecule", "test", "--report", *options]
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    finally:
        # Molecule leaves out `destroy` when it is interrupted.
        if (BUILD / "molecule/simulators.pid").exists():
            destroy = ["molecule", "destroy", "-s", "default"]
            subprocess.run(destroy, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
