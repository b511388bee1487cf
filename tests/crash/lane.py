# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lane of the bench: one simulator, one warm parent, and the runs that are driven through them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from tests.crash.hooks import TRACE
from tests.crash.steps import PAUSING, RELEASE, Job
from tests.simulators import Simulator
from tests.tools.isolated import ROOT, ensure_link, isolated_environment

DEVICES = 3
IN_MEMORY = "/dev/shm"
"""Where journals are kept if there is such a place: processes are killed here, the machine's power is not."""

RUN_LIMIT = 60.0
GHOST_LIMIT = 20.0
PAUSE = 0.02

KNOBS: dict[str, object] = {"zequenze.session_delay": 0.02, "zequenze.apply": 0.02, "zequenze.boot": 0.05}
"""A device does in a tenth of a second what takes minutes: real time, but little of it."""


class LaneError(Exception):
    """The bench itself did not work; no verdict about the product."""


@dataclasses.dataclass
class Run:
    """A run that was started: its controller's process id, and how it ended (below zero: the signal)."""

    lane: Lane
    label: str
    window_id: str
    folder: Path
    pid: int
    status: int | None = None

    def go(self) -> Run:
        """Let it begin."""
        self.lane.ask(command="go", pid=self.pid)
        return self

    def wait(self) -> Run:
        """Wait until the controller has ended. Raises LaneError when it does not."""
        self.status = self.lane.ask(command="wait", pid=self.pid, limit=RUN_LIMIT)
        if self.status is None:
            raise LaneError(f"run {self.label} did not end within {RUN_LIMIT:.0f} s")
        return self

    def settle(self) -> Run:
        """Wait until its workers have ended too. Raises LaneError when they do not."""
        if not self.lane.ask(command="settle", pid=self.pid, limit=GHOST_LIMIT):
            raise LaneError(f"a worker of run {self.label} did not end within {GHOST_LIMIT:.0f} s")
        return self

    def wait_for(self, step: str) -> Run:
        """Wait until a step has said something. Raises LaneError when it does not."""
        until = time.monotonic() + RUN_LIMIT
        while not any(line["step"] == step for line in self.said()):
            if time.monotonic() > until:
                raise LaneError(f"step {step} of run {self.label} did not end within {RUN_LIMIT:.0f} s")
            time.sleep(PAUSE)
        return self

    def wait_for_pause(self) -> Run:
        """Wait until it pauses where it was told to, or has ended before. Raises LaneError when it does neither."""
        until = time.monotonic() + RUN_LIMIT
        while not (self.folder / PAUSING).exists() and self._state() not in ("Z", ""):
            if time.monotonic() > until:
                raise LaneError(f"run {self.label} neither paused nor ended within {RUN_LIMIT:.0f} s")
            time.sleep(PAUSE)
        return self

    def release(self) -> Run:
        """Let it go on where it was told to pause."""
        (self.folder / RELEASE).touch()
        return self

    def wait_stopped(self) -> Run:
        """Wait until it has been suspended. Raises LaneError when it is not."""
        until = time.monotonic() + RUN_LIMIT
        while self._state() != "T":
            if time.monotonic() > until:
                raise LaneError(f"run {self.label} was not suspended within {RUN_LIMIT:.0f} s")
            time.sleep(PAUSE)
        return self

    def resume(self) -> Run:
        """Let it go on where it was suspended."""
        os.killpg(self.pid, signal.SIGCONT)
        return self

    def stop(self) -> Run:
        """Kill its process group."""
        os.killpg(self.pid, signal.SIGKILL)
        return self

    def _state(self) -> str:
        """Return the state of the controller as Linux shows it: Z when it has ended, nothing when it is gone, too."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return ""

    def said(self) -> list[dict[str, t.Any]]:
        """Return what its steps said, each as ``{step, result}``, as far as the controller lived to hear it."""
        return _lines(Path(self.folder, "said.jsonl"))

    def commits(self) -> list[dict[str, t.Any]]:
        """Return its journal transactions, each as ``{step, nth, writes}``."""
        return _lines(Path(self.folder, TRACE))

    def output(self) -> str:
        """Return what it printed: nothing, unless the bench is broken."""
        path = Path(self.folder, "output")
        return path.read_text(errors="replace") if path.exists() else ""


class Lane:
    """Use it as ``with Lane() as lane``; not for several threads."""

    def __init__(self, knobs: t.Mapping[str, object] | None = None) -> None:
        """Make a lane whose simulator has further knobs set; entering it starts the processes."""
        self.simulator = Simulator(devices=DEVICES, knobs={**KNOBS, **(knobs or {})}, process=True)
        self._folder = Path()
        self._numbers = itertools.count(1)
        self._parent: subprocess.Popen[str] | None = None

    def __enter__(self) -> Lane:
        """Start the simulator and the warm parent."""
        self.simulator.__enter__()
        self._folder = Path(tempfile.mkdtemp(prefix="crash-", dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None))
        environment = isolated_environment(os.environ) | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ensure_link()}"}
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.warm"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End both and remove what the runs left."""
        if self._parent is not None:
            self._parent.communicate(timeout=GHOST_LIMIT)
        self.simulator.__exit__()
        shutil.rmtree(self._folder)

    @property
    def device(self) -> str:
        """The device everything is done to: the third one has a setting waiting, so that a sync changes something."""
        return str(self.simulator.devices()[2]["name"])

    def afresh(self) -> None:
        """Forget all that happened: a new world, a new journal."""
        self.simulator.reset()
        for path in self._folder.iterdir():
            shutil.rmtree(path)

    def journal(self) -> Path:
        """Return the path of the present world's journal."""
        folder = self._folder / "state"
        folder.mkdir(exist_ok=True)
        return folder / "journal.sqlite3"

    def start(self, window_id: str = "CHG1", **more: t.Any) -> Run:
        """Start a run that waits for :meth:`Run.go`; ``more`` are further fields of its job."""
        label, folder = self.new_folder()
        job = Job(
            url=self.simulator.url,
            journal=str(self.journal()),
            folder=str(folder),
            device=more.pop("device", None) or self.device,
            window_id=window_id,
            label=label,
            **more,
        )
        return Run(self, label, window_id, folder, self.ask(command="start", job=job.as_json()))

    def new_folder(self) -> tuple[str, Path]:
        """Return the label and the folder of one more run."""
        label = f"run{next(self._numbers)}"
        folder = self._folder / label
        folder.mkdir()
        return label, folder

    def ask(self, **command: t.Any) -> t.Any:
        """Have the warm parent do something and give its answer. Raises LaneError when it is gone."""
        parent = t.cast("subprocess.Popen[str]", self._parent)
        stdin, stdout = t.cast("t.IO[str]", parent.stdin), t.cast("t.IO[str]", parent.stdout)
        stdin.write(json.dumps(command) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise LaneError("the warm parent of the runs has ended")
        return json.loads(line)


def _lines(path: Path) -> list[dict[str, t.Any]]:
    if not path.exists():
        return []
    # A killed run may leave half a line.
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
