# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pam_device through ansible-playbook: check, do, do again, check again; the simulator's ledger is the judge."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.run import Commands
from tests.simulators import Simulator

NEW = "mad-sbc-77"
HOST = "lax-sbc-01"
BASE = {"ip": "192.0.2.77", "model": "Acme Packet 4600", "type": "SBC", "vendor": "Oracle", "site": "MAD"}
FULL = {
    **BASE,
    "device_domain": ["corp.example.com"],
    "device_tags": ["voice", "new"],
    "connectivities": ["SSH:22", "HTTPS:443"],
}
WRITES = ("device_created", "device_updated", "device_activated", "device_deactivated")

Options = dict[str, t.Any]


def effects(simulator: Simulator, device: str) -> list[str]:
    return [row["effect"] for row in simulator.ledger(device=device) if row["effect"] in WRITES]


def calls(simulator: Simulator, since: int = 0) -> list[tuple[str, str]]:
    """Every request to PAM but for those for a token, ids left out."""
    seen = [
        (row["method"], row["path"].removeprefix("/pam/iso/pam/")) for row in simulator.requests(system="senhasegura")
    ]
    return [(method, path.rstrip("0123456789")) for method, path in seen if "oauth2" not in path][since:]


def record(simulator: Simulator, device: str) -> dict[str, t.Any]:
    return dict(simulator.state()["senhasegura"]["devices"][device])


def cycle(
    ansible: Commands, simulator: Simulator, device: str, options: Options, action: str, effect: list[str]
) -> None:
    """Walk check, do, do again, check again, and see what is said and what is done."""
    before = effects(simulator, device)
    seen = []
    for check in (True, False, False, True):
        done = ansible.task("pam_device", options, "--diff", *(["--check"] if check else []), hosts=[device])
        assert done.rc == 0, done.said()
        assert "Traceback" not in done.said()
        (result,) = done.of("pam_device")
        seen.append((result["action"], result["changed"], effects(simulator, device)[len(before) :]))
        assert (result["diff"]["before"] != result["diff"]["after"]) is result["changed"]
    changed = action != "none"
    assert seen == [(action, changed, []), (action, changed, effect), ("none", False, effect), ("none", False, effect)]


def test_create(ansible: Commands, simulator: Simulator) -> None:
    cycle(ansible, simulator, NEW, FULL, "created", ["device_created"])
    made = record(simulator, NEW)
    assert made["device_tags"] == "voice,new"
    assert (made["site"], made["connectivities"], made["active"]) == ("MAD", "SSH:22,HTTPS:443", True)


def test_change(ansible: Commands, simulator: Simulator) -> None:
    before = record(simulator, HOST)
    cycle(ansible, simulator, HOST, {"site": "MAD", "device_tags": ["x"]}, "updated", ["device_updated"])
    after = record(simulator, HOST)
    assert after == {**before, "site": "MAD", "device_tags": "x"}


def test_clear(ansible: Commands, simulator: Simulator) -> None:
    options = {"device_domain": [], "device_tags": [], "connectivities": [], "session_remote_config": ""}
    cycle(ansible, simulator, HOST, options, "updated", ["device_updated"])
    assert {record(simulator, HOST)[name] for name in options} == {""}


def test_remove_and_put_back(ansible: Commands, simulator: Simulator) -> None:
    cycle(ansible, simulator, HOST, {"state": "absent"}, "deactivated", ["device_deactivated"])
    done = ansible.task("pam_device", BASE, hosts=[HOST])
    assert done.of("pam_device")[0]["action"] == "activated"
    assert record(simulator, HOST)["active"] is True
    cycle(ansible, simulator, HOST, BASE, "none", [])


def test_remove_what_is_missing(ansible: Commands, simulator: Simulator) -> None:
    cycle(ansible, simulator, "nobody", {"state": "absent"}, "none", [])
    assert {method for method, _path in calls(simulator)} == {"GET"}


def test_an_inactive_device_is_activated_by_its_name(ansible: Commands, simulator: Simulator) -> None:
    gone, back = (
        {"netfleet.maintenance.pam_device": options} for options in ({"state": "absent"}, {"activate": "always"})
    )
    done = ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": [gone, back, back]}], hosts=[HOST])
    assert done.rc == 0, done.said()
    assert [result["action"] for result in done.of("pam_device")] == ["deactivated", "activated", "none"]
    assert effects(simulator, HOST) == ["device_deactivated", "device_activated"]


AMBIGUITIES = [
    {"envelope": "short", "ids": "int", "post_reply": "200", "language": "mixed", "tenant_key": "present"},
    {"omitted_optional": "clear", "tags_form": "echoed", "connectivities_form": "empty_in_post"},
    {"connectivities_form": "tight", "prefix": "iso", "path_value": "id", "envelope": "no_code"},
    {"list_inactive": "yes", "post_inactive": "activates"},
    {"get_inactive": "1011", "delete_inactive": "200"},
    {"client_auth": "basic", "hostname_match": "casefold"},
    {"delete_inactive": "text", "auth_error": "envelope_400"},
]


@pytest.mark.parametrize("knobs", AMBIGUITIES, ids=lambda knobs: "+".join(knobs))
def test_the_cycles_hold_whatever_the_version_does(ansible: Commands, simulator: Simulator, knobs: Options) -> None:
    """The same cycles as above, a few steps per run: a new run knows nothing of the one before."""
    for name, value in knobs.items():
        simulator.knob(f"senhasegura.{name}", value)
    wanted: list[tuple[Options, str]] = [
        (FULL, "created"),
        ({"site": "LAX"}, "updated"),
        ({"device_tags": []}, "updated"),
    ]
    if knobs.get("list_inactive") != "yes":
        wanted.append(({"state": "absent"}, "deactivated"))
    tasks: list[Options] = []
    expected: list[str] = []
    for options, action in wanted:
        first, again = ({"netfleet.maintenance.pam_device": options, "check_mode": check} for check in (True, False))
        tasks += [first, again, again, first]
        expected += [action, action, "none", "none"]
    runs = [tasks[:2], *(tasks[start : start + 4] for start in range(2, len(tasks), 4))]
    seen = []
    for steps in runs:
        done = ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": steps}], hosts=[NEW])
        assert done.rc == 0, done.said()
        seen += [result["action"] for result in done.of("pam_device")]
    assert seen == expected
    made = record(simulator, NEW)
    assert (made["site"], made["device_tags"], made["connectivities"]) == ("LAX", "", "SSH:22,HTTPS:443")
    assert effects(simulator, NEW) == [f"device_{action}" for _options, action in wanted]


def test_an_unchanged_fleet_costs_one_token_one_list_and_one_look_each(ansible: Commands, simulator: Simulator) -> None:
    hosts = [device["name"] for device in simulator.devices()]
    play: list[dict[str, t.Any]] = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [{"netfleet.maintenance.pam_device": {"site": "{{ inventory_hostname[:3] | upper }}"}}],
        }
    ]
    done = ansible.playbook(play, "--forks", "8", hosts=hosts)
    assert done.rc == 0, done.said()
    assert not any(result["changed"] for result in done.of("pam_device"))
    assert sorted(calls(simulator)) == [("GET", "device"), *[("GET", "device/")] * len(hosts)]
    assert len(simulator.ledger(effect="token_issued")) == 1


def test_one_run_sees_its_own_writes_with_one_list(ansible: Commands, simulator: Simulator) -> None:
    tasks = [
        {"netfleet.maintenance.pam_device": FULL},
        {"netfleet.maintenance.pam_device": FULL},
        {"netfleet.maintenance.pam_device": {"state": "absent"}},
        {"netfleet.maintenance.pam_device": {"state": "absent"}},
        {"netfleet.maintenance.pam_device": BASE},
    ]
    done = ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": tasks}], hosts=[NEW])
    assert [result["action"] for result in done.of("pam_device")] == [
        "created",
        "none",
        "deactivated",
        "none",
        "activated",
    ]
    assert calls(simulator).count(("GET", "device")) == 1


def test_check_mode_sends_no_writing_verb(ansible: Commands, simulator: Simulator) -> None:
    for options in (FULL, {**FULL, "activate": "always"}, {"state": "absent"}):
        for host in (HOST, NEW):
            assert ansible.task("pam_device", options, "--check", "--diff", hosts=[host]).rc == 0
    assert {method for method, _path in calls(simulator)} == {"GET"}


def test_oauth_1_signs_every_request(ansible: Commands, simulator: Simulator) -> None:
    keys = {
        "SENHASEGURA_CLIENT_ID": "",
        "SENHASEGURA_CLIENT_SECRET": "",
        "SENHASEGURA_CONSUMER_KEY": "sim-consumer",
        "SENHASEGURA_CONSUMER_SECRET": "sim-consumer-secret",
        "SENHASEGURA_TOKEN_KEY": "sim-token",
        "SENHASEGURA_TOKEN_SECRET": "sim-token-secret",
    }
    ansible.environment |= keys
    cycle(ansible, simulator, NEW, {**FULL, "api_prefix": "/api"}, "created", ["device_created"])
    assert simulator.ledger(effect="token_issued") == []


def test_a_token_that_expires_in_between_is_renewed(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("senhasegura.token_lifetime", 3)
    tasks = [
        {"netfleet.maintenance.pam_device": {"site": "LAX"}},
        {"ansible.builtin.pause": {"seconds": 4}},
        {"netfleet.maintenance.pam_device": {"site": "LAX"}},
    ]
    done = ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": tasks}], hosts=[HOST])
    assert done.rc == 0, done.said()
    assert len(simulator.ledger(effect="token_issued")) >= 2


SENTENCES = [
    ({"client_id": "sim-reader", "client_secret": "sim-reader-secret", "site": "MAD"}, {}, "code 1039: Without PAM"),
    ({"device_domain": ["unknown.example.org"]}, {}, "code 1029: It is not possible to enter a domain"),
    ({"client_secret": "wr0ng-c4nary"}, {}, "did not accept the sign-in (HTTP 401"),
    ({"client_secret": "wr0ng-c4nary"}, {"auth_error": "envelope_400"}, "did not accept the sign-in (HTTP 400"),
    ({"client_id": "sim-nopam", "client_secret": "sim-nopam-secret"}, {"no_pam_core": 403}, "includes the resource"),
    ({"api_prefix": "/api"}, {"prefix": "iso"}, "Check api_url"),
    ({}, {"list_fault": "null"}, "sent no list of devices but null"),
    ({}, {"list_fault": "object"}, "sent no list of devices but an object"),
    ({}, {"list_fault": "partial"}, "the list is not complete"),
    ({"connectivities": ["SSH"]}, {}, "PROTOCOL:PORT"),
    ({"device_tags": ["b"]}, {"list_update": "merge"}, "did not take every field: device_tags"),
]


@pytest.mark.parametrize(("options", "knobs", "sentence"), SENTENCES)
def test_a_failure_is_one_sentence_without_a_secret(
    ansible: Commands, simulator: Simulator, options: Options, knobs: Options, sentence: str
) -> None:
    for name, value in knobs.items():
        simulator.knob(f"senhasegura.{name}", value)
    done = ansible.task("pam_device", options, "-vvvv", "--diff", hosts=[HOST])
    (result,) = done.of("pam_device")
    assert done.rc == 2
    assert sentence in result["msg"]
    assert "Traceback" not in done.said()
    for secret in ("wr0ng-c4nary", "sim-client-secret", "sim-reader-secret", "sim-nopam-secret", "Bearer "):
        assert secret not in done.said()


def test_a_new_device_names_all_missing_fields(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.task("pam_device", {"ip": "192.0.2.77"}, hosts=[NEW])
    assert "needs also: model, type, vendor, site." in done.of("pam_device")[0]["msg"]
    assert effects(simulator, NEW) == []


def test_a_case_twin_is_refused(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("senhasegura.hostname_match", "casefold")
    done = ansible.task("pam_device", {**BASE, "hostname": "LAX-SBC-01"}, hosts=[HOST])
    assert "'lax-sbc-01' (id 2001)" in done.of("pam_device")[0]["msg"]
    assert effects(simulator, HOST) == []


def test_two_devices_of_one_hostname_are_refused_with_both_ids(ansible: Commands, simulator: Simulator) -> None:
    simulator.add_device(name=HOST, pam_id="9001")
    done = ansible.task("pam_device", {"site": "MAD"}, hosts=[HOST])
    assert "ids 2001, 9001" in done.of("pam_device")[0]["msg"]
    assert effects(simulator, HOST) == []


def test_a_lost_answer_is_repeated_and_settled_by_reading_back(ansible: Commands, simulator: Simulator) -> None:
    simulator.fault(system="senhasegura", method="POST", path="/pam/device", phase="after_effect", kind="reset")
    done = ansible.task("pam_device", FULL, hosts=[NEW])
    assert done.rc == 0, done.said()
    assert effects(simulator, NEW) == ["device_created", "device_updated"]
    assert record(simulator, NEW)["device_tags"] == "voice,new"


def test_the_real_module_runs_when_the_task_is_asynchronous(ansible: Commands, simulator: Simulator) -> None:
    task = {"netfleet.maintenance.pam_device": FULL, "async": 60, "poll": 1}
    inventory = ansible.static_inventory({NEW: {"ansible_connection": "local"}})
    done = ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": [task]}], hosts=inventory)
    assert done.rc == 0, done.said()
    assert effects(simulator, NEW) == ["device_created"]
