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
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import secret_variables
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.json_data import as_data, summary
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import devices, headline
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import SURELY_SECRET, mask, secrets_in
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut

PLAYBOOK = "netfleet.maintenance.notify"

# What fits a message; the report has the rest.
MOST_DEVICES = 50

_TOLD_OF_OUTPUT = 300

Notification = dict[str, t.Any]


def notification_of(report: Report, moment: str, files: t.Mapping[str, str]) -> Notification:
    """Return what hooks receive: the moment (started or ended), the summary, and what needs a person."""
    data = as_data(report)
    told = summary(report)
    # At the start the report is that of the runs before. What has not been reached yet is nothing left to do.
    begins = moment == "started"
    if begins:
        told["headline"] = _begins(report, data["window"]["name"])
    return {
        "moment": moment,
        "window": data["window"],
        "summary": told,
        "to_do": [] if begins and report.is_untouched else data["to_do"],
        "attention": [
            {key: device[key] for key in ("name", "site", "outcome", "reason", "locked")}
            for device in data["devices"]
            if device["locked"] or device["outcome"] not in (("done", "not_started") if begins else ("done",))
        ][:MOST_DEVICES],
        "files": dict(files),
    }


def _begins(report: Report, name: str) -> str:
    """Return in a sentence or two that a window begins, and what runs before this one have done."""
    text = f"Window {name} has started for {devices(len(report.devices))}."
    return text if report.is_untouched else f"{text} So far: {headline(report)}"


def news_of(notification: Notification) -> str:
    """Return what is new in a notification as a short text: equal for two that tell people the same.

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


def without_credentials(environment: t.Mapping[str, str]) -> dict[str, str]:
    """Return what a hook may inherit: nothing that signs in to one of the systems, or to the journal.

    A hook's own variables, and a proxy's, are left to it.
    """
    withheld = secret_variables()
    if secrets_in(environment.get("NETFLEET_JOURNAL")):
        withheld.add("NETFLEET_JOURNAL")
    return {
        name: value
        for name, value in environment.items()
        if name not in withheld and (mask(value, shortest=SURELY_SECRET) == value or name.lower().endswith("_proxy"))
    }


def _run(hook: str, notification: str, seconds: float) -> str | None:
    if not os.path.isfile(hook):
        return "there is no such file"
    extra = json.dumps({"notify_hook": os.path.abspath(hook), "notify_file": notification})
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", PLAYBOOK, "-e", extra]
    environment = {**import_path(without_credentials(os.environ)), "ANSIBLE_NOCOLOR": "1", "NETFLEET_PROGRESS": "off"}
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
    return f"it ended with {done.returncode}. {cut(' '.join(said), _TOLD_OF_OUTPUT)}".strip()
