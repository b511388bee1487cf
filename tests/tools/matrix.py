# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests on every supported ansible-core, each in a virtual environment of its own under .build/venvs.

`python -m tests.tools.matrix` runs one Python per core, `--all` every Python of every core, `--ends` the oldest and the
newest core that this machine can run. `--short` runs a few tests that depend most on the core instead of nearly all.
The last lines are a table, what was left out included.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.tools.interpreters import find_interpreters
from tests.tools.isolated import BUILD, ROOT
from tests.tools.release import build
from tests.tools.venvs import VENVS, quietly, ready

# Each core with the Pythons its controller runs on (ansible-core support matrix); the first one here is the one tested
# by default, so that by default every Python is tested once.
CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.12", "3.11", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
}
INTEGRATION = (
    "tests/integration/test_device_lock.py",
    "tests/integration/test_inventory.py",
    "tests/integration/test_maintenance_window.py",
    "tests/integration/test_playbooks.py",
)
# What depends most on the core: the adapter of the actions, their fork-shared files, the inventory, the filter.
SHORT_UNIT = (
    "tests/unit/test_errors_and_face.py",
    "tests/unit/test_in_process.py",
    "tests/unit/test_inventory_pam_devices.py",
    "tests/unit/test_store_and_run_cache.py",
    "tests/unit/test_window_occurrence.py",
)
SHORT_INTEGRATION = (
    "tests/integration/test_inventory.py::test_a_playbook_runs_on_a_pattern_and_finds_remote_text_inert",
    "tests/integration/test_maintenance_window.py::test_every_device_is_locked_synced_rebooted_and_unlocked_once",
)


@dataclasses.dataclass(frozen=True)
class Pair:
    """An ansible-core and the Python it runs on, and whether with the lowest packages that requirements.txt allows."""

    core: str
    python: str
    lowest: bool = False

    @property
    def name(self) -> str:
        """The name of its virtual environment and of its log."""
        return f"core-{self.core}-py{self.python}" + ("-lowest" if self.lowest else "")


@dataclasses.dataclass
class Row:
    """A line of the table: a pair, and how each step of it ended."""

    pair: Pair
    core: str = ""
    unit: str = "-"
    integration: str = "-"
    note: str = ""
    seconds: float = 0.0
    failed: bool = False


def plan(available: Iterable[str], *, every: bool = False, ends: bool = False) -> tuple[list[Pair], list[Row]]:
    """Choose the pairs to run with the `available` Pythons ("3.12"), and rows for those that cannot. Pure.

    By default one Python per core; `every` takes all; `ends` the first and the last core that can run. The oldest core
    runs with the lowest packages.
    """
    here = set(available)
    pairs, left_out = [], []
    oldest = next(iter(CORES))
    for core, pythons in CORES.items():
        present = [python for python in pythons if python in here]
        chosen = present if every else present[:1]
        pairs += [Pair(core, python, lowest=core == oldest and python == present[0]) for python in chosen]
        for python in pythons:
            if python not in here:
                left_out.append(Row(Pair(core, python), note=f"skipped: no Python {python} on this machine"))
            elif python not in chosen:
                left_out.append(Row(Pair(core, python), note="skipped: one Python per core (--all runs it)"))
    if ends:
        pairs, left_out = list(dict.fromkeys([pairs[0], pairs[-1]])) if pairs else [], []
    return pairs, left_out


def lowest(requirements: str) -> str:
    """Pin each requirement with a lower bound to that bound. Pure."""
    return re.sub(r"^([\w.\[\]-]+)>=", r"\1==", requirements, flags=re.MULTILINE)


def requirements(pair: Pair) -> str:
    """Give the text of the requirements file of the pair's virtual environment."""
    runtime = (ROOT / "requirements.txt").read_text()
    wanted = lowest(runtime) if pair.lowest else runtime
    return f"ansible-core=={pair.core}.*\n{wanted}{(ROOT / 'requirements-test.txt').read_text()}"


def run(pair: Pair, interpreter: Path, artifact: Path, *, short: bool) -> Row:
    """Run the pair's tests and say how they ended."""
    started = time.monotonic()
    row = Row(pair)
    print(f"matrix: {pair.name} ...", flush=True)
    log = BUILD / "matrix" / f"{pair.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    try:
        python = ready(pair.name, interpreter, requirements(pair))
        collections = VENVS / pair.name / "collections"
        isolated = [str(python), "-m", "tests.tools.isolated"]
        shutil.rmtree(collections, ignore_errors=True)
        environment = {**os.environ, "NETFLEET_TEST_COLLECTIONS": str(collections)}
        install = ["ansible-galaxy", "collection", "install", str(artifact), "--offline", "--no-deps"]
        quietly([*isolated, *install, "--force", "-p", str(collections)], environment)
        row.core = _core_of(python)
        row.note = "lowest packages" if pair.lowest else ""
        row.unit = _pytest(isolated, SHORT_UNIT if short else ("tests/unit",), os.environ, log)
        row.integration = _pytest(isolated, SHORT_INTEGRATION if short else INTEGRATION, environment, log)
        row.failed = "failed" in row.unit + row.integration
    except subprocess.CalledProcessError as error:
        log.write_text(error.stdout or str(error))
        row.note, row.failed = "could not be set up", True
    if row.failed:
        print("\n".join(log.read_text().splitlines()[-60:]))
        print(f"matrix: all of it is in {log.relative_to(ROOT)}")
    row.seconds = time.monotonic() - started
    return row


def table(rows: Iterable[Row]) -> str:
    """Draw the rows. Pure."""
    lines = [("ansible-core", "Python", "unit", "integration", "seconds", "")]
    lines += [
        (
            row.core or row.pair.core,
            row.pair.python,
            row.unit,
            row.integration,
            f"{row.seconds:.0f}" if row.seconds else "-",
            row.note,
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def main(arguments: list[str]) -> int:
    """Run the matrix and return the exit status: 0 only if something ran and nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.matrix", description=__doc__)
    parser.add_argument("--ends", action="store_true", help="only the oldest and the newest core")
    parser.add_argument("--short", action="store_true", help="a few tests instead of nearly all")
    parser.add_argument("--all", action="store_true", dest="every", help="every Python of every core")
    parser.add_argument("--core", action="append", choices=CORES, help="only this core")
    options = parser.parse_args(arguments)
    wanted = sorted({python for pythons in CORES.values() for python in pythons}, key=_order)
    pythons = find_interpreters(wanted, os.environ["PATH"])
    pairs, left_out = plan(pythons, every=options.every, ends=options.ends)
    pairs = [pair for pair in pairs if options.core is None or pair.core in options.core]
    with _alone():
        artifact = build(BUILD / "matrix" / "dist")
        rows = [run(pair, pythons[pair.python], artifact, short=options.short) for pair in pairs]
    shown = [row for row in left_out if options.core is None or row.pair.core in options.core]
    everything = sorted(rows + shown, key=lambda row: (_order(row.pair.core), _order(row.pair.python)))
    print("\n" + table(everything))
    return int(not rows or any(row.failed for row in rows))


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Keep a second matrix waiting: it would make the same virtual environments."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "matrix.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pytest(isolated: list[str], tests: Iterable[str], environment: Mapping[str, str], log: Path) -> str:
    """Run tests, add their output to the log, and return pytest's closing words without the time."""
    command = [*isolated, "pytest", "-q", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
    done = subprocess.run(
        [*command, *tests],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with log.open("a") as stream:
        stream.write(done.stdout)
    closing = re.search(r"^(?:=+ )?(\d[^\n]*?) in [\d.]+s", done.stdout, re.MULTILINE)
    words = closing[1] if closing else ""
    return words if done.returncode == 0 and words else f"failed ({words or 'no result'})"


def _core_of(python: Path) -> str:
    """Return the version of ansible-core that an interpreter has."""
    question = "from importlib.metadata import version; print(version('ansible-core'))"
    return subprocess.run([str(python), "-c", question], capture_output=True, text=True, check=True).stdout.strip()


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
