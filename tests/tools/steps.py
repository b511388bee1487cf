# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run targets of make, each to its end whatever the others say, and sum up.

``python -m tests.tools.steps unit smoke integration`` runs them one after the other and prints what each prints, then a
line for each. It ends with 0 only if all of them did. Targets before a ``/`` use one core each: ``ruff mypy / docs``
runs the first two side by side, prints what each has printed when it ends, and then runs the last. There is no time
limit: a busy machine takes longer.
"""

from __future__ import annotations

import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from tests.tools.isolated import ROOT

# As many as the machines of CI have cores.
AT_ONCE = 2


class Step(t.NamedTuple):
    """A target, how it ended (None: not started) and how long it took, in seconds."""

    target: str
    status: int | None
    seconds: float


def run(targets: t.Sequence[str], call: t.Callable[[str], int], now: t.Callable[[], float]) -> list[Step]:
    """Run every target and return how each ended; an interrupt leaves the rest out."""
    done: list[Step] = []
    for target in targets:
        print(f"\n=== {target} ===", flush=True)
        started = now()
        try:
            done.append(Step(target, call(target), now() - started))
        except KeyboardInterrupt:
            done.append(Step(target, 130, now() - started))
            break
    return done + [Step(target, None, 0.0) for target in targets[len(done) :]]


def run_side_by_side(
    targets: t.Sequence[str], call: t.Callable[[str], tuple[int, str]], now: t.Callable[[], float]
) -> list[Step]:
    """Run the targets, two at a time, and return how each ended; ``call`` returns the status and what was printed."""

    def one(target: str) -> tuple[Step, str]:
        started = now()
        status, printed = call(target)
        return Step(target, status, now() - started), printed

    done = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for step, printed in pool.map(one, targets):
            print(f"\n=== {step.target} ===\n{printed}", end="", flush=True)
            done.append(step)
    return done


def summary(steps: t.Sequence[Step]) -> list[str]:
    """Return a line for each step, and one for all."""
    words = {0: "passed", None: "not run"}
    lines = [f"{step.target:<16} {words.get(step.status, 'FAILED'):<8} {step.seconds:5.0f} s" for step in steps]
    failed = [step.target for step in steps if step.status != 0]
    total = sum(step.seconds for step in steps)
    return [*lines, f"{'all' if not failed else 'failed: ' + ' '.join(failed)}, {total / 60:.1f} min"]


def make(target: str) -> int:
    """Run one target of make, with the variables that the caller of make gave."""
    command = ["make", "--no-print-directory", target]
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode


def make_quietly(target: str) -> tuple[int, str]:
    """Run one target of make as :func:`make` does; return its status and what it printed."""
    command = ["make", "--no-print-directory", target]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace")


def main(targets: list[str]) -> int:
    """Run the targets, print the summary and return the exit status."""
    at = targets.index("/") if "/" in targets else -1
    steps = run_side_by_side(targets[: max(at, 0)], make_quietly, time.monotonic)
    steps += run(targets[at + 1 :], make, time.monotonic)
    print("\n=== summary ===\n" + "\n".join(summary(steps)), flush=True)
    return int(any(step.status != 0 for step in steps))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
