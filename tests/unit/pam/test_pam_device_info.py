# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module pam_device_info as conversations."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer, Guard, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_device_info import inform
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from tests.unit.support.pam_script import LAB, WEB, PamScript, envelope, pam_task


@pytest.fixture
def script() -> PamScript:
    return PamScript()


def devices(script: PamScript, store: Store | None = None, **params: t.Any) -> list[dict[str, t.Any]]:
    task, _warnings = pam_task(store, **params)
    result = inform(task, script.client())
    script.done()
    assert result["changed"] is False
    return list(result["devices"])


def test_named_devices_come_with_details_in_the_order_asked(script: PamScript) -> None:
    script.lists(WEB, LAB)
    script.shows(LAB)
    script.shows(WEB)
    found = devices(script, name=["lab switch 01", "web-01"])
    assert [(item["name"], item["found"], item["id"]) for item in found] == [
        ("lab switch 01", True, "40"),
        ("web-01", True, "12"),
    ]
    assert found[1]["connectivities"] == ["SSH:22", "HTTPS:443"]


def test_a_name_that_is_not_there_is_a_result(script: PamScript) -> None:
    script.lists(WEB)
    assert devices(script, name=["nobody"]) == [{"name": "nobody", "found": False, "id": None, "hostname": "nobody"}]


def test_that_a_name_is_not_there_is_only_said_after_reading_anew(script: PamScript) -> None:
    store = MemoryStore()
    script.lists(WEB)
    script.shows(WEB)
    devices(script, store, name=["web-01"])
    script.lists(WEB, LAB)
    script.shows(LAB)
    assert devices(script, store, name=["lab switch 01"])[0]["found"] is True


def test_all_devices_come_without_details_unless_asked_for(script: PamScript) -> None:
    script.lists(WEB, LAB)
    found = devices(script, all=True)
    assert [item["name"] for item in found] == ["web-01", "lab switch 01"]
    assert "connectivities" not in found[0]
    script.lists(WEB)
    script.shows(WEB)
    assert devices(script, all=True, details=True)[0]["session_remote_config"] == ""


def test_without_details_one_list_is_read_for_all_names(script: PamScript) -> None:
    script.lists(WEB, LAB)
    assert [item["found"] for item in devices(script, name=["web-01", "x", "web-01"], details=False)] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("params", [{}, {"name": []}, {"name": ["a"], "all": True}])
def test_either_names_or_all(script: PamScript, params: dict[str, t.Any]) -> None:
    task, _warnings = pam_task(**params)
    with pytest.raises(BadInput, match="name"):
        inform(task, script.client())


def test_a_device_that_cannot_be_read_fails(script: PamScript) -> None:
    script.lists(WEB)
    script.refuses("GET", "/iso/pam/device/12", 1011)
    script.refuses("GET", "/iso/pam/device/12", 1011)
    with pytest.raises(NotFound):
        devices(script, name=["web-01"])


def test_concurrent_reading_keeps_the_order() -> None:
    fleet = [{**WEB, "id": str(number), "hostname": f"host-{number}"} for number in range(50)]

    class Server(PamScript):
        def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
            number = request.path.rpartition("/")[2]
            body = envelope("x", devices=fleet) if number == "device" else envelope("x", device=fleet[int(number)])
            return Answer(200, {"content-type": "application/json"}, json.dumps(body).encode())

    names = [device["hostname"] for device in reversed(fleet)]
    assert [item["name"] for item in devices(Server(), name=names, concurrency=16)] == names
