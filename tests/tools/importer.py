# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""galaxy-importer over the built artifact: what Galaxy and Automation Hub say when the collection is uploaded.

`python -m tests.tools.importer` ends with 0 only if it has nothing to say. It runs without containers, in a virtual
environment of its own, because its requirements clash with everybody's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.tools.interpreters import find_interpreters
from tests.tools.isolated import BUILD, isolated_environment
from tests.tools.release import build
from tests.tools.venvs import ready

# It needs Python 3.11; older releases that pip would fall back to check next to nothing.
REQUIREMENTS = "galaxy-importer>=0.4.44\n"
PYTHONS = ("3.13", "3.12", "3.11")
# Without ansible-lint, which galaxy-importer stops after a fixed time: `make ansible-lint` runs it to its end.
CONFIG = """\
[galaxy-importer]
CHECK_CHANGELOG = True
CHECK_REQUIRED_TAGS = True
RUN_ANSIBLE_LINT = False
RUN_ANSIBLE_TEST = False
RUN_FLAKE8 = True
"""


def findings(said: str) -> list[str]:
    """Return the lines of galaxy-importer's words that are errors or warnings. Pure."""
    return [line for line in said.splitlines() if line.startswith(("ERROR", "CRITICAL", "WARNING", "Traceback"))]


def main() -> int:
    """Build the collection, import it and return the exit status."""
    started = time.monotonic()
    pythons = find_interpreters(PYTHONS, os.environ["PATH"])
    if not pythons:
        print(f"galaxy-importer: none of Python {', '.join(PYTHONS)} is on this machine, so it did not run")
        return 1
    folder = BUILD / "importer"
    try:
        python = ready("importer", next(iter(pythons.values())), REQUIREMENTS)
        artifact = build(folder)
    except subprocess.CalledProcessError as error:
        print(error.stdout)
        return 1
    config = folder / "importer.cfg"
    config.write_text(CONFIG)
    environment = isolated_environment(os.environ) | {"GALAXY_IMPORTER_CONFIG": str(config)}
    # It calls ansible-doc, ansible-lint and flake8 by name, and finds the collection by unpacking it.
    environment["PATH"] = os.pathsep.join([str(python.parent), environment["PATH"]])
    del environment["ANSIBLE_COLLECTIONS_PATH"]
    done = subprocess.run(
        [str(python), "-m", "galaxy_importer.main", str(artifact)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (folder / "importer.log").write_text(done.stdout)
    found = findings(done.stdout)
    if done.returncode or "Importer processing completed successfully" not in done.stdout:
        found = found or done.stdout.splitlines()[-20:] or ["it said nothing"]
    print("\n".join(found), end="\n" if found else "")
    print(
        f"galaxy-importer: {f'{len(found)} findings' if found else 'passed'}, {artifact.name},"
        f" {time.monotonic() - started:.0f} s"
    )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
