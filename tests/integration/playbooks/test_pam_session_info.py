# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pam_session_info through ansible-playbook: a gate that opens only when it knows."""

from __future__ import annotations

import pytest

from tests.integration.run import Commands
from tests.simulators import Simulator

HOST = "lax-sbc-01"


@pytest.mark.parametrize(
    "knobs", [{}, {"session_device": "ip", "session_end": "null", "ids": "int", "envelope": "short"}]
)
def test_live_sessions_are_told_by_device(ansible: Commands, simulator: Simulator, knobs: dict[str, str]) -> None:
    for name, value in knobs.items():
        simulator.knob(f"senhasegura.{name}", value)
    simulator.patch_device(HOST, {"senhasegura": {"session": {"user": "jdoe"}}})
    done = ansible.task("pam_session_info", {"name": ["lax-sbc-02", HOST]}, "--check", hosts=["somebody"])
    assert done.rc == 0, done.said()
    free, busy = done.of("pam_session_info")[0]["devices"]
    assert (free["name"], free["live"], free["sessions"]) == ("lax-sbc-02", 0, [])
    assert (busy["name"], busy["live"], busy["sessions"][0]["user"]) == (HOST, 1, "jdoe")
    simulator.patch_device(HOST, {"senhasegura": {"end_sessions": True}})
    done = ansible.task("pam_session_info", {}, hosts=[HOST])
    assert done.of("pam_session_info")[0]["devices"][0]["live"] == 0


def test_all_devices_are_told_with_their_sessions(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(HOST, {"senhasegura": {"session": True}})
    done = ansible.task("pam_session_info", {"all": True}, hosts=["somebody"])
    devices = done.of("pam_session_info")[0]["devices"]
    assert {device["name"]: device["live"] for device in devices if device["live"]} == {HOST: 1}
    assert len(devices) == 30


@pytest.mark.parametrize("fault", ["null", "object"])
def test_sessions_that_cannot_be_read_keep_the_gate_closed(ansible: Commands, simulator: Simulator, fault: str) -> None:
    simulator.knob("senhasegura.session_fault", fault)
    done = ansible.task("pam_session_info", {}, hosts=[HOST])
    assert done.rc == 2
    assert "sent no list of sessions" in done.of("pam_session_info")[0]["msg"]


def test_an_unknown_name_keeps_the_gate_closed(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.task("pam_session_info", {"name": [HOST, "typo"]}, hosts=["somebody"])
    assert done.rc == 2
    (result,) = done.of("pam_session_info")
    assert "lists no device named 'typo'" in result["msg"]
    assert [device["live"] for device in result["devices"]] == [0, None]
