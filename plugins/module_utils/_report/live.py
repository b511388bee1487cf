# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live page: the HTML report of a window that is running, written again and again in one step each time.

The task that reports the window asks for it and writes the first page; the task that runs the window keeps it up to
date. It needs no server: the page reloads itself, and says how old it is.
"""

from __future__ import annotations

import os
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import file_name, write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.html_page import Live, as_html
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.known import known_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import report_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store

# Seconds between two pages; where one takes long to make, there are fewer.
WRITE_EVERY = 5.0
LONGEST_SHARE = 0.05

# Seconds after which the page in a browser loads itself again.
RELOAD_EVERY = 10


def ask_live(task: Task) -> None:
    """Note that the window of a report is to have a live page, and write the first one. Never raises."""
    params = task.params
    if not params["live"] or not params["window_id"]:
        return
    path = os.path.join(params["dest"], f"{file_name(params['window_id'])}.html")
    task.store.save(_key(params["window_id"]), {"path": path})
    try:
        with journal_of(task) as journal:
            write_live(journal, params["window_id"], path)
    except MaintenanceError as error:
        task.warn(f"The live page cannot be written: {error}")
    else:
        task.tell(f"Live page: {path}")


def live_path(store: Store, window_id: str) -> str | None:
    """Return where the live page of a window of this run is; None when none was asked for."""
    asked = store.load(_key(window_id))
    return None if asked is None else str(asked["path"])


def write_live(journal: Journal, window_id: str, path: str) -> None:
    """Write the page as the journal is now. Raises MaintenanceError."""
    report = report_of(journal, known_of(journal, window_id, {"at_end": True}))
    page = as_html(report, Live(journal.clock.now(), RELOAD_EVERY))
    write_if_changed(path, page.encode("utf-8", "backslashreplace"))


class LivePage:
    """Keeps a page up to date beside a task, in a thread of its own: ``with LivePage(write, clock): ...``.

    ``write`` may raise MaintenanceError: the page then stays as it is until the next time, and says how old it is.
    """

    def __init__(self, write: t.Callable[[], None], clock: Clock) -> None:
        """Take what writes the page, and the clock that measures how long that takes."""
        self._write = write
        self._clock = clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="live page", daemon=True)

    def __enter__(self) -> LivePage:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Write the page for the last time."""
        self._ended.set()
        self._thread.join()
        self._once()

    def _go_on(self) -> None:
        while True:
            took = self._once()
            if self._ended.wait(max(WRITE_EVERY, took / LONGEST_SHARE)):
                return

    def _once(self) -> float:
        """Write the page; return how many seconds that took."""
        began = self._clock.monotonic()
        try:
            self._write()
        except MaintenanceError:
            # The run is what matters; the report at its end says what went wrong with the journal.
            pass
        return self._clock.monotonic() - began


def _key(window_id: str) -> str:
    return f"live page {window_id}"
