# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the catalogue of faults: each row, the tests that hold it, and how they ended.

``python -m tests.hostile.table`` runs the tests in tests/hostile. How the tests elsewhere ended that carry a row is
read from the records of ``make test``; where there is none of these very sources, they run first. It ends with 0 only
if every row has a test, and all its tests passed.
"""

from __future__ import annotations

import collections
import subprocess
import sys
import typing as t

from tests.hostile import record
from tests.hostile.catalogue import Row, rows
from tests.hostile.cores import absent, present
from tests.tools.isolated import ROOT

WIDTH = 46
# What make records, and where it runs.
SUITES = {
    "unit": "tests/unit",
    "smoke": "tests/integration",
    "integration": "tests/integration",
    "playbooks": "tests/integration",
    "neighbours": "tests/integration",
}
# Most of it waits for a deadline: more workers than cores.
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "6", "--dist", "loadfile", "-p", "tests.hostile.record")

# Row -> test -> cases that passed, and cases that did not.
Table = dict[int, dict[str, list[int]]]


def merged(records: t.Iterable[record.Record]) -> Table:
    """Return the cases of all records by row and test."""
    table: Table = collections.defaultdict(dict)
    for one in records:
        for number, tests in one["rows"].items():
            for name, (passed, other) in tests.items():
                tally = table[int(number)].setdefault(name, [0, 0])
                tally[0] += passed
                tally[1] += other
    return table


def held(table: Table, number: int) -> bool:
    """Whether a row has a test and nothing but passed tests."""
    tests = table.get(number, {}).values()
    return any(passed for passed, _other in tests) and not any(other for _passed, other in tests)


def counted(passed: int, other: int) -> str:
    """Return how many cases a test has, where it has more than one or one that failed."""
    if other:
        return f" ({passed} of {passed + other} cases)"
    return "" if passed == 1 else f" ({passed} cases)"


def drawn(catalogue: dict[int, Row], table: Table) -> list[str]:
    """Return the table: a line for each row and test."""
    lines = [f"{'row':>4}  {'fault':<{WIDTH}}  {'held':<4}  test"]
    for number, row in catalogue.items():
        verdict = "yes" if held(table, number) else "NO"
        fault = row.fault if len(row.fault) <= WIDTH else row.fault[: WIDTH - 3] + "..."
        named = sorted(table.get(number, {}).items())
        tests = [f"{name}{counted(*tally)}" for name, tally in named] or ["no test"]
        lines += [
            f"{number if first else '':>4}  {fault if first else '':<{WIDTH}}  {verdict if first else '':<4}  {test}"
            for first, test in zip([True] + [False] * len(tests), tests, strict=False)
        ]
    missing = [number for number in catalogue if not held(table, number)]
    kept = len(catalogue) - len(missing)
    lines.append(f"{kept} of {len(catalogue)} rows are held" + (f"; not held: {missing}" if missing else ""))
    return lines


def pytest_run(suite: str, *arguments: str) -> int:
    """Run tests and have their outcomes recorded under the name of a suite; returns the exit status."""
    return subprocess.run([*PYTEST, "--record", suite, *arguments], cwd=ROOT, check=False).returncode


def main() -> int:
    """Run what has not run yet, print the table and return the exit status."""
    fingerprint = record.sources()
    found = {suite: record.read(suite, fingerprint) for suite in SUITES}
    again = sorted({SUITES[suite] for suite, known in found.items() if known is None})
    failed = pytest_run("hostile", "tests/hostile")
    records = [known for suite, known in found.items() if known and SUITES[suite] not in again]
    suites = ["hostile"]
    if again:
        print(f"No record of {' and '.join(again)} as they are now: the tests that carry a row run here", flush=True)
        failed = pytest_run("rows", "-m", "row", *again) or failed
        suites.append("rows")
    records += [one for suite in suites if (one := record.read(suite, fingerprint))]
    catalogue, table = rows(), merged(records)
    print("\n".join(drawn(catalogue, table)))
    for version in absent(present()):
        print(f"not tried on ansible-core {version}: it is not here")
    return int(bool(failed) or not all(held(table, number) for number in catalogue))


if __name__ == "__main__":
    sys.exit(main())
