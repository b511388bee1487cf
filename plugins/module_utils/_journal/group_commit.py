# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Group commit: the writers of one process share a transaction, and so a flush of the disk.

A writer that finds nobody at work carries out its own work and that of all who wait by then; the next of those who came
meanwhile goes on. Each returns when its own work is on disk. Nothing here knows the database.
"""

from __future__ import annotations

import threading
import typing as t

# So many share a transaction at most: other processes wait for its end.
MOST_TOGETHER = 256


class Job:
    """One writer's work: a function of the connection, which may run again after a transaction that failed."""

    __slots__ = ("_wake", "done", "error", "leads", "value", "work")

    def __init__(self, work: t.Callable[[t.Any], t.Any]) -> None:
        self.work = work
        self.value: t.Any = None
        self.error: BaseException | None = None
        self.done = False
        self.leads = False
        self._wake = threading.Lock()
        self._wake.acquire()

    def finish(self, value: t.Any = None, error: BaseException | None = None) -> None:
        """Note how the work ended; an error is raised to its writer alone."""
        self.value, self.error, self.done = value, error, True

    def wait(self) -> None:
        """Wait until a thread has carried this out, or hands the lead over."""
        self._wake.acquire()

    def wake(self) -> None:
        """Let the writer go on."""
        self._wake.release()


class GroupCommit:
    """Runs the work of a process's writers, many in one transaction; safe for hundreds of threads."""

    def __init__(self, flush: t.Callable[[list[Job]], None], pause: t.Callable[[], None] = lambda: None) -> None:
        """Take what carries jobs out and makes them durable, and what is done between two transactions.

        ``flush`` finishes every job. ``pause`` lets other processes have a turn.
        """
        self._flush = flush
        self._pause = pause
        self._lock = threading.Lock()
        self._waiting: list[Job] = []
        self._led = False

    def run(self, work: t.Callable[[t.Any], t.Any]) -> t.Any:
        """Carry work out. Returns what it returned, once that is durable; raises what it or the flush raised."""
        job = Job(work)
        with self._lock:
            self._waiting.append(job)
            job.leads, self._led = not self._led, True
        if not job.leads:
            self._follow(job)
        if job.leads:
            self._lead(job)
        if job.error is not None:
            raise job.error
        return job.value

    def _follow(self, job: Job) -> None:
        try:
            job.wait()
        except BaseException:
            # Interrupted: whoever leads may carry it out all the same, but nobody may wait for this thread.
            with self._lock:
                if job in self._waiting:
                    self._waiting.remove(job)
                successor = self._successor() if job.leads else None
            if successor is not None:
                successor.wake()
            raise

    def _lead(self, own: Job) -> None:
        with self._lock:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        try:
            self._flush(batch)
        except BaseException as error:  # noqa: BLE001 - each writer raises it in its own thread
            for job in batch:
                if not job.done:
                    job.finish(error=error if job is own else Interrupted())
        finally:
            for job in batch:
                if job is not own:
                    job.wake()
            if self._waiting:
                self._pause()
            with self._lock:
                successor = self._successor()
            if successor is not None:
                successor.wake()

    def _successor(self) -> Job | None:
        """Hand the lead over to who has waited longest, or to nobody; call it with the lock."""
        if not self._waiting:
            self._led = False
            return None
        self._waiting[0].leads = True
        return self._waiting[0]


class Interrupted(Exception):
    """The thread that carried this work out for others was interrupted; nothing of it was written."""

    def __init__(self) -> None:
        super().__init__("the thread that was writing for others was interrupted")
