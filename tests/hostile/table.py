# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin that runs what carries a row of the catalogue and prints the table of rows, tests and outcomes.

``pytest -p tests.hostile.table tests/unit tests/integration tests/hostile``. The run fails when a row has no test that
passed, or a test carries a row that is not in the catalogue.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

import pytest

from tests.hostile.catalogue import Row, rows
from tests.hostile.cores import absent, present

WIDTH = 46


@dataclasses.dataclass
class Tally:
    """How the cases of one test ended."""

    passed: int = 0
    other: int = 0

    def __str__(self) -> str:
        cases = self.passed + self.other
        return "" if cases == 1 else f" ({self.passed} of {cases} cases)" if self.other else f" ({cases} cases)"


Table = dict[int, dict[str, Tally]]


class Rows:
    """Collects the outcome of every test that carries a row; in the process that talks to the user."""

    def __init__(self, catalogue: dict[int, Row]) -> None:
        """Take the rows that have to be held."""
        self._catalogue = catalogue
        self.table: Table = collections.defaultdict(lambda: collections.defaultdict(Tally))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how a test ended: a passed call is one, anything but a passed set-up or clean-up is the other."""
        if report.when != "call" and report.passed:
            return
        name = report.nodeid.partition("[")[0]
        for key, number in report.user_properties:
            if key == "row":
                tally = self.table[int(str(number))][name]
                tally.passed += report.passed
                tally.other += not report.passed

    def held(self, number: int) -> bool:
        """Whether a row has a test and nothing but passed tests."""
        tests = self.table[number].values()
        return any(tally.passed for tally in tests) and not any(tally.other for tally in tests)

    def missing(self) -> list[int]:
        """Give the rows that are not held."""
        return [number for number in self._catalogue if not self.held(number)]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run when a row is not held."""
        if session.exitstatus == pytest.ExitCode.OK and self.missing():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: t.Any) -> None:
        """Print the table."""
        terminalreporter.section("rows of tests/hostile/catalogue.md")
        terminalreporter.write_line("\n".join(drawn(self._catalogue, self)))
        for version in absent(present()):
            terminalreporter.write_line(f"not tried on ansible-core {version}: it is not here")


def drawn(catalogue: dict[int, Row], found: Rows) -> list[str]:
    """Draw the table: a line for each row and test."""
    lines = [f"{'row':>4}  {'fault':<{WIDTH}}  {'held':<4}  test"]
    for number, row in catalogue.items():
        held = "yes" if found.held(number) else "NO"
        fault = row.fault if len(row.fault) <= WIDTH else row.fault[: WIDTH - 3] + "..."
        tests = [f"{name}{tally}" for name, tally in sorted(found.table[number].items())] or ["no test"]
        lines += [
            f"{number if first else '':>4}  {fault if first else '':<{WIDTH}}  {held if first else '':<4}  {test}"
            for first, test in zip([True] + [False] * len(tests), tests, strict=False)
        ]
    missing = found.missing()
    kept = len(catalogue) - len(missing)
    lines.append(f"{kept} of {len(catalogue)} rows are held" + (f"; not held: {missing}" if missing else ""))
    return lines


def pytest_configure(config: pytest.Config) -> None:
    """Collect outcomes where the user is; a worker only runs tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Rows(rows()), "netfleet-rows")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that carry a row, and let their reports carry it too."""
    known = rows()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        numbers = sorted({number for marker in item.iter_markers("row") for number in marker.args})
        unknown = [number for number in numbers if number not in known]
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} carries the row {unknown[0]}, which catalogue.md does not have")
        item.user_properties += [("row", number) for number in numbers]
        (kept if numbers or item.get_closest_marker("fuzz") else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept
