# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin that notes how every test ended that carries a row of the catalogue of faults.

``pytest -p tests.hostile.record --record unit ...`` writes ``.build/rows/unit.json``, from which
:mod:`tests.hostile.table` draws its table: no test runs a second time for it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.hostile.catalogue import rows
from tests.tools.isolated import BUILD, ROOT

FOLDER = BUILD / "rows"
# What decides how a test ends.
SOURCES = ("plugins", "roles", "playbooks", "extensions", "meta", "tests")


class Record(t.TypedDict):
    """One run: of which sources, whether of all its tests, and the cases by row and test as [passed, otherwise]."""

    sources: str
    whole: bool
    rows: dict[str, dict[str, list[int]]]


def sources() -> str:
    """Return a fingerprint of everything that decides how a test ends."""
    listing = ["git", "ls-files", "-co", "-z", "--exclude-standard", "--", *SOURCES]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    digest = hashlib.sha256()
    for name in sorted(filter(None, names)):
        path = ROOT / name
        digest.update(f"{name}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()


def read(suite: str, fingerprint: str) -> Record | None:
    """Return the record of a suite if it is of these sources and of all its tests."""
    path = FOLDER / f"{suite}.json"
    if not path.exists():
        return None
    record: Record = json.loads(path.read_text())
    return record if record["whole"] and record["sources"] == fingerprint else None


class Recorder:
    """Collects the outcomes in the process that talks to the user, and writes them at the end."""

    def __init__(self, path: Path, whole: bool) -> None:
        """Take where to write to, and whether nothing was left out by hand."""
        self._path = path
        self._whole = whole
        self._rows: dict[str, dict[str, list[int]]] = {}
        path.unlink(missing_ok=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how a test ended: a passed call is one, anything but a passed set-up or clean-up is the other."""
        if report.when != "call" and report.passed:
            return
        name = report.nodeid.partition("[")[0]
        for key, number in report.user_properties:
            if key == "row":
                tally = self._rows.setdefault(str(number), {}).setdefault(name, [0, 0])
                tally[0 if report.passed else 1] += 1

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the record; a run that was broken off is not whole."""
        whole = self._whole and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        record = Record(sources=sources(), whole=whole, rows=self._rows)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the name of the record."""
    parser.addoption("--record", metavar="SUITE", help="note the outcomes of rows in .build/rows/SUITE.json")


def pytest_configure(config: pytest.Config) -> None:
    """Collect outcomes where the user is; a worker only runs tests."""
    suite = config.getoption("--record")
    if suite and not hasattr(config, "workerinput"):
        chosen = any(config.getoption(name, None) for name in ("keyword", "lf", "maxfail", "deselect"))
        whole = not chosen and not any("::" in argument for argument in config.args)
        config.pluginmanager.register(Recorder(FOLDER / f"{suite}.json", whole), "netfleet-record")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the reports of tests carry their rows."""
    known = rows()
    for item in items:
        numbers = sorted({number for marker in item.iter_markers("row") for number in marker.args})
        unknown = [number for number in numbers if number not in known]
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} carries the row {unknown[0]}, which catalogue.md does not have")
        item.user_properties += [("row", number) for number in numbers]
