# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs the tests: every step to its end, each test once, and the tests near a change."""

from __future__ import annotations

import json
import re
import threading
import time
import typing as t
from pathlib import Path

import pytest

from tests.hostile import record, table
from tests.hostile.catalogue import Row
from tests.tools import dev, importer, steps

ROOT = Path(__file__).resolve().parents[3]
MAKEFILE = (ROOT / "Makefile").read_text()


def _steps_of(target: str) -> list[str]:
    """The steps of a target of make, with variables filled in."""
    said: str
    (said,) = re.findall(rf"^{target}: .*\n\t@\$\(STEPS\) (.*)$", MAKEFILE, re.MULTILINE)
    for name, value in re.findall(r"^(\w+) := (.*)$", MAKEFILE, re.MULTILINE):
        said = said.replace(f"$({name})", value)
    return [step for step in said.split() if step != "/"]


def test_a_step_that_fails_does_not_hide_the_rest() -> None:
    ended = {"unit": 2, "smoke": 0, "integration": 1}
    done = steps.run(list(ended), ended.__getitem__, iter(range(0, 600, 60)).__next__)
    assert [(step.target, step.status) for step in done] == list(ended.items())
    said = steps.summary(done)
    assert [line.split()[:2] for line in said[:3]] == [
        ["unit", "FAILED"],
        ["smoke", "passed"],
        ["integration", "FAILED"],
    ]
    assert said[3] == "failed: unit integration, 3.0 min"


def test_steps_side_by_side_print_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    both = threading.Barrier(2)

    def call(target: str) -> tuple[int, str]:
        both.wait(timeout=60)
        return int(target == "mypy"), f"{target} ran\n"

    done = steps.run_side_by_side(["ruff", "mypy"], call, time.monotonic)
    assert [(step.target, step.status) for step in done] == [("ruff", 0), ("mypy", 1)]
    assert capsys.readouterr().out == "\n=== ruff ===\nruff ran\n\n=== mypy ===\nmypy ran\n"


def test_an_interrupt_ends_the_steps_and_leaves_the_rest_out() -> None:
    def call(target: str) -> int:
        raise KeyboardInterrupt

    done = steps.run(["unit", "smoke"], call, lambda: 0.0)
    assert [step.status for step in done] == [130, None]
    assert "not run" in steps.summary(done)[1]


def test_ci_runs_the_tests_and_then_everything_else_and_nothing_twice() -> None:
    assert re.findall(r"^make --no-print-directory (\w+)", (ROOT / ".ci/run").read_text(), re.MULTILINE) == [
        "programs",
        "test",
        "check",
    ]
    all_steps = [*_steps_of("test"), *_steps_of("check")]
    assert _steps_of("test") == ["unit", "smoke", "integration"]
    assert len(all_steps) == len(set(all_steps))
    assert set(_steps_of("lint")) < set(all_steps)
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert set(all_steps) <= targets


def test_no_step_has_a_time_limit() -> None:
    """Not even one of a tool: galaxy-importer stops ansible-lint after three minutes, so that runs by itself."""
    assert "timeout" not in MAKEFILE + (ROOT / ".ci/run").read_text()
    assert "RUN_ANSIBLE_LINT = False" in importer.CONFIG
    assert "ansible-lint" in _steps_of("check")


TESTS = [
    "tests/unit/lock/test_device_lock.py",
    "tests/unit/lock/test_device_lock_model.py",
    "tests/unit/http/test_wire.py",
    "tests/unit/house/test_rooms.py",
]


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        ("tests/unit/http/test_wire.py", ["tests/unit/http/test_wire.py"]),
        ("plugins/module_utils/_lock/device_lock.py", TESTS[:2]),
        ("plugins/modules/device_lock.py", TESTS[:2]),
        ("plugins/module_utils/_lock/taking.py", ["tests/unit/lock"]),
        ("plugins/module_utils/_clock.py", [dev.HOUSE]),
        ("playbooks/recover.yml", [dev.HOUSE]),
        ("tests/simulators/world.py", []),
    ],
)
def test_the_tests_near_a_change(changed: str, tests: list[str]) -> None:
    assert dev.near(changed, TESTS) == tests


def _record(**changes: t.Any) -> record.Record:
    return t.cast(record.Record, {"sources": "now", "whole": True, "rows": {"1": {"t::a": [2, 0]}}, **changes})


def test_a_row_is_held_by_tests_that_all_passed_wherever_they_ran() -> None:
    catalogue = {number: Row("who", "fault", "must", "I1") for number in (1, 2, 3)}
    found = table.merged([_record(), _record(rows={"1": {"t::b": [1, 0]}, "2": {"t::a": [1, 1]}})])
    assert [table.held(found, number) for number in catalogue] == [True, False, False]
    assert table.drawn(catalogue, found)[-1] == "1 of 3 rows are held; not held: [2, 3]"
    assert "t::a (1 of 2 cases)" in "\n".join(table.drawn(catalogue, found))


@pytest.mark.parametrize(
    ("written", "usable"),
    [(_record(), True), (_record(sources="before"), False), (_record(whole=False), False)],
    ids=["as it is now", "of other sources", "of a part"],
)
def test_only_a_whole_record_of_these_sources_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: record.Record, usable: bool
) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    assert record.read("unit", "now") is None
    (tmp_path / "unit.json").write_text(json.dumps(written))
    assert (record.read("unit", "now") is not None) is usable


def test_a_record_is_written_by_the_run_itself(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.row(1, 2)
        @pytest.mark.parametrize("case", [0, 1])
        def test_one(case):
            assert case == 0

        def test_other():
            pass
        """
    )
    pytester.makeini("[pytest]\nmarkers = row(number, ...): rows")
    pytester.inline_run("-p", "tests.hostile.record", "-p", "no:cacheprovider", "--record", "unit")
    written = record.read("unit", record.sources())
    assert written is not None
    (name,) = written["rows"]["1"]
    assert written["rows"] == {"1": {name: [1, 1]}, "2": {name: [1, 1]}}
    pytester.inline_run("-p", "tests.hostile.record", "-p", "no:cacheprovider", "--record", "unit", "-k", "other")
    assert record.read("unit", record.sources()) is None
