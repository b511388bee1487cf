# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_notify through ansible-playbook, with the example for a webhook; hostile names arrive as they are."""

from __future__ import annotations

import json
import time
import typing as t
from http.server import BaseHTTPRequestHandler

import pytest

from tests.http_server import http_server
from tests.integration.run import Commands, Finished
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

WEBHOOK = ROOT / "examples/notifications/webhook.yml"
HOST = "lax-sbc-01"

Received = list[dict[str, t.Any]]


@pytest.fixture
def webhook() -> t.Iterator[tuple[str, Received]]:
    """An address of our own on a free port, and what was posted there."""
    received: Received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

    with http_server(Handler) as address:
        yield address, received


def test_a_window_that_failed_is_told_at_its_start_and_its_end(
    ansible: Commands, simulator: Simulator, webhook: tuple[str, Received]
) -> None:
    url, received = webhook
    simulator.patch_device(HOST, {"oracle_sdm": {"lock_as": "alice"}})
    hangs = ansible.home / "fails.yml"
    hangs.write_text("- name: Fail\n  ansible.builtin.fail:\n    msg: on purpose\n")
    report = {
        "report_window_id": "CHG1",
        "report_at_end": True,
        "report_dest": str(ansible.home / "reports"),
        "report_notify": [str(hangs), str(WEBHOOK)],
    }
    plays: list[dict[str, t.Any]] = [
        {"hosts": "localhost", "gather_facts": False, "roles": ["netfleet.maintenance.report"], "vars": report},
        {"hosts": "all", "gather_facts": False, "roles": ["netfleet.maintenance.window"]},
    ]
    done = ansible.playbook(plays, hosts=[HOST], extra={"window_id": "CHG1"}, environment={"NOTIFY_WEBHOOK_URL": url})
    assert done.rc == 2
    # Older cores break warnings into lines.
    said = " ".join(done.said().split())
    assert "A notification failed" in said
    assert "1 of 2 hooks were told" in said
    deadline = time.monotonic() + 60
    while len(received) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    by_moment = {each["moment"]: each for each in received}
    assert sorted(by_moment) == ["ended", "started"]
    ended = by_moment["ended"]
    assert ended["summary"]["outcomes"] == {"refused": 1}
    assert [device["name"] for device in ended["attention"]] == [HOST]
    assert ended["files"]["html"] == str(ansible.home / "reports/CHG1.html")


def test_cron_tells_of_a_window_once_however_often_it_turns_to_it(
    ansible: Commands, simulator: Simulator, webhook: tuple[str, Received]
) -> None:
    url, received = webhook
    extra = {
        "window_id": "CHG1",
        "window_targets": "all",
        "window_hold": 0.1,
        "window_wait_interval": 0.1,
        "report_notify": [str(WEBHOOK)],
    }

    def tick() -> Finished:
        done = ansible.playbook(
            "netfleet.maintenance.maintenance_window",
            hosts=[HOST],
            extra=extra,
            environment={"NOTIFY_WEBHOOK_URL": url},
        )
        assert done.rc == 0, done.said()
        return done

    tick()
    deadline = time.monotonic() + 60
    while len(received) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sorted(each["moment"] for each in received) == ["ended", "started"]
    again = tick()
    # Of the start, which is told beside the window, and of the end.
    assert again.of("window_notify")[0]["msg"] == "Every hook was told this before."
    assert "\nEvery hook was told this before.\n" in again.stdout
    assert len(received) == 2


@pytest.mark.parametrize("name", ["{{ lookup('pipe', 'id') }}", "<script>alert(1)</script>", "{% raw %}"])
def test_names_arrive_as_they_are(
    ansible: Commands, simulator: Simulator, webhook: tuple[str, Received], name: str
) -> None:
    """A name is neither a template in the notification nor one in the hook."""
    url, received = webhook
    listed = ansible.home / "devices.json"
    listed.write_text(json.dumps([{"name": name}]))
    options = {
        "window_id": "CHG1",
        "hooks": [str(WEBHOOK)],
        "devices": f"{{{{ lookup('ansible.builtin.file', '{listed}') | from_json }}}}",
    }
    play = [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [{"netfleet.maintenance.window_notify": options}],
        }
    ]
    done = ansible.playbook(play, hosts=[HOST], environment={"NOTIFY_WEBHOOK_URL": url})
    assert done.rc == 0, done.said()
    assert done.of("window_notify")[0]["told"] == 1, done.said()
    assert [device["name"] for device in received[0]["attention"]] == [name]
