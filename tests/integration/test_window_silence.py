# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_silence through ansible-playbook: the silence lives and ends with the run, also when the run is killed."""

from __future__ import annotations

import subprocess
import time
import typing as t

import pytest
import yaml

from tests.integration.monitoring import LIMIT, Monitoring
from tests.integration.run import Commands


@pytest.fixture
def alertmanager() -> t.Iterator[Monitoring]:
    with Monitoring() as server:
        yield server


def play(url: str, pause: int) -> list[dict[str, t.Any]]:
    options = {"api_url": url, "window_id": "CHG1", "matchers": [{"name": "site", "value": "LAX"}], "lease": 3}
    tasks = [
        {"netfleet.maintenance.window_silence": options},
        {"ansible.builtin.wait_for": {"timeout": pause}, "delegate_to": "localhost"},
    ]
    return [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]


def test_it_is_renewed_while_the_run_lives_and_ended_with_it(ansible: Commands, alertmanager: Monitoring) -> None:
    done = ansible.playbook(play(alertmanager.url, 4), hosts=["somebody"])
    assert done.rc == 0, done.said()
    assert done.of("window_silence")[0]["renewed"] is True
    alertmanager.until(lambda: "DELETE" in alertmanager.methods())
    posts = [body for method, body in alertmanager.calls if method == "POST"]
    assert len(posts) >= 3
    assert {body["id"] for body in posts[1:]} == {"s1"}
    ends = [body["endsAt"] for body in posts]
    assert ends == sorted(set(ends))
    assert alertmanager.calls[-1] == ("DELETE", {"id": "s1"})


def test_it_ends_when_the_run_is_killed(ansible: Commands, alertmanager: Monitoring) -> None:
    path = ansible.home / "play.yml"
    path.write_text(yaml.safe_dump(play(alertmanager.url, int(LIMIT))))
    command = ["ansible-playbook", "-i", ansible.static_inventory({"somebody": {}}), str(path)]
    process = subprocess.Popen(
        command,
        cwd=ansible.home,
        env={**ansible.environment, "NETFLEET_TEST_RECORD": str(ansible.home / "record.jsonl")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        alertmanager.until(lambda: alertmanager.methods().count("POST") >= 2)
    finally:
        process.kill()
        process.wait()
    alertmanager.until(lambda: "DELETE" in alertmanager.methods())
    calls = len(alertmanager.calls)
    time.sleep(2)
    assert len(alertmanager.calls) == calls


def test_an_alertmanager_that_is_not_there_stops_nothing(ansible: Commands) -> None:
    done = ansible.playbook(play("http://127.0.0.1:1", 1), hosts=["somebody"])
    assert done.rc == 0, done.said()
    assert "No alert is silenced" in " ".join(done.said().split())
