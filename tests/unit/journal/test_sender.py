# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a process that wrote into the journal, and the run it worked for, still live."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import process as _sender
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import (
    Ended,
    is_alive,
    is_dead,
    run_lives,
    same_run,
    this_process,
)

NO_PROCESS = 2**31 - 1


@pytest.fixture
def other() -> t.Iterator[subprocess.Popen[bytes]]:
    """Another process that lives until it is told to end."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def process_of(pid: int) -> dict[str, t.Any]:
    """Return the identity that process would write down."""
    return {**this_process(pid), "pid": pid, "started": this_process(pid)["run_started"]}


def test_this_process_lives_and_is_its_own_run() -> None:
    me = this_process()
    assert (me["pid"], me["run"], me["started"]) == (os.getpid(), os.getpid(), me["run_started"])
    assert not is_dead(me)
    assert run_lives(me) is True


def test_a_worker_names_the_run_it_works_for(other: subprocess.Popen[bytes]) -> None:
    worker = this_process(other.pid)
    assert (worker["pid"], worker["run"]) == (os.getpid(), other.pid)
    assert worker["started"] != worker["run_started"]
    assert run_lives(worker) is True


def test_two_workers_of_one_run_are_told_from_those_of_another(other: subprocess.Popen[bytes]) -> None:
    worker = this_process(other.pid)
    assert same_run(worker, {**worker, "pid": 1, "started": "x"})
    assert not same_run(worker, this_process())
    assert not same_run(worker, {**worker, "host": "elsewhere.example.com"})
    assert not same_run(worker, {**worker, "run_started": "1"})


def test_a_process_that_was_killed_is_dead(other: subprocess.Popen[bytes]) -> None:
    sender = process_of(other.pid)
    assert (is_dead(sender), run_lives(sender)) == (False, True)
    other.kill()
    other.wait(5)
    assert (is_dead(sender), run_lives(sender)) == (True, False)


def test_a_process_that_has_ended_but_was_not_reaped_is_dead(other: subprocess.Popen[bytes]) -> None:
    sender = process_of(other.pid)
    other.kill()
    # Without reaping it: WNOWAIT leaves it as it is.
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert (is_dead(sender), run_lives(sender)) == (True, False)
    # Not even when nobody looked before it ended.
    assert run_lives(this_process(other.pid)) is False


@pytest.mark.parametrize("pid", [NO_PROCESS, 0, -1, None])
def test_what_is_no_process_is_dead(pid: int | None) -> None:
    sender = this_process() | {"pid": pid, "run": pid}
    assert (is_dead(sender), run_lives(sender)) == (True, False)


def test_a_process_number_that_is_used_again_is_another_process() -> None:
    sender = this_process() | {"started": "1", "run_started": "1"}
    assert (is_dead(sender), run_lives(sender)) == (True, False)


@pytest.mark.parametrize(
    "elsewhere", [{"host": "elsewhere.example.com"}, {"boot": "another boot"}, {"boot": None}, {"pid_namespace": 1}]
)
@pytest.mark.parametrize("pid", [NO_PROCESS, None])
def test_nobody_can_tell_about_a_process_on_another_machine(elsewhere: dict[str, t.Any], pid: int | None) -> None:
    """Two containers may share the name of their host, and two machines may both be called localhost."""
    pid = pid or os.getpid()
    process = this_process() | {"pid": pid, "run": pid} | elsewhere
    assert is_dead(process) is False
    assert run_lives(process) is None
    assert not same_run(process, this_process())
    assert is_alive({"sender": process, "alive_until": 100.0}, 99.0)
    assert not is_alive({"sender": process, "alive_until": 100.0}, 101.0)


def test_a_run_written_down_by_an_older_version_is_never_known_to_be_dead() -> None:
    process = {key: value for key, value in this_process().items() if key not in ("boot", "pid_namespace")}
    assert run_lives(process | {"run": NO_PROCESS}) is None


@pytest.mark.row(209)
def test_a_container_of_the_same_host_name_is_another_machine() -> None:
    """With a real PID namespace: the number of a living process there means nothing here, and the other way round."""
    code = f"import sys; sys.path[:0] = {sys.path!r}; from {this_process.__module__} import run_lives; import json; "
    code += "print(run_lives(json.loads(sys.argv[1])))"
    inside = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code, json.dumps(this_process())],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Operation not permitted" in inside.stderr:
        pytest.skip("this user may not make a PID namespace")
    assert inside.stdout.strip() == "None", inside.stderr


def test_what_a_row_says_counts_only_where_nobody_can_look(other: subprocess.Popen[bytes]) -> None:
    process = process_of(other.pid)
    assert is_alive({"sender": process, "alive_until": 1.0}, 2.0)
    other.kill()
    other.wait(5)
    assert not is_alive({"sender": process, "alive_until": 3.0}, 2.0)


def test_the_run_of_a_job_that_has_ended_is_dead() -> None:
    row: dict[str, t.Any] = {
        "sender": this_process() | {"host": "pod-1", "job": "17", "workflow": "7"},
        "alive_until": 100.0,
    }
    assert is_alive(row, 1.0, Ended(["16"], "8"))
    assert not is_alive(row, 1.0, Ended(["16", "17"]))
    assert not is_alive(row, 1.0, Ended(workflow="7"))
    assert is_alive({**row, "sender": this_process()}, 1.0, Ended(["17"], "7"))
    for nothing in (None, ""):
        assert is_alive({**row, "sender": row["sender"] | {"workflow": nothing}}, 1.0, Ended(workflow=nothing))


@pytest.mark.parametrize("started", [None, "1"])
def test_where_the_start_of_a_process_cannot_be_seen_it_counts_as_alive(
    monkeypatch: pytest.MonkeyPatch, started: str | None
) -> None:
    monkeypatch.setattr(_sender, "_started", lambda _pid: None)
    sender = this_process() | {"started": started, "run_started": started}
    assert (is_dead(sender), run_lives(sender)) == (False, True)
    assert is_dead(sender | {"pid": NO_PROCESS})


def test_a_process_of_another_user_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> t.NoReturn:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not is_dead(this_process())


def test_the_name_of_a_program_does_not_matter() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "open('/proc/self/comm', 'w').write(') Z 1 (x'); print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sender = process_of(process.pid)
        time.sleep(0.02)
        assert not is_dead(sender)
        process.kill()
