# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch the files, and run the tests near each change.

``make dev`` looks once a second. A test file runs itself; a file of a room runs the tests named after it, or else all
tests of the room; everything else runs the house's tests.
"""

from __future__ import annotations

import subprocess
import sys
import time
import typing as t
from pathlib import Path

from tests.tools.isolated import ROOT

WATCHED = ("plugins", "roles", "playbooks", "meta", "docs", "examples", "tests")
HOUSE = "tests/unit/house"
EVERY = 1.0
"""Seconds between two looks."""


def near(changed: str, tests: t.Collection[str]) -> list[str]:
    """Return the tests near a changed file: paths of test files or folders of them, from all unit ``tests``."""
    path = Path(changed)
    if path.name.startswith("test_") and path.suffix == ".py":
        return [changed]
    if path.suffix != ".py" or path.parts[0] != "plugins" or len(path.parts) < 3:
        return [HOUSE] if path.parts[0] != "tests" else []
    room = path.parts[2].removeprefix("_") if len(path.parts) > 3 else ""
    named = [test for test in tests if Path(test).stem.startswith(f"test_{path.stem}")]
    beside = [test for test in named if not room or f"/{room}/" in test]
    if beside:
        return sorted(beside)
    folder = f"tests/unit/{room or 'ground'}"
    return [folder] if any(test.startswith(f"{folder}/") for test in tests) else [HOUSE]


def seen(root: Path) -> dict[str, float]:
    """Return when each watched file was last changed, by its path."""
    return {
        path.relative_to(root).as_posix(): path.stat().st_mtime
        for folder in WATCHED
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def main() -> int:
    """Watch until interrupted."""
    before = seen(ROOT)
    print("Watching; a change runs the tests near it. Ctrl-C ends it.", flush=True)
    try:
        while True:
            time.sleep(EVERY)
            now = seen(ROOT)
            changed = sorted(name for name, at in now.items() if before.get(name) != at)
            before = now
            tests = [name for name in now if name.startswith("tests/unit/") and Path(name).name.startswith("test_")]
            wanted = sorted({test for name in changed for test in near(name, tests)})
            if wanted:
                print(f"\n$ pytest {' '.join(wanted)}", flush=True)
                subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", *wanted], cwd=ROOT, check=False)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
