# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_silence through ansible-playbook: the silence lives and ends with the run, also when the run is killed."""

from __future__ import annotations

import re
import subprocess
import time
import typing as t

import pytest
import yaml

from tests.integration.monitoring import LIMIT, Monitoring
from tests.integration.run import Commands, Finished
from tests.simulators import Simulator
from tests.tools.isolated import ROOT


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


HOSTS = ["lax-sbc-01", "lax-sbc-02"]
RECURRING = {
    "window_name": "core",
    "window_schedule": "FREQ=DAILY",
    "window_duration": "24h",
    "window_targets": ":".join(HOSTS),
    "window_hold": 0.1,
    "window_wait_interval": 0.1,
    "window_before_window": str(ROOT / "examples/notifications/silence.yml"),
}


def window(ansible: Commands, url: str) -> Finished:
    """Run a recurring window with the example, while a third device is none of it."""
    return ansible.playbook(
        "netfleet.maintenance.maintenance_window",
        hosts=[*HOSTS, "lax-sbc-03"],
        extra=RECURRING,
        environment={"ALERTMANAGER_URL": url},
    )


def rebooted(simulator: Simulator) -> list[str]:
    return sorted(row["device"] for row in simulator.ledger(effect="operation") if row["operation"] == "reboot")


def test_the_example_silences_the_devices_of_a_recurring_window_while_it_runs(
    ansible: Commands, simulator: Simulator, alertmanager: Monitoring
) -> None:
    done = window(ansible, alertmanager.url)
    assert done.rc == 0, done.said()
    alertmanager.until(lambda: "DELETE" in alertmanager.methods())
    first = alertmanager.calls[0][1]
    assert first["comment"] == "maintenance window core"
    matchers = {each["name"]: each["value"] for each in first["matchers"]}
    assert re.fullmatch(matchers["device"], HOSTS[0])
    assert re.fullmatch(matchers["device"], HOSTS[1])
    assert not re.fullmatch(matchers["device"], "lax-sbc-03")
    assert rebooted(simulator) == HOSTS


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "", "no address at all"])
def test_the_example_stops_no_window(ansible: Commands, simulator: Simulator, url: str) -> None:
    """Nobody listens there, nobody said where, or it is no address."""
    done = window(ansible, url)
    assert done.rc == 0, done.said()
    assert "No alert is silenced" in " ".join(done.said().split())
    assert rebooted(simulator) == HOSTS


def test_an_alertmanager_that_says_no_stops_no_window(
    ansible: Commands, simulator: Simulator, alertmanager: Monitoring
) -> None:
    alertmanager.refuse_with("nobody may silence anything")
    done = window(ansible, alertmanager.url)
    assert done.rc == 0, done.said()
    assert "No alert is silenced" in " ".join(done.said().split())
    assert rebooted(simulator) == HOSTS
