# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/audit/event_query.yml over the results of real runs, read the way a controller reads them.

A controller compiles the query of each module with jq, feeds it every result of that module, drops a record whose
canonical_facts it cannot hash (a null at any depth), and takes records with equal canonical_facts for one device.
"""

from __future__ import annotations

import json
import time
import typing as t

import jq  # type: ignore[import-not-found]
import yaml

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

QUERIES: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "extensions/audit/event_query.yml").read_text())
NEW = "dub-sbc-01"
KNOWN = ("lax-sbc-01", "lax-sbc-02")
REGISTERED = [
    {"hostname": NEW, "ip": "192.0.2.201", "model": "AP 1100", "type": "SBC", "vendor": "Oracle", "site": "DUB"},
    {"hostname": KNOWN[0], "type": "SBC"},
]
# Long enough to send a reboot under it, and soon over.
LEASE = 10
# Two tasks of a run that ends before it has waited for the reboot and given the lock back.
DYING_RUN: list[dict[str, t.Any]] = [
    {"netfleet.maintenance.device_lock": {"holder": "CHG2", "lease": LEASE}},
    {"netfleet.maintenance.device_operation": {"operation": "reboot", "window_id": "CHG2", "wait": False}},
]
WINDOW = {"window_id": "CHG1", "window_targets": "all", "window_hold": 0, "window_wait_interval": 0.1}


def tasks(ansible: Commands, wanted: list[dict[str, t.Any]], hosts: t.Sequence[str]) -> Finished:
    return ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": wanted}], hosts=hosts)


def records(done: Finished) -> list[tuple[str, dict[str, t.Any]]]:
    """What the queries make of a run: (module, record) for every result that has one, items of loops included."""
    found = []
    for line in done.results:
        query = QUERIES.get(line["action"])
        if query is not None:
            compiled = jq.compile(query["query"])
            found += [(line["action"], record) for record in compiled.input_value(line["result"]).all()]
    return found


def has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return any(map(has_null, value)) if isinstance(value, list) else value is None


def identities(found: list[tuple[str, dict[str, t.Any]]]) -> set[str]:
    """The devices as a controller counts them; every record is checked on the way."""
    for module, record in found:
        assert record["name"], module
        assert record["canonical_facts"], module
        assert not has_null(record["canonical_facts"]), module
        assert {"infra_type", "infra_bucket", "device_type"} <= record["facts"].keys(), module
        assert not has_null(record["facts"]), module
    return {json.dumps(record["canonical_facts"], sort_keys=True) for _module, record in found}


def test_one_device_is_counted_once_whatever_was_done_to_it(ansible: Commands, simulator: Simulator) -> None:
    """Registered in one system, locked in another, synced and rebooted through a third, recovered afterwards."""
    registered = ansible.playbook("netfleet.maintenance.register_devices", extra={"register_devices": REGISTERED})
    maintained = ansible.playbook("netfleet.maintenance.maintenance_window", hosts=KNOWN, extra=WINDOW)
    died = tasks(ansible, DYING_RUN, hosts=KNOWN[:1])
    time.sleep(LEASE)
    recovered = ansible.playbook("netfleet.maintenance.recover", extra={"recover_proof_timeout": 10})
    for run in (registered, maintained, died, recovered):
        assert run.rc == 0, run.said()
    assert {record["name"] for _module, record in records(maintained)} == set(KNOWN)
    assert {record["name"] for _module, record in records(recovered)} == {KNOWN[0]}
    found = records(registered) + records(maintained) + records(died) + records(recovered)
    assert {module for module, _record in found} == QUERIES.keys()
    assert identities(found) == {json.dumps({"hostname": name}) for name in (NEW, *KNOWN)}


def test_a_device_that_no_system_knows_is_not_counted(ansible: Commands, simulator: Simulator) -> None:
    unknown = [
        {"netfleet.maintenance.device_operation": {"operation": "sync"}},
        {"netfleet.maintenance.device_lock": {"holder": "CHG1"}},
        {"netfleet.maintenance.pam_device": {"hostname": "nobody-knows-me", "state": "absent"}},
    ]
    done = tasks(ansible, [{**task, "ignore_errors": True} for task in unknown], hosts=["nobody-knows-me"])
    assert [len(done.of(module)) for module in ("device_operation", "device_lock", "pam_device")] == [1, 1, 1]
    assert records(done) == []


def test_what_only_reads_is_not_counted() -> None:
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    counted = {name.removeprefix("netfleet.maintenance.") for name in QUERIES}
    assert counted <= modules
    readers = {name for name in modules if name.endswith("_info")}
    assert counted & readers == set()
