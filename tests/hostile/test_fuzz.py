# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoiled answers by the thousand through every module: a result each time and never a defect.

``FUZZ_CASES`` says how many in all; `make hostile` asks for 20,000.
"""

from __future__ import annotations

import os
import random
import shutil
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._http import transport as _transport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible
from tests.hostile.bench import Bench
from tests.hostile.recorded import DEEDS, SHAPES, Replay, record, run
from tests.simulators import Simulator


class Hands:
    """A clock for everybody, and nobody waits for it."""

    def __init__(self) -> None:
        self._time = 1795226400.0

    def virtual_monotonic(self, *_clock: Clock) -> float:
        return self._time

    virtual_now = virtual_monotonic

    def virtual_sleep(self, *given: t.Any) -> None:
        self._time += given[-1]


CASES = int(os.environ.get("FUZZ_CASES", "1000"))
RECORDINGS = [f"{module} {shape}" for module in DEEDS for shape in range(len(SHAPES))]
PARTS = 2
# How many each test goes through; it stands in the test's name, so that a run tells.
EACH = -(-CASES // (len(RECORDINGS) * PARTS))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Answer]]:
    return record(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def empty_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite3"
    Journal.open(str(path), Clock()).close()
    return path


@pytest.fixture
def replaying(
    empty_journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> t.Callable[[list[Answer], int], Bench]:
    """Return what makes a bench whose systems only replay, under a clock that nobody waits for."""
    nowhere = Simulator()
    nowhere.url = "http://127.0.0.1:9"

    def begin(recorded: list[Answer], seed: int) -> Bench:
        replay = Replay(recorded, random.Random(seed))
        clock = Hands()
        monkeypatch.setattr(
            _transport.HttpTransport, "exchange", lambda _self, request, **more: replay.exchange(request, **more)
        )
        for name in ("monotonic", "now", "sleep"):
            monkeypatch.setattr(Clock, name, getattr(clock, f"virtual_{name}"))
        folder = tmp_path / "state"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        shutil.copy(empty_journal, folder)
        return Bench(nowhere, folder)

    return begin


@pytest.mark.fuzz
@pytest.mark.row(42, 46, 49, 50)
@pytest.mark.parametrize("cases", [pytest.param(EACH, id=f"{EACH} cases")])
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("recording", RECORDINGS)
def test_no_spoiled_answer_is_a_defect(
    answers: dict[str, list[Answer]],
    replaying: t.Callable[[list[Answer], int], Bench],
    recording: str,
    part: int,
    cases: int,
) -> None:
    for number in range(cases):
        seed = number * PARTS + part
        result = run(replaying(answers[recording], seed), recording)
        # The bench asserts already that no result is a defect; what it says is one legible sentence.
        assert "exception" not in result, (seed, result)
        if result.get("failed"):
            assert result["msg"], seed
            assert legible(result["msg"]) == result["msg"], seed
            assert "Traceback" not in result["msg"], seed
