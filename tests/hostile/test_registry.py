# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list that is not complete beyond doubt is an error and never a smaller fleet."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml

from tests.hostile.bench import Bench
from tests.hostile.spoilers import AFTER, BEFORE, Fault, cases
from tests.integration.run import Commands
from tests.simulators import Simulator

NAME = "lax-sbc-01"
# A wire that is slow or silent costs the whole timeout each time; the fast ones cover every row here.
FAULTS = [fault for fault in BEFORE + AFTER if fault[2]["kind"] not in ("stall", "drip", "drip_headers", "endless")]


def body(document: t.Any) -> dict[str, t.Any]:
    """Return a fault that answers with a document."""
    return {
        "phase": "after_effect",
        "kind": "body",
        "status": 200,
        "content_type": "application/json",
        "body": document if isinstance(document, str) else json.dumps(document),
        "times": None,
    }


def row(number: int, **fields: t.Any) -> dict[str, t.Any]:
    """Return a device of PAM Core's list."""
    return {
        "id": str(number),
        "hostname": f"host-{number}",
        "ip": "192.0.2.1",
        "model": "m",
        "type": "t",
        "vendor": "v",
        "site": "s",
        **fields,
    }


def envelope(devices: t.Any, message: str = "") -> dict[str, t.Any]:
    """Return PAM Core's envelope around a list."""
    return {"response": {"status": 200, "error": False, "message": message}, "devices": devices}


LISTS = {
    "no list": (50, envelope(None)),
    "one object": (50, envelope(row(1))),
    "a text": (50, envelope("none")),
    "no key": (50, {"response": {"status": 200, "error": False}}),
    "a null in it": (50, envelope([row(1), None])),
    "the same id twice": (52, envelope([row(1), row(1, hostname="other")])),
    "fewer than announced": (52, envelope([row(1)], "500 devices")),
    "no id": (50, envelope([row(1, id=None)])),
    "no hostname": (50, envelope([row(1, hostname="")])),
    "duplicate keys": (49, '{"response": {"status": 200, "error": false}, "devices": [], "devices": []}'),
    "not a number": (49, '{"response": {"status": 200, "error": false}, "devices": [{"id": NaN}]}'),
    "nested without end": (49, '{"devices": ' + "[" * 5000 + "]" * 5000 + "}"),
    "an error inside a success": (53, {"response": {"status": 500, "error": True, "message": "later"}}),
}


@pytest.mark.parametrize(
    "document",
    [pytest.param(document, id=name, marks=pytest.mark.row(number)) for name, (number, document) in LISTS.items()],
)
@pytest.mark.parametrize("module", ["pam_device_info", "pam_device"])
def test_a_list_that_cannot_be_believed_is_no_list(
    bench: Bench, simulator: Simulator, module: str, document: t.Any
) -> None:
    simulator.fault(system="senhasegura", method="GET", path="/pam/device$", **body(document))
    name = NAME if module == "pam_device" else None
    options = {} if name else {"all": True}
    result = bench.run(module, name, **options)
    assert result["failed"]
    assert "devices" not in result
    assert [entry for entry in simulator.ledger(system="senhasegura") if entry["effect"] != "token_issued"] == []


@pytest.mark.row(51)
def test_an_empty_registry_is_not_a_reason_to_create_what_is_there(bench: Bench, simulator: Simulator) -> None:
    simulator.knob("senhasegura.list_fault", "empty")
    result = bench.run("pam_device", NAME, state="absent")
    assert (result.get("failed"), result["changed"]) == (None, False)
    created = bench.run("pam_device", NAME, site="LAX")
    assert created["failed"]
    effects = [entry["effect"] for entry in simulator.ledger(system="senhasegura")]
    assert set(effects) == {"token_issued"}


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.row(53)
def test_one_device_refused_in_the_middle_of_the_details_leaves_the_inventory_without_hosts(
    ansible: Commands, simulator: Simulator, status: int
) -> None:
    fleet = {device["name"]: device["pam_id"] for device in simulator.devices()}
    middle = sorted(fleet.values())[len(fleet) // 2]
    fault = {"phase": "before_effect", "kind": "status", "status": status, "times": None}
    simulator.fault(system="senhasegura", method="GET", path=f"/pam/device/{middle}$", **fault)
    path = ansible.home / "fleet.pam.yml"
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(ansible.home / "cache")}
    options = {"plugin": "netfleet.maintenance.pam_devices", "details": True, "concurrency": 1, **cache}
    path.write_text(yaml.safe_dump(options))

    def hosts(fatal: str) -> tuple[int, set[str]]:
        environment = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": fatal}
        done = ansible.run("ansible-inventory", "-i", str(path), "--list", environment=environment)
        return done.rc, set(json.loads(done.stdout)["_meta"]["hostvars"]) if done.stdout else set()

    failed, none = hosts("true")
    assert (failed != 0, none) == (True, set())
    # Where Ansible goes on without an inventory it has none of the fleet, not a part, and nothing of it is kept.
    assert hosts("false")[1] == set()
    read = [row["path"] for row in simulator.requests(system="senhasegura") if "/pam/device/" in row["path"]]
    assert len(set(read)) > 1
    simulator.clear_faults()
    assert hosts("true") == (0, set(fleet))


@pytest.mark.parametrize("fault", cases(FAULTS, 53))
def test_a_registry_behind_a_spoiled_wire_is_read_whole_or_not_at_all(
    bench: Bench, simulator: Simulator, fault: Fault
) -> None:
    bench.timeout = 3.0
    simulator.fault(system="senhasegura", method="GET", **fault)
    result = bench.run("pam_device_info", all=True)
    assert result.get("failed") or len(result["devices"]) == 5
    simulator.clear_faults()
    simulator.fault(system="senhasegura", method="GET", **fault, times=None)
    bench.store = type(bench.store)()
    assert bench.run("pam_device_info", all=True)["failed"]


@pytest.mark.parametrize("fault", cases(FAULTS))
def test_a_spoiled_write_to_the_registry_ends_in_the_asked_state_or_says_so(
    bench: Bench, simulator: Simulator, fault: Fault
) -> None:
    bench.timeout = 3.0
    simulator.fault(system="senhasegura", method="POST", path="/pam/device$", **fault)
    first = bench.run("pam_device", NAME, site="MOVED")
    assert first.get("failed") or first["device"]["site"] == "MOVED"
    simulator.clear_faults()
    bench.store = type(bench.store)()
    assert not bench.run("pam_device", NAME, site="MOVED").get("failed")
    again = bench.run("pam_device", NAME, site="MOVED")
    assert (again["changed"], again["device"]["site"]) == (False, "MOVED")
    assert len(bench.run("pam_device_info", all=True)["devices"]) == 5


# Zequenze pages


def page(results: list[t.Any], following: str | None, count: int = 200) -> dict[str, t.Any]:
    """Return a page of Zequenze's list."""
    return {"count": count, "next": following, "previous": None, "results": results}


def device(number: int) -> dict[str, t.Any]:
    """Return a record of Zequenze's list."""
    return {"id": number, "name": f"d-{number}", "status": True}


PAGES = {
    "the same page again": page([device(1)], "?limit=100&offset=100"),
    "next is itself": page([device(1)], "?limit=100&pending=true"),
    "next is no address": page([device(1)], t.cast("t.Any", 7)),
    "fewer than counted": page([device(1)], None),
    "null in place of rows": page(t.cast("t.Any", None), None),
    "a row that is none": page([device(1), 7], None),
}


@pytest.mark.parametrize("document", PAGES.values(), ids=PAGES.keys())
@pytest.mark.row(52)
def test_pages_that_do_not_make_a_whole_are_no_fleet(
    bench: Bench, simulator: Simulator, document: dict[str, t.Any]
) -> None:
    simulator.fault(system="zequenze", method="GET", path="/inventory_device/", **body(document))
    result = bench.run("device_info", all=True)
    assert result["failed"]
    assert "devices" not in result
    assert len(simulator.requests(system="zequenze")) < 10


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
@pytest.mark.row(53)
def test_a_failure_in_the_middle_of_paging_leaves_no_part_of_the_fleet(
    bench: Bench, simulator: Simulator, status: int
) -> None:
    simulator.reset(devices=150)
    bench.timeout = 2.0
    simulator.fault(
        system="zequenze",
        method="GET",
        path="/inventory_device/",
        phase="before_effect",
        kind="status",
        status=status,
        after=1,
        times=None,
    )
    result = bench.run("device_info", all=True)
    assert result["failed"]
    assert "devices" not in result
    assert len(simulator.requests(system="zequenze")) > 1
