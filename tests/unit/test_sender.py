# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a process that wrote into the journal, and the run it worked for, still live."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import process as _sender
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import (
    is_dead,
    run_lives,
    same_run,
    this_sender,
)

NO_PROCESS = 2**31 - 1


@pytest.fixture
def other() -> t.Iterator[subprocess.Popen[bytes]]:
    """Another process that lives until it is told to end."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def sender_of(pid: int) -> dict[str, t.Any]:
    """Give the identity that process would write down."""
    return {**this_sender(pid), "pid": pid, "started": this_sender(pid)["run_started"]}


def test_this_process_lives_and_is_its_own_run() -> None:
    me = this_sender()
    assert (me["pid"], me["run"], me["started"]) == (os.getpid(), os.getpid(), me["run_started"])
    assert not is_dead(me)
    assert run_lives(me) is True


def test_a_worker_names_the_run_it_works_for(other: subprocess.Popen[bytes]) -> None:
    worker = this_sender(other.pid)
    assert (worker["pid"], worker["run"]) == (os.getpid(), other.pid)
    assert worker["started"] != worker["run_started"]
    assert run_lives(worker) is True


def test_two_workers_of_one_run_are_told_from_those_of_another(other: subprocess.Popen[bytes]) -> None:
    worker = this_sender(other.pid)
    assert same_run(worker, {**worker, "pid": 1, "started": "x"})
    assert not same_run(worker, this_sender())
    assert not same_run(worker, {**worker, "host": "elsewhere.example.com"})
    assert not same_run(worker, {**worker, "run_started": "1"})


def test_a_process_that_was_killed_is_dead(other: subprocess.Popen[bytes]) -> None:
    sender = sender_of(other.pid)
    assert (is_dead(sender), run_lives(sender)) == (False, True)
    other.kill()
    other.wait(5)
    assert (is_dead(sender), run_lives(sender)) == (True, False)


def test_a_process_that_has_ended_but_was_not_reaped_is_dead(other: subprocess.Popen[bytes]) -> None:
    sender = sender_of(other.pid)
    other.kill()
    # Without reaping it: WNOWAIT leaves it as it is.
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert (is_dead(sender), run_lives(sender)) == (True, False)
    # Not even when nobody looked before it ended.
    assert run_lives(this_sender(other.pid)) is False


@pytest.mark.parametrize("pid", [NO_PROCESS, 0, -1, None])
def test_what_is_no_process_is_dead(pid: int | None) -> None:
    sender = this_sender() | {"pid": pid, "run": pid}
    assert (is_dead(sender), run_lives(sender)) == (True, False)


def test_a_process_number_that_is_used_again_is_another_process() -> None:
    sender = this_sender() | {"started": "1", "run_started": "1"}
    assert (is_dead(sender), run_lives(sender)) == (True, False)


def test_nobody_can_tell_about_a_process_on_another_machine() -> None:
    sender = this_sender() | {"host": "elsewhere.example.com", "pid": NO_PROCESS, "run": NO_PROCESS}
    assert is_dead(sender) is False
    assert run_lives(sender) is None


@pytest.mark.parametrize("started", [None, "1"])
def test_where_the_start_of_a_process_cannot_be_seen_it_counts_as_alive(
    monkeypatch: pytest.MonkeyPatch, started: str | None
) -> None:
    monkeypatch.setattr(_sender, "_started", lambda _pid: None)
    sender = this_sender() | {"started": started, "run_started": started}
    assert (is_dead(sender), run_lives(sender)) == (False, True)
    assert is_dead(sender | {"pid": NO_PROCESS})


def test_a_process_of_another_user_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> t.NoReturn:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not is_dead(this_sender())


def test_the_name_of_a_program_does_not_matter() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "open('/proc/self/comm', 'w').write(') Z 1 (x'); print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sender = sender_of(process.pid)
        time.sleep(0.02)
        assert not is_dead(sender)
        process.kill()
