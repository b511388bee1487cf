# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole bench: ``python -m tests.crash`` breaks a window everywhere; exit status 1 if a promise was broken."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
import typing as t

from tests.crash import bench, matrix, model, pairs, playbook, readings
from tests.crash.kill import Case
from tests.crash.lane import Lane
from tests.crash.matrix import Tried, Undisturbed
from tests.crash.mutants import MUTANTS
from tests.crash.scene_parts import Scene
from tests.crash.scenes import FOR_MUTANTS, SCENES

SEED = 1
DEEDS = 8
MOST_MISSED = 0.1
PROOF_ROWS = ("reboot: PUT reboot", "unlock: Unlock")
PROOF_FAULTS = ("kill", "kill-lost", "reset", "stall")


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


class Bench:
    """Carries out the parts that were asked for and counts what was broken."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Take the command line."""
        self._options = options
        self._lanes: int = options.lanes
        self._tried: dict[str, int] = {}
        self.broken = 0

    def run(self) -> None:
        """Do all parts, one after the other."""
        reference = bench.prepare()
        parts: dict[str, t.Callable[[Undisturbed], None]] = {
            "matrix": self._matrix,
            "recovery": self._recovery,
            "pairs": self._pairs,
            "scenes": self._scenes,
            "readings": self._readings,
            "playbook": self._playbook,
            "model": self._model,
            "mutants": self._mutants,
        }
        for name, part in parts.items():
            if name in self._options.parts:
                started = time.monotonic()
                part(reference)
                say(f"  ({time.monotonic() - started:.0f} s)\n")

    def _matrix(self, reference: Undisturbed) -> None:
        say(f"Every fault at every point of a window for one device: {len(reference.cases)} cases, one rerun each")
        tried = bench.run_cases(reference, reference.cases, self._lanes, progress=self._ticker(len(reference.cases)))
        say(bench.table(tried))
        say(bench.LEGEND)
        self._conclude(tried)

    def _recovery(self, reference: Undisturbed) -> None:
        chosen = [case for case in reference.cases if matrix.is_for_recovery(case)]
        say(f"The same without a rerun: hours later the scheduled recovery, alone, after {len(chosen)} deaths")
        tried = bench.on_lanes(chosen, matrix.leave_to_recovery, self._lanes, self._ticker(len(chosen)))
        say(bench.table(tried))
        self._conclude(tried)

    def _readings(self, _reference: Undisturbed) -> None:
        say(f"What Oracle does not document, in {len(readings.READINGS)} readings")
        for reading, knobs in readings.READINGS.items():
            reference = bench.prepare(knobs)
            chosen = readings.choose(reference.cases)
            tried = bench.run_cases(reference, chosen, self._lanes, progress=self._ticker(len(chosen)), knobs=knobs)
            say(f"  {reading}:")
            self._conclude(tried)

    def _pairs(self, reference: Undisturbed) -> None:
        chosen = pairs.choose(reference.cases, self._options.pairs, SEED)
        say(f"A second fault in the rerun, then another rerun: {len(chosen)} random pairs")
        tried = bench.on_lanes(
            chosen,
            lambda lane, pair: pairs.attempt(lane, pair, reference.record),
            self._lanes,
            self._ticker(len(chosen)),
        )
        self._conclude(tried)

    def _scenes(self, _reference: Undisturbed) -> None:
        say(f"Somebody else at work too: {len(SCENES)} scenes")
        for scene, problems in zip(SCENES, self._play(SCENES, None), strict=True):
            say(f"  {'X' if problems else '.'} {summary(scene)}")
            for problem in problems:
                say(f"      {problem}")
            self._count("scenes", 1, bool(problems))

    def _playbook(self, _reference: Undisturbed) -> None:
        with Lane() as lane:
            reference = playbook.undisturbed(lane)
        chosen = playbook.sample(reference.cases, self._options.playbook_points)
        say(f"The same through ansible-playbook: a sample of {len(chosen)} of {len(reference.cases)} cases")
        tried = bench.on_lanes(
            chosen,
            lambda lane, case: playbook.attempt(lane, case, reference),
            self._lanes,
            self._ticker(len(chosen)),
        )
        say(bench.table(tried))
        self._conclude(tried)

    def _model(self, _reference: Undisturbed) -> None:
        examples = self._options.examples
        say(f"Random deeds of people and machines: {examples} stories of up to {DEEDS} deeds")
        try:
            with Lane() as lane:
                model.tell(lane, examples, DEEDS, the_same=False)
        except AssertionError:
            say(traceback.format_exc())
            self._count("stories", examples, 1)
        else:
            self._count("stories", examples, 0)
            say(f"  {examples} stories, no invariant was broken")

    def _mutants(self, reference: Undisturbed) -> None:
        say("The bench itself: clients that are broken on purpose must be caught")
        proof = proof_cases(reference.cases)
        for name, mutant in MUTANTS.items():
            tried = bench.run_cases(reference, proof, self._lanes, mutant=name)
            played = self._play(FOR_MUTANTS, name)
            scenes = [scene for scene, problems in zip(FOR_MUTANTS, played, strict=True) if problems]
            caught = sum(each.ended == "broken" for each in tried)
            say(f"  {name} ({mutant.wrong}): caught in {caught} of {len(proof)} cases and in {len(scenes)} scenes")
            examples = [each.problems[0] for each in tried if each.problems][:1] + [summary(each) for each in scenes][
                :1
            ]
            for example in examples:
                say(f"      for example: {example}")
            if not caught and not scenes:
                say(f"      X {name} was not caught")
            self._count("broken clients", 1, not caught and not scenes)

    def _play(self, scenes: t.Sequence[Scene], mutant: str | None) -> list[list[str]]:
        return bench.on_lanes(scenes, lambda lane, scene: scene(lane, mutant), self._lanes)

    def _ticker(self, total: int) -> bench.Ticker:
        return bench.Ticker(total, say)

    def _conclude(self, tried: t.Sequence[Tried[t.Any]]) -> None:
        broken = sum(each.ended == "broken" for each in tried)
        unknown = sum(each.ended == "unknown" for each in tried)
        missed = sum(each.ended == "missed" for each in tried)
        say(
            f"  {len(tried)} tried, {len(tried) - missed} reached, {len(tried) - missed - broken} held "
            f"({unknown} as a truthful unknown), {broken} violations"
        )
        self._count("cases", len(tried), broken)
        # How often a device is looked at depends on time; but a bench that comes nowhere proves nothing.
        if missed > len(tried) * MOST_MISSED:
            say(f"  X {missed} of {len(tried)} were not reached")
            self.broken += 1

    def _count(self, what: str, tried: int, broken: int) -> None:
        self._tried[what] = self._tried.get(what, 0) + tried
        self.broken += broken

    def verdict(self) -> str:
        """Return what came of everything in one line."""
        tried = ", ".join(f"{number} {what}" for what, number in self._tried.items())
        return f"VERDICT: {f'{self.broken} VIOLATIONS' if self.broken else 'every promise held'} ({tried})"


def proof_cases(cases: t.Sequence[Case]) -> list[Case]:
    """Return the cases the mutants are put through."""
    return [case for case in cases if case.point.row in PROOF_ROWS and case.fault.name in PROOF_FAULTS]


def summary(scene: Scene) -> str:
    """Return what a scene is about, from its docstring."""
    return str(scene.__doc__).splitlines()[0]


def main() -> int:
    """Read the command line, run the bench, give the exit status."""
    names = ("matrix", "recovery", "pairs", "scenes", "readings", "playbook", "model", "mutants")
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("parts", nargs="*", default=names, help=f"which of {', '.join(names)}; all of them by default")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1, help="how many windows run side by side")
    parser.add_argument("--pairs", type=int, default=120, metavar="N")
    parser.add_argument("--playbook-points", type=int, default=63, metavar="N")
    parser.add_argument("--examples", type=int, default=60, metavar="N", help="stories of the model")
    options = parser.parse_args()
    unknown = sorted(set(options.parts) - set(names))
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}")
    whole = Bench(options)
    whole.run()
    say(whole.verdict())
    return 1 if whole.broken else 0


if __name__ == "__main__":
    sys.exit(main())
