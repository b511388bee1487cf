# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file and every command of the guides works, in the order in which they stand there, against the simulators."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from tests.docs.examples import Command, File, NotRun, steps
from tests.integration.run import Commands
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

GUIDES = sorted((ROOT / "docs/docsite/rst").glob("*.rst"))
# The simulators are quick: what a reader waits for would only be slept here.
PATIENCE = {"window_hold": 0.2, "window_wait_interval": 0.1, "window_soak": 0, "window_wait_timeout": 15}


@pytest.fixture(scope="module")
def running_simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=30, process=True) as simulator:
        yield simulator


@pytest.fixture
def reader(ansible: Commands) -> Commands:
    return ansible


def impatient(path: str, content: str) -> str:
    """Shorten the waits of a window file."""
    if not path.startswith("windows/"):
        return re.sub(r"wait_interval: \d+", "wait_interval: 0.1", content)
    kept = [line for line in content.splitlines() if line.partition(":")[0] not in PATIENCE]
    return "\n".join([*kept, *(f"{name}: {value}" for name, value in PATIENCE.items())]) + "\n"


@pytest.mark.finding("A13")
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_what_the_guide_says_works(guide: Path, reader: Commands) -> None:
    done = 0
    for step in steps(guide.read_text()):
        if isinstance(step, File):
            path = reader.home / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(impatient(step.path, step.content))
        elif isinstance(step, Command):
            finished = reader.run("bash", "-euo", "pipefail", "-c", step.line)
            assert finished.rc == step.status, f"$ {step.line}\n{finished.said()}"
            assert step.prints(finished.stdout), (
                f"$ {step.line}\n{finished.stdout}\nis not as documented:\n{step.output}"
            )
            done += 1
    assert done or all(isinstance(step, NotRun) for step in steps(guide.read_text()))


def test_a_block_that_nobody_runs_says_why() -> None:
    excused = [step for guide in GUIDES for step in steps(guide.read_text()) if isinstance(step, NotRun)]
    assert all(len(step.reason) > 10 for step in excused)
    with pytest.raises(ValueError, match="does not say why"):
        steps(".. code-block:: bash\n\n   rm -rf /\n")


def test_the_reader_of_the_guides_is_not_fooled() -> None:
    (file, first, second) = steps(
        "Text\n\n.. code-block:: yaml\n   :caption: a/b.yml\n\n   x: 1\n\n   y: 2\n\n"
        ".. fails: 2\n\n.. code-block:: console\n\n   $ one\n   $ two\n   said ... here\n\nMore text\n"
    )
    assert file == File("a/b.yml", "x: 1\n\ny: 2\n")
    assert first == Command("one")
    assert second == Command("two", "said ... here\n", 2)
    assert isinstance(second, Command)
    assert second.prints("said\nit is\nright here\n") is False
    assert second.prints("said it\nis right here")
    assert not second.prints("nothing")


def test_the_table_of_contents_names_every_guide() -> None:
    listed = (ROOT / "docs/docsite/extra-docs.yml").read_text()
    assert sorted(re.findall(r"^      - (\w+)$", listed, re.MULTILINE)) == [path.stem for path in GUIDES]
