# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that watches the journal for the callback window_progress.

It is a separate process because a thread of the controller that is inside the database library while Ansible forks a
worker would leave that worker with locks nobody ever opens. The callback writes what it learns as lines of JSON to our
standard input; its end is ours. On a terminal we draw there, else every line we print is shown by the callback.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.durations import taken
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import open_existing
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.forecast import forecast
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.stages import (
    SETTLED,
    View,
    Watched,
    changes,
    line,
    still,
    view_of,
)

Show = t.Callable[[View], None]


class Watcher:
    """Looks at the journal and shows what changed."""

    def __init__(self, show: Show, watched: Watched) -> None:
        """Take what shows a view, and what is known of the window."""
        self._show = show
        self._watched = watched
        self._journal: Journal | None = None
        self._opened: str | None = None
        # What kept devices back in an earlier run of the window is history.
        self._since = time.time()

    def look(self) -> None:
        """Look once; a journal that cannot be read now is looked at again the next time."""
        watched = self._watched
        if watched.window_id is None:
            return
        try:
            if self._journal is None or self._opened != watched.place:
                self.close()
                self._journal, self._opened = open_existing(watched.place, Clock()), watched.place
            if self._journal is None:
                return
            window = reading.Filter(windows=(watched.window_id,))
            locks = reading.locks(self._journal, window)
            operations = reading.operations(self._journal, window)
            kept_back = reading.kept_back(self._journal, watched.window_id, self._since)
            record = Windows(self._journal).read(watched.window_id)
            control = Controls(self._journal).in_force(watched.window_id, record.name if record else "")
            if record is not None:
                watched.agree(record)
            view = view_of(watched, locks, operations, time.time(), kept_back)
            if record is not None and watched.expected is None:
                # Once, at the start: from then on the devices that are through tell how far off it is.
                left = {
                    name: record.operations
                    for batch in watched.batches
                    for name in batch
                    if view.stages.get(name) not in SETTLED
                }
                watched.expected = forecast(record, taken(self._journal), left).ends
        except MaintenanceError:
            self.close()
            return
        watched.control = "" if control is None else control.sentence
        if watched.started_at is None:
            watched.started_at = self._since
            watched.settled_before = sum(view.counts.get(stage, 0) for stage in SETTLED)
        self._show(view)

    def close(self) -> None:
        """Let go of the journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None


class Lines:
    """Shows a view as plain lines: one for each stage that was entered, and one now and then while nothing changes."""

    def __init__(self, watched: Watched, heartbeat: float) -> None:
        """Take what is known of the window and after how many silent seconds to speak all the same."""
        self._watched = watched
        self._heartbeat = heartbeat
        self._before: View | None = None
        self._spoken = time.monotonic()

    def __call__(self, view: View) -> None:
        """Print what is new."""
        said = changes(self._before, view)
        if not said and time.monotonic() - self._spoken >= self._heartbeat:
            said = [still(view)]
        self._before = view
        for text in said:
            self._spoken = time.monotonic()
            sys.stdout.write(line(text, self._watched, view) + "\n")
        sys.stdout.flush()


def watch(show: Show, watched: Watched, interval: float) -> None:
    """Look every ``interval`` seconds until the callback says that the run has ended, or is gone."""
    watcher = Watcher(show, watched)
    parent = os.getppid()
    left = b""
    try:
        while not watched.ended and os.getppid() == parent:
            if select.select([0], [], [], interval)[0]:
                received = os.read(0, 65536)
                if not received:
                    break
                *lines, left = (left + received).split(b"\n")
                for each in lines:
                    watched.learn(json.loads(each))
            watcher.look()
        watcher.look()
    finally:
        watcher.close()


def main(mode: str, interval: float, heartbeat: float) -> None:
    """Be the process: ``mode`` is live (draw on the terminal that is our standard output) or lines."""
    # Ctrl-C is meant for Ansible, which tells us when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watched = Watched()
    if mode == "lines":
        watch(Lines(watched, heartbeat), watched, interval)
        return
    from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.terminal import Terminal, render

    terminal = Terminal(1)
    try:
        watch(lambda view: terminal.show(render(watched, view, terminal.width)), watched, interval)
    finally:
        with contextlib.suppress(OSError):
            terminal.restore()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
