# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many processes at one journal at the same moment.

`gather` starts a Python of its own, which forks the processes (the tests' own process has threads and may not fork),
lets them all go at once, and gives what each of them returned. What they do is in `jobs.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
import typing as t

from tests.tools.isolated import ROOT, ensure_link, isolated_environment

LIMIT = 120


def gather(job: str, processes: int, place: str, **options: t.Any) -> list[t.Any]:
    """Let processes do a job of `jobs.py` at once, each with its number, and give what each of them returned.

    A process that was killed gives None; an error in one is raised here.
    """
    order = {"job": job, "processes": processes, "place": place, "options": options}
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.neighbours.journal.crowd", json.dumps(order)],
        cwd=ROOT,
        env=isolated_environment(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: list[t.Any] = json.loads(done.stdout)
    problems = [result["error"] for result in results if result and "error" in result]
    assert not problems, f"{len(problems)} of {processes} processes failed, the first with: {problems[0]}"
    return [result["value"] if result else None for result in results]


def _main(order: dict[str, t.Any]) -> None:
    sys.path.insert(0, str(ensure_link()))
    from tests.integration.neighbours.journal import jobs

    job = getattr(jobs, order["job"])
    wait_here, go = os.pipe()
    answers = []
    for number in range(order["processes"]):
        answer, write = os.pipe()
        if os.fork() == 0:
            os.close(go)
            os.read(wait_here, 1)
            try:
                result: dict[str, t.Any] = {"value": job(order["place"], number, **order["options"])}
            except Exception:  # noqa: BLE001 - shown by whoever reads it
                result = {"error": traceback.format_exc()}
            os.write(write, json.dumps(result).encode())
            os._exit(0)
        os.close(write)
        answers.append(answer)
    os.close(go)
    results = []
    for answer in answers:
        with open(answer, encoding="utf-8") as stream:
            text = stream.read()
        os.wait()
        results.append(json.loads(text) if text else None)
    print(json.dumps(results))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
