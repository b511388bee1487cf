# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is writing: enough to tell later whether that process, and the Ansible run it worked for, still live."""

from __future__ import annotations

import getpass
import os
import socket
import typing as t

try:
    import pwd
except ImportError:
    # Only there on POSIX systems, and only POSIX systems are controllers.
    pass


Process = dict[str, t.Any]

# What has to be the same for a process id to mean the same: two containers may well share the name of their host.
_MACHINE = ("host", "boot", "pid_namespace")

# What tells one run from another.
RUN_KEYS = (*_MACHINE, "run", "run_started")


def this_process(run: int | None = None) -> Process:
    """Return the identity of this process and of its run.

    Takes the process id of the Ansible controller process, which outlives the single tasks of a run; without one (a
    module that runs by itself) the process is its own run. A process id means something within one boot and one PID
    namespace only; starts are clock ticks since boot, because a process id is used again. Who is behind the process is
    written down with it, and nothing is decided by that.
    """
    pid = os.getpid()
    run = pid if run is None else run
    return {
        **_machine(),
        "pid": pid,
        "started": _started(pid),
        "run": run,
        "run_started": _started(run),
        **who(),
    }


def default_holder() -> str:
    """Return who holds a lock when nobody says: login and controller, so that the next run can unlock it."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        login = str(os.getuid())
    return f"{login}@{socket.gethostname()}"


def is_dead(process: t.Mapping[str, t.Any]) -> bool:
    """Whether that process is certainly gone; False when it lives, or ran on another machine where nobody can tell."""
    return _lives(process, process.get("pid"), process.get("started")) is False


def run_lives(process: t.Mapping[str, t.Any]) -> bool | None:
    """Whether the run of that process still lives; None when it ran on another machine, where nobody can tell."""
    return _lives(process, process.get("run"), process.get("run_started"))


def same_run(one: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any]) -> bool:
    """Whether two processes worked for the same run."""
    return all(one.get(key) == other.get(key) for key in RUN_KEYS)


class Ended(t.NamedTuple):
    """What ended in AWX: ``jobs`` by their numbers, and the jobs for windows of the workflow job ``workflow``."""

    jobs: t.Collection[str] = ()
    workflow: str | None = None

    def has(self, process: t.Mapping[str, t.Any]) -> bool:
        """Whether the run of a process was a job that has ended."""
        if process.get("job") is not None and process["job"] in self.jobs:
            return True
        return bool(self.workflow) and process.get("workflow") == self.workflow


NOTHING_ENDED = Ended()


def is_alive(row: t.Mapping[str, t.Any], now: float, ended: Ended = NOTHING_ENDED) -> bool:
    """Whether the run that works with a row of the journal lives, as far as one can tell at ``now`` (epoch seconds).

    One looks, where one can. Where nobody can tell, the row itself says until when it counts as alive. What is known to
    have ``ended`` does not live.
    """
    process = row["sender"]
    if ended.has(process):
        return False
    lives = run_lives(process)
    until: t.Any = row.get("alive_until") or row.get("busy_until") or 0.0
    return bool(until > now) if lives is None else lives


def _machine() -> dict[str, t.Any]:
    """Return the name of this host, its boot and this process's PID namespace; the last two as far as it has them."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot: str | None = file.read().strip()
    except OSError:
        boot = None
    try:
        namespace: int | None = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        namespace = None
    return {"host": socket.gethostname(), "boot": boot, "pid_namespace": namespace}


def _lives(process: t.Mapping[str, t.Any], pid: int | None, started: str | None) -> bool | None:
    here = _machine()
    if any(process.get(key) != here[key] for key in _MACHINE):
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
    """Return the start of a process as Linux shows it; empty for one that ended but was not reaped, None elsewhere."""
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

# And that of the workflow job that started it, as an extra variable.
_WORKFLOW_VARIABLES = ("awx_workflow_job_id", "tower_workflow_job_id")

_AWX_SIGNS = ("AWX_PRIVATE_DATA_DIR", "AWX_HOST", "AWX_ISOLATED_DATA_DIR")

_launch: dict[str, str] = {}


def remember_launch(variables: t.Mapping[str, t.Any]) -> None:
    """Keep for this process what a task's variables say about the AWX job it belongs to."""
    for key, names in (
        ("job", _JOB_VARIABLES),
        ("workflow", _WORKFLOW_VARIABLES),
        ("launched_by", _USER_VARIABLES),
    ):
        value = next((variables[name] for name in names if variables.get(name)), None)
        if value is not None:
            _launch[key] = str(value)


def workflow_job() -> str | None:
    """Return the number of the AWX workflow job that this process' job belongs to, None when it belongs to none."""
    return _launch.get("workflow")


def in_awx() -> bool:
    """Whether this process belongs to a job of AWX."""
    return bool(os.environ.get("JOB_ID")) and any(os.environ.get(sign) for sign in _AWX_SIGNS)


def who() -> dict[str, t.Any]:
    """Return ``user`` (the login this process runs as), and in AWX ``job``, ``workflow`` and ``launched_by``.

    ``claimed`` is what only the environment or the variables of a process outside of AWX say: its user can make it up.
    """
    found: dict[str, t.Any] = {}
    try:
        # The login of the process, not what the environment says it is.
        found["user"] = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        found["user"] = str(os.getuid())
    launch = dict(_launch)
    claimed: dict[str, str] = {}
    if any(os.environ.get(sign) for sign in _AWX_SIGNS):
        if os.environ.get("JOB_ID"):
            launch.setdefault("job", os.environ["JOB_ID"])
        found |= launch
    else:
        claimed |= launch
    if os.environ.get("SUDO_USER"):
        claimed["sudo_user"] = os.environ["SUDO_USER"]
    return found | ({"claimed": claimed} if claimed else {})
