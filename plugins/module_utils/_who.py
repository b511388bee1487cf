# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is behind a run: the login on the controller, and in AWX the job and the user who launched it."""

from __future__ import annotations

import os
import typing as t

try:
    import pwd
except ImportError:
    # Only there on POSIX systems, and only POSIX systems are controllers.
    pass

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
