# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests and ansible-test sanity on every supported ansible-core, each in a virtual environment under .build/nox.

`nox -t matrix` (`make matrix`) runs one Python per core, `nox -t ends` the oldest and the newest core that this
machine can run, `nox` everything; `-- short` runs a few tests that depend most on the core instead of all but those
of the neighbours, and `-- bare` none: it only sets the cores up. The last lines say how each ended, and which were
skipped because the machine does not have their Python.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from tests.tools.cores import CORES, OLDEST, lowest, tagged  # noqa: E402 - found from here only
from tests.tools.interpreters import find_interpreters  # noqa: E402

# What needs other programs with needs of their own (a database, Java, ansible-builder, ansible-runner, jq, awx.awx);
# `make neighbours` runs it on one core.
NEIGHBOURS = "tests/integration/neighbours"
# What depends most on the core: the adapter of the actions, their fork-shared files, the inventory, the filter.
SHORT_UNIT = (
    "tests/unit/module/test_errors_and_face.py",
    "tests/unit/action/test_in_process.py",
    "tests/unit/inventory/test_inventory_pam_devices.py",
    "tests/unit/action/test_store_and_run_cache.py",
    "tests/unit/schedule/test_window_occurrence.py",
)
SHORT_INTEGRATION = (
    "tests/integration/test_inventory.py::test_a_playbook_runs_on_a_pattern_and_finds_remote_text_inert",
    "tests/integration/test_maintenance_window.py::test_every_device_is_locked_synced_rebooted_and_unlocked_once",
    "tests/integration/playbooks/test_window_interrupt.py::test_the_first_interrupt_stops_the_window_in_order_and_a_rerun_goes_on",
)
PYTEST = ("-m", "tests.tools.isolated", "pytest", "-q", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "venv"
nox.options.envdir = ".build/nox"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"
nox.options.stop_on_first_error = False


def real_interpreters() -> set[str]:
    """Return the Pythons that are here, and put each before any shim that goes by its name."""
    found = find_interpreters(sorted({python for pythons in CORES.values() for python in pythons}), os.environ["PATH"])
    folders = dict.fromkeys(str(python.parent) for python in found.values())
    os.environ["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
    return set(found)


PYTHONS = real_interpreters()
MATRIX = tagged(PYTHONS)


@nox.session
@nox.parametrize(
    ("python", "core"),
    [nox.param(python, core, id=f"core-{core}-py{python}", tags=tags) for python, core, tags in MATRIX],
)
def tests(session: nox.Session, core: str) -> None:
    """Run the tests on one core; the oldest with the lowest packages that requirements.txt allows."""
    runtime = (ROOT / "requirements.txt").read_text()
    wanted = Path(session.create_tmp()) / "requirements.txt"
    wanted.write_text(f"ansible-core=={core}.*\n" + (lowest(runtime) if core == OLDEST else runtime))
    session.install("-qq", "-r", str(wanted), "-r", "requirements-test.txt")
    if "bare" in session.posargs:
        return
    collections = Path(session.create_tmp()) / "collections"
    environment = {"NETFLEET_TEST_COLLECTIONS": str(collections.resolve())}
    galaxy = ("python", "-m", "tests.tools.isolated", "ansible-galaxy", "collection")
    built = Path(session.create_tmp()) / "dist"
    session.run(*galaxy, "build", "--force", "--output-path", str(built), silent=True)
    (artifact,) = built.glob("*.tar.gz")
    install = ("install", str(artifact), "--force", "--offline", "--no-deps", "-p", str(collections))
    session.run(*galaxy, *install, silent=True, env=environment)
    short = "short" in session.posargs
    session.run("python", *PYTEST, *(SHORT_UNIT if short else ("tests/unit",)))
    whole = ("tests/integration", f"--ignore={NEIGHBOURS}")
    session.run("python", *PYTEST, *(SHORT_INTEGRATION if short else whole), env=environment)


@nox.session
@nox.parametrize(
    ("python", "core"),
    # ansible-test itself goes through the Pythons it finds.
    [
        nox.param(python, core, id=f"core-{core}", tags=["matrix"])
        for python, core, tags in MATRIX
        if "matrix" in tags and python in PYTHONS
    ],
)
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test sanity of one core."""
    session.install("-qq", f"ansible-core=={core}.*")
    session.run("python", "-m", "tests.tools.sanity")
