# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling people: each hook is a file of Ansible tasks, run by an ansible-playbook of its own with a time limit.

A hook that hangs, crashes or fails takes nothing with it: neither the window, whose process it is not in, nor the hooks
after it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._background import import_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.json_data import as_data, summary
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report

PLAYBOOK = "netfleet.maintenance.notify"


# What fits a message; the report has the rest.
MOST_DEVICES = 50


_TOLD_OF_OUTPUT = 300


Notification = dict[str, t.Any]


def notification_of(report: Report, moment: str, files: t.Mapping[str, str]) -> Notification:
    """Give what hooks are told: the moment (started or ended), the summary, and what needs a person."""
    data = as_data(report)
    return {
        "moment": moment,
        "window": data["window"],
        "summary": summary(report),
        "to_do": data["to_do"],
        "attention": [
            {key: device[key] for key in ("name", "site", "outcome", "reason", "locked")}
            for device in data["devices"]
            if device["outcome"] != "done" or device["locked"]
        ][:MOST_DEVICES],
        "files": dict(files),
    }


def news_of(notification: Notification) -> str:
    """Give what is new in a notification as a short text: equal for two that tell people the same.

    Times and the wording of reasons are left out: they change with every look at a device that is still busy.
    """
    if notification["moment"] != "ended":
        return str(notification["moment"])
    told = {
        "outcomes": notification["summary"]["outcomes"],
        "to_do": [[each["kind"], sorted(each["devices"])] for each in notification["to_do"]],
        "attention": sorted([each["name"], each["outcome"], each["locked"]] for each in notification["attention"]),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def deliver(notification: Notification, hooks: t.Sequence[str], seconds: float) -> dict[str, str]:
    """Run the hooks one after the other, each for so many seconds at most; gives what went wrong, by hook."""
    problems = {}
    # The values come from outside. As extra variables they would be templates; read from a file they are only text.
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(notification, file)
        file.flush()
        for hook in hooks:
            problem = _run(hook, file.name, seconds)
            if problem:
                problems[hook] = problem
    return problems


def _run(hook: str, notification: str, seconds: float) -> str | None:
    if not os.path.isfile(hook):
        return "there is no such file"
    extra = json.dumps({"notify_hook": os.path.abspath(hook), "notify_file": notification})
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", PLAYBOOK, "-e", extra]
    environment = {**import_path(), "ANSIBLE_NOCOLOR": "1", "NETFLEET_PROGRESS": "off"}
    environment.pop("ANSIBLE_CALLBACKS_ENABLED", None)
    try:
        # A module's run_command knows no time limit.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {seconds:g} seconds and was ended"
    except OSError as error:
        return f"it could not be started: {error}"
    if done.returncode == 0:
        return None
    said = [line for line in done.stdout.decode(errors="replace").splitlines() if "fatal:" in line or "ERROR" in line]
    return f"it ended with {done.returncode}. {' '.join(said)[:_TOLD_OF_OUTPUT]}".strip()
