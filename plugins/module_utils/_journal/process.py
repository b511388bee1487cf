# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is writing: enough to tell later whether that process, and the Ansible run it worked for, still live."""

from __future__ import annotations

import os
import socket
import typing as t

try:
    import pwd
except ImportError:
    # Only there on POSIX systems, and only POSIX systems are controllers.
    pass


Sender = dict[str, t.Any]


def this_sender(run: int | None = None) -> Sender:
    """Give the identity of this process and of its run.

    Takes the process id of the Ansible controller process, which outlives the single tasks of a run; without one (a
    module that runs by itself) the process is its own run. Starts are clock ticks since boot: a process id is used
    again. Who is behind it (see ``_who.py``) is written down with it, and nothing is decided by that.
    """
    pid = os.getpid()
    run = pid if run is None else run
    return {
        "host": socket.gethostname(),
        "pid": pid,
        "started": _started(pid),
        "run": run,
        "run_started": _started(run),
        **who(),
    }


def is_dead(sender: t.Mapping[str, t.Any]) -> bool:
    """Whether that process is certainly gone; False when it lives, or ran on another machine where nobody can tell."""
    return _lives(sender.get("host"), sender.get("pid"), sender.get("started")) is False


def run_lives(sender: t.Mapping[str, t.Any]) -> bool | None:
    """Whether the run of that process still lives; None when it ran on another machine, where nobody can tell."""
    return _lives(sender.get("host"), sender.get("run"), sender.get("run_started"))


def same_run(one: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any]) -> bool:
    """Whether two processes worked for the same run."""
    return all(one.get(key) == other.get(key) for key in ("host", "run", "run_started"))


def _lives(host: str | None, pid: int | None, started: str | None) -> bool | None:
    if host != socket.gethostname():
        return None
    if not pid or pid < 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    # A process id is used again, and an ended process keeps its own until it is reaped: where the start was written
    # down, only the very same start is a sign of life. One that cannot be seen (another user's, hidden /proc) may live.
    now = _started(pid)
    return now is None or (now != "" and (started is None or now == started))


def _started(pid: int) -> str | None:
    """Give the start of a process as Linux shows it; empty for one that ended but was not reaped, None elsewhere."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # The program's name is in parentheses and may hold anything; the rest begins with field 3, the state.
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    if len(fields) < 20:
        return None
    return "" if fields[0] in "ZX" else fields[19]


# AWX gives a job's number in its environment and both as extra variables; older ones call themselves tower.
_JOB_VARIABLES = ("awx_job_id", "tower_job_id")


_USER_VARIABLES = ("awx_user_name", "tower_user_name")


_AWX_SIGNS = ("AWX_PRIVATE_DATA_DIR", "AWX_HOST", "AWX_ISOLATED_DATA_DIR")


_launch: dict[str, str] = {}


def remember_launch(variables: t.Mapping[str, t.Any]) -> None:
    """Keep for this process what a task's variables say about the AWX job it belongs to."""
    for key, names in (("job", _JOB_VARIABLES), ("launched_by", _USER_VARIABLES)):
        value = next((variables[name] for name in names if variables.get(name)), None)
        if value is not None:
            _launch[key] = str(value)


def who() -> dict[str, str]:
    """Give ``user`` (the login this process runs as), ``sudo_user``, ``job`` and ``launched_by``, as far as known."""
    found: dict[str, str] = {}
    try:
        # The login of the process, not what the environment says it is.
        found["user"] = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        found["user"] = str(os.getuid())
    if os.environ.get("SUDO_USER"):
        found["sudo_user"] = os.environ["SUDO_USER"]
    if os.environ.get("JOB_ID") and any(os.environ.get(sign) for sign in _AWX_SIGNS):
        found["job"] = os.environ["JOB_ID"]
    return found | _launch
