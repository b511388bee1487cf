# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module pam_session_info as conversations."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_session_info import inform
from tests.unit.support.pam_script import LAB, WEB, PamScript, envelope, failure, pam_task

SESSIONS = "/iso/pam/session/remotesessions"
LIVE = {
    "id": "5001",
    "session_id": "abc",
    "user": "jdoe",
    "origin_ip": "192.0.2.200",
    "credential": "admin",
    "device": "web-01:22",
    "protocol": "SSH",
    "start": "2026-11-21 02:00:00",
    "end": "",
    "proxy": "Web Proxy",
}


@pytest.fixture
def script() -> PamScript:
    return PamScript()


def sessions(
    script: PamScript, listed: t.Sequence[dict[str, str]], *live: dict[str, str], **params: t.Any
) -> dict[str, t.Any]:
    script.expect("GET", SESSIONS).answers(json=envelope(f"{len(live)} remote sessions", remote_sessions=list(live)))
    script.lists(*listed)
    task, _warnings = pam_task(**params)
    result = inform(task, script.client())
    script.done()
    return result


def test_sessions_are_grouped_by_hostname_and_by_address(script: PamScript) -> None:
    by_name, by_address = LIVE, {**LIVE, "id": "5002", "device": "192.0.2.10:443"}
    other, ended = {**LIVE, "id": "5003", "device": "192.0.2.77:22"}, {**LIVE, "id": "5004", "end": "2026-11-21"}
    result = sessions(script, (WEB, LAB), by_name, by_address, other, ended, name=["lab switch 01", "web-01"])
    assert [(item["name"], item["live"]) for item in result["devices"]] == [("lab switch 01", 1), ("web-01", 2)]
    assert {session["id"] for session in result["devices"][1]["sessions"]} == {"5001", "5002"}
    assert result["devices"][0]["sessions"][0] == {
        name: other[name]
        for name in ("id", "session_id", "user", "origin_ip", "credential", "device", "protocol", "start")
    }
    assert "failed" not in result


def test_a_session_counts_once_where_name_and_address_are_the_same(script: PamScript) -> None:
    result = sessions(script, ({**WEB, "ip": "web-01"},), LIVE, name=["web-01"])
    assert result["devices"][0]["live"] == 1


def test_a_name_that_is_not_listed_closes_the_gate(script: PamScript) -> None:
    result = sessions(script, (WEB,), LIVE, name=["web-01", "typo"])
    assert (result["failed"], result["kind"]) == (True, "not_found")
    assert "'typo'" in result["msg"]
    assert [(item["name"], item["live"]) for item in result["devices"]] == [("web-01", 1), ("typo", None)]


def test_all_sessions_come_by_device_and_strangers_last(script: PamScript) -> None:
    stranger = {**LIVE, "id": "5009", "device": "unknown.example.com:3389"}
    result = sessions(script, (WEB, LAB), stranger, LIVE, all=True)
    assert [(item["name"], item["id"], item["live"]) for item in result["devices"]] == [
        ("web-01", "12", 1),
        ("lab switch 01", "40", 0),
        ("unknown.example.com:3389", None, 1),
    ]


@pytest.mark.parametrize("params", [{}, {"name": []}, {"name": ["a"], "all": True}])
def test_either_names_or_all(script: PamScript, params: dict[str, t.Any]) -> None:
    task, _warnings = pam_task(**params)
    with pytest.raises(BadInput, match="name"):
        inform(task, script.client())


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, failure(None, "no", 500), "refused"),
        (200, {"response": {"error": False}}, "no_answer"),
        (200, {}, "no_answer"),
    ],
)
def test_a_gate_that_cannot_be_evaluated_stays_closed(script: PamScript, status: int, body: t.Any, kind: str) -> None:
    for _attempt in range(5 if status == 500 else 1):
        script.expect("GET", SESSIONS).answers(status, json=body)
    task, _warnings = pam_task(name=["web-01"])
    with pytest.raises(MaintenanceError, match="session") as caught:
        inform(task, script.client())
    assert caught.value.kind == kind
    script.done()
