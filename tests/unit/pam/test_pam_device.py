# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module pam_device as conversations: read, plan, write, read back - and nothing more than that."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    MaintenanceError,
    NoAnswer,
    NotFound,
    Refused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_device import manage
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from tests.unit.support.pam_script import LAB, WEB, PamScript, pam_task

BASE: dict[str, t.Any] = {name: WEB[name] for name in ("hostname", "ip", "model", "type", "vendor", "site")}
DEVICE = "/iso/pam/device/12"


@pytest.fixture
def script() -> PamScript:
    return PamScript()


def run(script: PamScript, store: Store | None = None, **params: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    """Run the module to the end of the conversation and give its result and its warnings."""
    task, warnings = pam_task(store, **params)
    result = manage(task, script.client())
    script.done()
    return result, warnings


def test_an_unchanged_device_costs_one_list_and_one_look(script: PamScript) -> None:
    script.lists(WEB, LAB)
    script.shows(WEB)
    result, warnings = run(script, **BASE, device_tags=["web", "prod"])
    assert (result["changed"], result["action"], warnings) == (False, "none", [])
    assert result["device"]["connectivities"] == ["SSH:22", "HTTPS:443"]
    assert "diff" not in result


def test_the_list_is_not_read_again_by_the_next_task_of_the_run(script: PamScript) -> None:
    store = MemoryStore()
    script.lists(WEB, LAB)
    script.shows(WEB)
    run(script, store, hostname="web-01")
    script.shows(LAB)
    run(script, store, hostname="lab switch 01")
    assert script.methods() == ["GET"] * 3


def test_a_creation_writes_activates_and_reads_back(script: PamScript) -> None:
    script.lists(LAB)
    script.writes(WEB)
    script.refuses("PUT", DEVICE, 1044)
    script.shows(WEB)
    result, warnings = run(script, **BASE, diff=True)
    assert (result["changed"], result["action"], warnings) == (True, "created", [])
    assert script.body(1) == BASE
    assert result["device"]["id"] == "12"
    assert result["diff"] == {"before": {}, "after": result["device"]}


def test_a_creation_that_woke_an_inactive_device_says_so(script: PamScript) -> None:
    script.lists(LAB)
    script.writes(WEB)
    script.activates("12")
    script.shows(WEB)
    assert run(script, **BASE)[0]["action"] == "activated"


def test_a_creation_without_activation(script: PamScript) -> None:
    script.lists(LAB)
    script.writes(WEB)
    script.shows(WEB)
    assert run(script, **BASE, activate="never")[0]["action"] == "created"


def test_a_creation_is_seen_by_the_next_task_of_the_run(script: PamScript) -> None:
    store = MemoryStore()
    script.lists(LAB)
    script.writes(WEB)
    script.refuses("PUT", DEVICE, 1044)
    script.shows(WEB)
    run(script, store, **BASE)
    script.shows(WEB)
    assert run(script, store, **BASE)[0]["changed"] is False


def test_a_creation_names_every_missing_field_and_sends_nothing(script: PamScript) -> None:
    script.lists(LAB)
    task, _warnings = pam_task(hostname="web-01", ip="192.0.2.10")
    with pytest.raises(BadInput, match="needs also: model, type, vendor, site"):
        manage(task, script.client())
    assert script.methods() == ["GET"]


def test_an_inactive_device_is_activated_by_its_name(script: PamScript) -> None:
    script.lists(LAB)
    script.activates("web-01")
    script.lists(LAB, WEB)
    script.shows(WEB)
    result, warnings = run(script, hostname="web-01", activate="always")
    assert (result["changed"], result["action"], warnings) == (True, "activated", [])
    assert result["device"]["id"] == "12"


def test_what_else_is_wanted_of_it_is_written_then(script: PamScript) -> None:
    after = {**WEB, "site": "LAX"}
    script.lists(LAB)
    script.activates("web-01")
    script.lists(LAB, WEB)
    script.shows(WEB)
    script.writes(after)
    script.shows(after)
    assert run(script, hostname="web-01", site="LAX", activate="always")[0]["action"] == "updated"


def test_check_mode_activates_nothing_by_name(script: PamScript) -> None:
    script.lists(LAB)
    task, _warnings = pam_task(hostname="web-01", activate="always")
    result = manage(dataclasses.replace(task, check_mode=True), script.client())
    script.done()
    assert (result["changed"], result["action"]) == (True, "activated")


@pytest.mark.parametrize(
    ("hostname", "code", "text"),
    [("web-01", 1011, "activates devices by id only. Give ip"), ("4711", None, "would take this name for an id")],
)
def test_a_name_that_activates_nothing_says_what_to_do(
    script: PamScript, hostname: str, code: int | None, text: str
) -> None:
    script.lists(LAB)
    if code:
        script.refuses("PUT", f"/iso/pam/device/{hostname}", code)
    task, _warnings = pam_task(hostname=hostname, activate="always")
    with pytest.raises(MaintenanceError, match=text):
        manage(task, script.client())
    script.done()


def test_a_device_that_is_active_and_hidden_is_no_success(script: PamScript) -> None:
    script.lists(LAB)
    script.refuses("PUT", "/iso/pam/device/web-01", 1044)
    script.lists(LAB)
    task, _warnings = pam_task(hostname="web-01", activate="always")
    with pytest.raises(MaintenanceError, match=r"is active already, but .* does not list it"):
        manage(task, script.client())


def test_an_update_sends_the_full_record_and_does_not_activate(script: PamScript) -> None:
    after = {**WEB, "device_tags": "prod,web,new"}
    script.lists(WEB)
    script.shows(WEB)
    script.writes(after)
    script.shows(after)
    result, warnings = run(script, hostname="web-01", device_tags=["prod", "web", "new"], diff=True)
    assert (result["action"], warnings) == ("updated", [])
    assert script.body(2) == {**{k: v for k, v in after.items() if k != "id"}, "connectivities": "SSH:22,HTTPS:443"}
    assert result["diff"]["before"]["device_tags"] == ["prod", "web"]
    assert result["diff"]["after"]["device_tags"] == ["prod", "web", "new"]


@pytest.mark.parametrize(
    ("listed", "params", "action"),
    [
        ([], {**BASE}, "created"),
        ([WEB], {**BASE}, "none"),
        ([WEB], {"hostname": "web-01", "site": "LAX"}, "updated"),
        ([WEB], {"hostname": "web-01", "activate": "always"}, "none"),
        ([WEB], {"hostname": "web-01", "state": "absent"}, "deactivated"),
        ([], {"hostname": "web-01", "state": "absent"}, "none"),
    ],
)
def test_check_mode_only_reads_and_predicts(
    script: PamScript, listed: list[dict[str, str]], params: dict[str, t.Any], action: str
) -> None:
    script.lists(*listed)
    if listed and "state" not in params:
        script.shows(WEB)
    result, _warnings = run(script, **params, check_mode=True, diff=True)
    assert set(script.methods()) == {"GET"}
    assert (result["action"], result["changed"]) == (action, action != "none")
    assert (result["diff"]["before"] == result["diff"]["after"]) is (action == "none")


def test_always_activate_costs_one_call_and_changes_nothing_when_active(script: PamScript) -> None:
    script.lists(WEB)
    script.shows(WEB)
    script.refuses("PUT", DEVICE, 1044)
    result, _warnings = run(script, hostname="web-01", activate="always")
    assert (result["changed"], result["action"]) == (False, "none")


def test_always_activate_wakes_a_device(script: PamScript) -> None:
    script.lists(WEB)
    script.shows(WEB)
    script.activates("12")
    result, _warnings = run(script, hostname="web-01", activate="always")
    assert (result["changed"], result["action"]) == (True, "activated")


def test_a_device_that_is_listed_but_not_shown_needs_always(script: PamScript) -> None:
    script.lists(WEB)
    script.refuses("GET", DEVICE, 1011)
    script.refuses("GET", DEVICE, 1011)
    task, _warnings = pam_task(hostname="web-01")
    with pytest.raises(NotFound, match="activate=always"):
        manage(task, script.client())


def test_a_device_that_is_listed_but_not_shown_is_woken_with_always(script: PamScript) -> None:
    script.lists(WEB)
    script.refuses("GET", DEVICE, 1011)
    script.refuses("GET", DEVICE, 1011)
    script.activates("12")
    script.shows(WEB)
    assert run(script, hostname="web-01", activate="always")[0]["action"] == "activated"


def test_waking_a_device_that_is_not_shown_is_predicted(script: PamScript) -> None:
    script.lists(WEB)
    script.refuses("GET", DEVICE, 1011)
    script.refuses("GET", DEVICE, 1011)
    result, _warnings = run(script, hostname="web-01", activate="always", check_mode=True)
    assert (result["action"], result["changed"]) == ("activated", True)


def test_after_a_write_whose_end_nobody_knows_the_list_is_read_again(script: PamScript) -> None:
    store = MemoryStore()
    script.lists(LAB)
    for _attempt in range(5):
        script.expect("POST", "/iso/pam/device").loses_the_answer()
    task, _warnings = pam_task(store, **BASE)
    with pytest.raises(NoAnswer):
        manage(task, script.client())
    script.lists(LAB, WEB)
    script.shows(WEB)
    assert run(script, store, **BASE)[0]["action"] == "none"


def test_a_field_that_did_not_take_fails_the_task_and_tells_of_the_write(script: PamScript) -> None:
    script.lists(WEB)
    script.shows(WEB)
    script.writes(WEB)
    script.shows(WEB)
    result, _warnings = run(script, hostname="web-01", site="LAX", device_tags=[])
    assert (result["failed"], result["changed"], result["kind"]) == (True, True, "not_taken")
    assert "site is 'POA', asked for 'LAX'" in result["msg"]
    assert "device_tags is ['prod', 'web'], asked for []" in result["msg"]
    assert result["device"]["site"] == "POA"


def test_the_reply_to_a_write_is_not_taken_for_the_truth(script: PamScript) -> None:
    script.lists(WEB)
    script.shows(WEB)
    script.writes({**WEB, "connectivities": ""})
    script.shows({**WEB, "connectivities": "SSH:2222"})
    result, _warnings = run(script, hostname="web-01", connectivities=["SSH:2222"])
    assert (result.get("failed"), result["action"]) == (None, "updated")


def test_a_domain_under_its_registered_name_is_a_warning(script: PamScript) -> None:
    after = {**WEB, "device_domain": "ad.example.com"}
    script.lists(WEB)
    script.shows(WEB)
    script.writes(after)
    script.shows(after)
    result, warnings = run(script, hostname="web-01", device_domain=["HQ"])
    assert result["changed"] is True
    assert "failed" not in result
    assert "device_domain" in warnings[0]


def test_a_version_that_shows_no_details_gets_a_warning(script: PamScript) -> None:
    old = {name: WEB[name] for name in ("id", *BASE)}
    script.lists(WEB)
    script.shows(old)
    script.writes(old)
    script.shows(old)
    result, warnings = run(script, hostname="web-01", connectivities=["SSH:22"])
    assert result["action"] == "updated"
    assert "connectivities" in warnings[0]
    assert script.body(2) == {**BASE, "connectivities": "SSH:22", "device_tags": "prod,web"}


def test_a_written_device_that_is_not_shown_is_a_warning(script: PamScript) -> None:
    script.lists()
    script.writes(WEB)
    script.refuses("GET", DEVICE, 1011)
    result, warnings = run(script, **BASE, activate="never")
    assert result["action"] == "created"
    assert result["device"]["id"] == "12"
    assert "does not show it" in warnings[0]


def test_an_activation_that_fails_after_the_write_is_a_failure_that_tells_of_the_write(script: PamScript) -> None:
    script.lists()
    script.writes(WEB)
    script.refuses("PUT", DEVICE, 1011, "Device not found")
    result, _warnings = run(script, **BASE)
    assert (result["failed"], result["changed"], result["kind"]) == (True, True, "not_found")
    assert "was written, but" in result["msg"]
    assert "code 1011: Device not found" in result["msg"]


def test_a_reply_that_shows_no_device_is_made_up_for_by_the_list(script: PamScript) -> None:
    script.lists()
    script.writes(None, 200)
    script.lists(WEB)
    script.refuses("PUT", DEVICE, 1044)
    script.shows(WEB)
    assert run(script, **BASE)[0]["device"]["id"] == "12"


def test_a_reply_that_shows_no_device_and_a_list_without_it_is_no_answer(script: PamScript) -> None:
    script.lists()
    script.writes(None)
    script.lists()
    task, _warnings = pam_task(**BASE)
    with pytest.raises(NoAnswer, match="neither shows nor lists"):
        manage(task, script.client())


@pytest.mark.row(55)
@pytest.mark.parametrize("reply", [{**WEB, "id": "13"}, {**WEB, "hostname": "WEB-01"}])
def test_a_reply_about_another_device_is_an_alarm(script: PamScript, reply: dict[str, str]) -> None:
    script.lists(WEB)
    script.shows(WEB)
    script.writes(reply)
    task, _warnings = pam_task(hostname="web-01", site="LAX")
    with pytest.raises(NoAnswer, match="look at both"):
        manage(task, script.client())


@pytest.mark.row(61)
def test_two_devices_of_one_hostname_are_refused_with_both_ids(script: PamScript) -> None:
    script.lists(WEB, {**LAB, "hostname": "web-01"})
    task, _warnings = pam_task(**BASE)
    with pytest.raises(BadInput, match=r"ids 12, 40"):
        manage(task, script.client())


@pytest.mark.row(57)
def test_a_twin_in_other_case_is_refused(script: PamScript) -> None:
    script.lists(WEB)
    task, _warnings = pam_task(**{**BASE, "hostname": "Web-01"})
    with pytest.raises(BadInput, match="'web-01'"):
        manage(task, script.client())


def test_a_read_only_authorization_is_a_refusal(script: PamScript) -> None:
    script.lists()
    script.refuses("POST", "/iso/pam/device", 1039, "Without PAM Configuration Access permission")
    task, _warnings = pam_task(**BASE)
    with pytest.raises(Refused, match=r"code 1039.*read-only") as caught:
        manage(task, script.client())
    assert caught.value.code == 1039


def test_absent_deactivates_once(script: PamScript) -> None:
    store = MemoryStore()
    script.lists(WEB)
    script.deactivates("12")
    result, _warnings = run(script, store, hostname="web-01", state="absent", diff=True)
    assert (result["changed"], result["action"], result["device"]["id"]) == (True, "deactivated", "12")
    assert result["diff"]["after"] == {}
    again, _warnings = run(script, store, hostname="web-01", state="absent")
    assert (again["changed"], again["action"], again["device"]) == (False, "none", {})


def test_absent_of_what_is_gone_meanwhile_is_unchanged(script: PamScript) -> None:
    script.lists(WEB)
    script.refuses("DELETE", DEVICE, 1011)
    assert run(script, hostname="web-01", state="absent")[0]["changed"] is False


@pytest.mark.parametrize("code", [1039, 1008])
def test_absent_fails_for_every_other_no(script: PamScript, code: int) -> None:
    script.lists(WEB)
    script.refuses("DELETE", DEVICE, code)
    task, _warnings = pam_task(hostname="web-01", state="absent")
    with pytest.raises(Refused, match=f"code {code}"):
        manage(task, script.client())


def test_absent_of_an_unlisted_device_sends_nothing_even_when_its_name_looks_like_an_id(script: PamScript) -> None:
    script.lists(WEB)
    assert run(script, hostname="12", state="absent")[0]["action"] == "none"
    assert script.methods() == ["GET"]


def test_a_device_can_be_put_back_in_the_same_run(script: PamScript) -> None:
    store = MemoryStore()
    script.lists(WEB)
    script.deactivates("12")
    run(script, store, hostname="web-01", state="absent")
    script.writes(WEB)
    script.activates("12")
    script.shows(WEB)
    assert run(script, store, **BASE)[0]["action"] == "activated"


@pytest.mark.row(51)
def test_a_registry_that_cannot_be_read_is_never_an_empty_one(script: PamScript) -> None:
    script.lists(WEB).answers(json={"response": {"message": "0 devices found", "error": False}, "devices": None})
    task, _warnings = pam_task(**BASE)
    with pytest.raises(NoAnswer, match="no list of devices"):
        manage(task, script.client())
    assert script.methods() == ["GET"]
