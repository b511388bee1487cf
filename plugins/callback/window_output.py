# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback window_output: the output of a playbook, short enough to be read while a window runs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_output
type: stdout
short_description: Print what matters of a maintenance window
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Prints messages, the lines of the window itself, each failure once as one line, warnings, and the number of hosts
    that failed. Tasks that are ok, changed or skipped print nothing, so that the output of a large fleet fits a
    terminal.
  - With C(-v) it prints what the callback P(ansible.builtin.default#callback) prints.
  - Works for every playbook. P(netfleet.maintenance.window_progress#callback) may be enabled beside it.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in the configuration (C(stdout_callback=netfleet.maintenance.window_output))
"""

import typing as t

from ansible import constants as C
from ansible.plugins.callback.default import CallbackModule as Default

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

# Actions whose result is a message for the person who started the run.
_MESSAGES = ("debug", "ansible.builtin.debug")

# It prints lines of its own while it works, so its name stands above them.
_WORK = ("window_run", "netfleet.maintenance.window_run")


class CallbackModule(Default):
    """Prints a run in few lines; everything with -v."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "netfleet.maintenance.window_output"

    def __init__(self) -> None:
        """Begin with nothing said."""
        super().__init__()
        self._said: set[str] = set()

    @property
    def _shows_all(self) -> bool:
        return bool(self._display.verbosity > 0)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """Remember the play."""
        if self._shows_all:
            super().v2_playbook_on_play_start(play)
            return
        self._play = play

    def _task_start(self, task: t.Any, prefix: str | None = None) -> None:
        if self._shows_all:
            super()._task_start(task, prefix)
        elif task.action in _WORK:
            self._display.display(f"{task.get_name().rpartition(' : ')[2].strip()}:")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Print a message, and the warnings of any task."""
        if self._shows_all:
            super().v2_runner_on_ok(result)
            return
        self._handle_warnings(_data(result))
        if _task(result).action in _MESSAGES:
            for message in _messages(_data(result)):
                self._display.display(message)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """Print a failure once, however often it is handed on."""
        if self._shows_all:
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._handle_warnings(_data(result))
        # The items of a loop were printed as each of them failed.
        if not ignore_errors and not (_task(result).loop and "results" in _data(result)):
            self._fail(result, str(_data(result).get("msg") or "The task failed. Run again with -v to see why."))

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """Print why a host is unreachable."""
        if self._shows_all:
            super().v2_runner_on_unreachable(result)
            return
        self._fail(result, f"unreachable: {_data(result).get('msg', '')}")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """Print nothing."""
        if self._shows_all:
            super().v2_runner_on_skipped(result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        """Print the message of an item."""
        if self._shows_all:
            super().v2_runner_item_on_ok(result)
            return
        self.v2_runner_on_ok(result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        """Print the failure of an item."""
        if self._shows_all:
            super().v2_runner_item_on_failed(result)
            return
        self._handle_warnings(_data(result))
        self._fail(result, str(_data(result).get("msg") or "The task failed. Run again with -v to see why."))

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        """Print nothing."""
        if self._shows_all:
            super().v2_runner_item_on_skipped(result)

    def v2_runner_retry(self, result: t.Any) -> None:
        """Print nothing."""
        if self._shows_all:
            super().v2_runner_retry(result)

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        """Print nothing."""
        if self._shows_all:
            super().v2_playbook_on_include(included_file)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Print nothing: a play without hosts is usual in the playbooks of this collection."""
        if self._shows_all:
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        """Print nothing: each host that failed has its line."""
        if self._shows_all:
            super().v2_playbook_on_no_hosts_remaining()

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Print how many hosts ended how."""
        if self._shows_all:
            super().v2_playbook_on_stats(stats)
            return
        hosts = sorted(stats.processed)
        failed = [host for host in hosts if stats.summarize(host)["failures"] or stats.summarize(host)["unreachable"]]
        said = f"Hosts: {len(hosts) - len(failed)} ok, {len(failed)} failed."
        self._display.display(said, color=C.COLOR_ERROR if failed else C.COLOR_OK)

    def _fail(self, result: t.Any, message: str) -> None:
        host = self.host_label(result)
        line = legible(" ".join((message if host == "localhost" else f"{host}: {message}").split()))
        if line not in self._said:
            self._said.add(line)
            self._display.display(
                f"FAILED: {line}", color=C.COLOR_ERROR, stderr=self.get_option("display_failed_stderr")
            )


def _task(result: t.Any) -> t.Any:
    """Return the task of a result. The public names came with ansible-core 2.19; older cores have underscored ones."""
    return getattr(result, "task", None) or result._task


def _data(result: t.Any) -> dict[str, t.Any]:
    """Return what a task returned."""
    data = getattr(result, "result", None)
    return t.cast("dict[str, t.Any]", result._result if data is None else data)


def _messages(data: t.Mapping[str, t.Any]) -> list[str]:
    """Return the lines of a debug task: its message, or the variable that it shows."""
    if "msg" in data:
        message = data["msg"]
        return [str(line) for line in message] if isinstance(message, (list, tuple)) else str(message).splitlines()
    return [f"{name}: {value}" for name, value in data.items() if not name.startswith("_") and name not in _OF_ANSIBLE]


_OF_ANSIBLE = ("changed", "failed", "skipped", "deprecations", "warnings", "ansible_facts")
