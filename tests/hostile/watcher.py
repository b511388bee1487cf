# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run shows of itself while it runs: to everybody on the machine, and in the files its workers share."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
import typing as t
from pathlib import Path

LIMIT = 30.0


class Watcher:
    """Looks at the arguments and environments of programs and at the run's shared files, again and again."""

    def __init__(self, home: Path) -> None:
        """Take the folder that is HOME for the run and for everything it starts."""
        self._home = home
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.arguments: set[bytes] = set()
        self.environments: set[bytes] = set()
        """Of the programs of the run; others' are nobody's business."""
        self.shared: dict[Path, tuple[int, int, bytes]] = {}

    def __enter__(self) -> Watcher:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """End looking."""
        self._ended.set()
        self._thread.join()

    def wait_until_gone(self) -> None:
        """Wait until nothing that the run has started lives any more. Raises AssertionError when something stays."""
        deadline = time.monotonic() + LIMIT
        while self._of_the_run():
            assert time.monotonic() < deadline, self._of_the_run()
            time.sleep(0.1)

    def sessions(self) -> set[str]:
        """Return the cookies and tokens that the run shared and did not seal."""
        found: set[str] = set()
        for _mode, _folder, text in self.shared.values():
            value = json.loads(text).get("value") or {}
            found |= {str(value[key]) for key in ("cookie", "token", "access_token") if key in value}
        return found

    def _watch(self) -> None:
        while not self._ended.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                _look(lambda path=path: self.arguments.add(path.read_bytes()))  # type: ignore[misc]
            self._of_the_run()
            for path in self._home.glob(".ansible/tmp/ansible-local-*/netfleet_maintenance/*.json"):
                _look(lambda path=path: self._keep(path))  # type: ignore[misc]
            time.sleep(0.02)

    def _of_the_run(self) -> list[str]:
        """Return the programs of the run that live now, and note their environments."""
        found: list[str] = []
        own = b"HOME=" + os.fsencode(self._home)

        def note(path: Path) -> None:
            environment = path.read_bytes()
            if own in environment.split(b"\0"):
                self.environments.add(environment)
                found.append(path.with_name("cmdline").read_text(errors="replace").replace("\0", " "))

        for path in Path("/proc").glob("[0-9]*/environ"):
            _look(lambda path=path: note(path))  # type: ignore[misc]
        return found

    def _keep(self, path: Path) -> None:
        modes = stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)
        self.shared[path] = (*modes, path.read_bytes())


def _look(at: t.Callable[[], object]) -> None:
    try:
        at()
    except OSError:
        # It ended, or was removed, while we looked.
        return
