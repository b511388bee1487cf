# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples for a chat and for e-mail, run as hooks with stand-ins that take the options of community.general."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest

from tests.integration.run import Commands
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

EXAMPLES = ROOT / "examples/notifications"
HOSTILE = "{{ lookup('pipe', 'id') }}"
# What the documentation of community.general.slack and community.general.mail says of the options that are used.
OPTIONS: dict[str, dict[str, dict[str, t.Any]]] = {
    "slack": {
        "token": {"type": "str", "required": True, "no_log": True},
        "channel": {"type": "str"},
        "color": {"type": "str", "default": "normal"},
        "parse": {"type": "str", "choices": ["none", "full"]},
        "msg": {"type": "str"},
    },
    "mail": {
        "sender": {"type": "str", "default": "root", "aliases": ["from"]},
        "to": {"type": "list", "elements": "str", "default": ["root"], "aliases": ["recipients"]},
        "subject": {"type": "str", "required": True, "aliases": ["msg"]},
        "body": {"type": "str"},
        "host": {"type": "str", "default": "localhost"},
        "attach": {"type": "list", "elements": "path", "default": []},
        "timeout": {"type": "int", "default": 20},
    },
}
STAND_IN = """#!/usr/bin/python
from __future__ import annotations
import json
import os
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(json.loads({spec!r}))
with open(os.environ["NOTIFY_TEST_FILE"], "w") as file:
    json.dump(module.params, file)
module.exit_json(changed=True)
"""


@pytest.fixture
def hooks(ansible: Commands) -> t.Callable[..., dict[str, t.Any] | None]:
    """Run an example through window_notify, and give what its module was asked; None when it was not run."""
    modules = ansible.home / "collections/ansible_collections/community/general/plugins/modules"
    modules.mkdir(parents=True)
    for name, options in OPTIONS.items():
        (modules / f"{name}.py").write_text(STAND_IN.format(spec=json.dumps(options)))
    asked = ansible.home / "asked.json"
    paths = [str(ansible.home / "collections"), ansible.environment["ANSIBLE_COLLECTIONS_PATH"]]

    def run(example: str, moment: str = "ended", **options: t.Any) -> dict[str, t.Any] | None:
        asked.unlink(missing_ok=True)
        listed = ansible.home / "devices.json"
        listed.write_text(json.dumps([{"name": HOSTILE}]))
        task = {
            "window_id": "CHG1",
            "hooks": [str(EXAMPLES / f"{example}.yml")],
            "moment": moment,
            "devices": f"{{{{ lookup('ansible.builtin.file', '{listed}') | from_json }}}}",
            **options,
        }
        # As the module itself, which has no run to go on beside: it waits for the hook.
        tasks = [{"netfleet.maintenance.window_notify": task, "async": 60, "poll": 1}]
        play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]
        environment = {
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(paths),
            "NOTIFY_SLACK_TOKEN": "xoxb-token",
            "NOTIFY_SLACK_CHANNEL": "#maintenance",
            "NOTIFY_MAIL_HOST": "mail.example.com",
            "NOTIFY_MAIL_FROM": "maintenance@example.com",
            "NOTIFY_MAIL_TO": "oncall@example.com",
            "NOTIFY_TEST_FILE": str(asked),
        }
        done = ansible.playbook(play, hosts=["somebody"], environment=environment)
        assert done.rc == 0, done.said()
        assert "A notification failed" not in done.said(), done.said()
        return dict(json.loads(asked.read_text())) if asked.exists() else None

    return run


def test_the_chat_is_told_how_the_window_ended(
    simulator: Simulator, hooks: t.Callable[..., dict[str, t.Any] | None]
) -> None:
    asked = hooks("chat")
    assert asked is not None
    assert (asked["token"], asked["channel"], asked["parse"]) == ("xoxb-token", "#maintenance", "none")
    assert asked["color"] == "warning"
    assert asked["msg"].startswith("Maintenance window CHG1 ended.")
    assert "uid=" not in asked["msg"]
    started = hooks("chat", "started")
    assert started is not None
    assert started["msg"].startswith("Maintenance window CHG1 started.")


def test_the_report_is_sent_by_e_mail(
    ansible: Commands, simulator: Simulator, hooks: t.Callable[..., dict[str, t.Any] | None]
) -> None:
    files = {name: str(ansible.home / f"CHG1.{name}") for name in ("md", "html")}
    Path(files["md"]).write_text(f"# {HOSTILE}\n")
    asked = hooks("email", files=files)
    assert asked is not None
    assert (asked["host"], asked["sender"], asked["to"]) == (
        "mail.example.com",
        "maintenance@example.com",
        ["oncall@example.com"],
    )
    assert asked["subject"] == "[nothing] maintenance window CHG1"
    assert asked["body"].strip() == f"# {HOSTILE}"
    assert asked["attach"] == [files["html"]]
    assert hooks("email", "started") is None
