# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback window_progress: how far a maintenance window is, while it runs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_progress
type: aggregate
short_description: Show how far a maintenance window is
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Shows the devices of a maintenance window by stage (locking, syncing, rebooting, waiting for proof, holding, done,
    failed, unknown, not started), how many are finished, how long the run has taken and about how long it will take,
    the time until the cut-off and the failure limit used, from the journal.
  - How long it will take is at first what the plan of the window forecasts, and then follows the pace of the devices
    that are done.
  - On a terminal, one bar for each batch and the stages stay at the bottom while Ansible's output scrolls above. In a
    bar, C(#) is done, C(+) at work, C(x) failed or refused, C(?) unknown, C(-) not started and C(.) waiting.
    Without a terminal (AWX, CI), one line is printed for each change of stage, and one every few seconds while nothing
    changes.
  - It only reads, and whatever goes wrong with it is kept away from the run.
requirements:
  - enable it in the configuration (C(callbacks_enabled=netfleet.maintenance.window_progress))
  - SQLAlchemy >= 2.0
  - rich, for the view on a terminal
options:
  mode:
    description:
      - V(auto) is V(live) on a terminal of enough lines where the Python package rich is installed, else V(lines).
    type: str
    choices: [auto, live, lines, "off"]
    default: auto
    env:
      - name: NETFLEET_PROGRESS
    ini:
      - section: callback_window_progress
        key: mode
  journal:
    description:
      - Where the journal is, as in the option of the modules. What a task of the run says about it comes first.
    type: str
    env:
      - name: NETFLEET_JOURNAL
    ini:
      - section: callback_window_progress
        key: journal
  interval:
    description: Seconds between two looks at the journal.
    type: float
    default: 1
    env:
      - name: NETFLEET_PROGRESS_INTERVAL
    ini:
      - section: callback_window_progress
        key: interval
  heartbeat:
    description: After how many seconds without a change a line is printed all the same.
    type: float
    default: 5
    env:
      - name: NETFLEET_PROGRESS_HEARTBEAT
    ini:
      - section: callback_window_progress
        key: heartbeat
"""

import contextlib
import functools
import importlib.util
import json
import os
import subprocess
import sys
import threading
import typing as t

from ansible.plugins.callback import CallbackBase

from ansible_collections.netfleet.maintenance.plugins.module_utils._background import import_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant

Hook = t.TypeVar("Hook", bound=t.Callable[..., None])

_WATCHER = "ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.watcher"
_OURS = "netfleet.maintenance."
_LAST_WORD_SECONDS = 5.0
# What reads about a window has no progress.
_READING = ("journal_info", "window_report", "window_status")


def guarded(hook: Hook) -> Hook:
    """Keep whatever goes wrong in a hook away from the run: the first error is shown, and the rest is silent."""

    @functools.wraps(hook)
    def kept(self: CallbackModule, *given: t.Any, **named: t.Any) -> None:
        if self.is_off:
            return
        try:
            hook(self, *given, **named)
        except Exception as error:  # noqa: BLE001 - a view of the work must never stop the work
            self.give_up(error)

    return t.cast("Hook", kept)


class CallbackModule(CallbackBase):
    """Informs a watching process what the run is about, and shows what it says."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "netfleet.maintenance.window_progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *given: t.Any, **named: t.Any) -> None:
        """Begin without a watcher: it starts when the window is known."""
        super().__init__(*given, **named)
        self.is_off = False
        self._owner = os.getpid()
        self._watcher: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._told: dict[str, t.Any] = {}

    def give_up(self, error: Exception) -> None:
        """Show no more, and let go of the watcher: it ends when it has nobody to listen to."""
        self.is_off = True
        if self._watcher is not None:
            with contextlib.suppress(OSError):
                self._watcher.stdin.close()  # type: ignore[union-attr]
        self._display.warning(f"window_progress shows no more: {type(error).__name__}: {error}")

    @guarded
    def v2_runner_on_ok(self, result: t.Any, **_more: t.Any) -> None:
        """Learn the window's id and times; its devices are in the journal."""
        self._learn(result)

    @guarded
    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False, **_more: t.Any) -> None:
        """Learn from a task that failed, too."""
        self._learn(result)

    @guarded
    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Have the last look shown, and end the watcher."""
        if self._watcher is None:
            return
        self._tell({"ended": True}, always=True)
        self._watcher.stdin.close()  # type: ignore[union-attr]
        self._watcher.wait(_LAST_WORD_SECONDS)
        if self._reader is not None:
            self._reader.join(_LAST_WORD_SECONDS)

    def _learn(self, result: t.Any) -> None:
        # The public names came with ansible-core 2.19; older cores have only the underscored ones.
        task = getattr(result, "task", None) or result._task
        data = getattr(result, "result", None) or result._result
        window = (data.get("ansible_facts") or {}).get("__window")
        if isinstance(window, dict) and window.get("id"):
            ends_at = window.get("cutoff_at") or window.get("closes_at")
            self._tell({"window_id": str(window["id"]), "ends_at": parse_instant(ends_at) if ends_at else None})
        elif str(task.action).startswith(_OURS) and str(task.action).removeprefix(_OURS) not in _READING:
            arguments = (data.get("invocation") or {}).get("module_args") or {}
            self._tell({"window_id": arguments.get("window_id"), "place": arguments.get("journal")})

    def _tell(self, news: dict[str, t.Any], *, always: bool = False) -> None:
        """Write to the watcher what it does not know yet, starting it when there is something to say."""
        fresh = {key: value for key, value in news.items() if value is not None and self._told.get(key) != value}
        if not fresh and not always:
            return
        self._told.update(fresh)
        if self._watcher is None:
            if not self._start():
                return
            news = {"place": self.get_option("journal"), **news}
            fresh = {"place": self.get_option("journal"), **fresh}
        stdin = t.cast("subprocess.Popen[bytes]", self._watcher).stdin
        stdin.write((json.dumps(news if always else fresh) + "\n").encode())  # type: ignore[union-attr]
        stdin.flush()  # type: ignore[union-attr]

    def _start(self) -> bool:
        """Start the watcher in the mode that fits; gives whether there is one."""
        mode = self._mode()
        if mode == "off" or os.getpid() != self._owner:
            self.is_off = True
            return False
        options = [str(self.get_option("interval")), str(self.get_option("heartbeat"))]
        self._watcher = subprocess.Popen(
            [sys.executable, "-m", _WATCHER, mode, *options],
            stdin=subprocess.PIPE,
            # Named, because Ansible has its own standard output closed in the programs it starts.
            stdout=sys.stdout if mode == "live" else subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=import_path(),
        )
        if mode == "lines":
            self._reader = threading.Thread(target=self._show_lines, name="window_progress", daemon=True)
            self._reader.start()
        return True

    def _mode(self) -> str:
        mode: str = self.get_option("mode")
        has_terminal, has_rich = sys.stdout.isatty(), importlib.util.find_spec("rich") is not None
        if mode == "live" and not has_rich:
            self._display.warning("window_progress: the live view needs the Python package rich; lines are shown.")
        if mode in ("auto", "live"):
            return "live" if has_terminal and has_rich else "lines"
        return mode

    def _show_lines(self) -> None:
        """Show what the watcher prints; runs in a thread.

        Nothing but Ansible's own display is touched: Ansible holds its lock while it forks.
        """
        pipe = t.cast("subprocess.Popen[bytes]", self._watcher).stdout
        handle = pipe.fileno()  # type: ignore[union-attr]
        left = b""
        while received := os.read(handle, 65536):
            *lines, left = (left + received).split(b"\n")
            for each in lines:
                self._display.display(each.decode("utf-8", "replace"))
