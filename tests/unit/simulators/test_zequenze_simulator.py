# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Zequenze simulator over real HTTP: records, operations and their life, log, settings, variables, every knob."""

from __future__ import annotations

import time
import typing as t
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest
import requests

from tests.simulators import Simulator
from tests.simulators.world import ZEQUENZE_TOKEN
from tests.simulators.zequenze.knobs import KNOBS

NAME = "lax-sbc-01"
OPERATION = f"/inventory_device_name_operation/{NAME}/"
UPTIME = "Device.DeviceInfo.UpTime"


@pytest.fixture(scope="module")
def running_simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=3) as running:
        yield running


class Client:
    """A plain client of the simulated API; ``sim`` is the simulator behind it."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {ZEQUENZE_TOKEN}"

    def __call__(self, method: str, path: str, **more: t.Any) -> requests.Response:
        more.setdefault("timeout", 5)
        return self.session.request(method, self.sim.zequenze_url + path, allow_redirects=False, **more)

    def put(self, operation: str, path: str = OPERATION, **more: t.Any) -> requests.Response:
        return self("PUT", path, json={"operation": operation}, **more)

    def get(self, path: str, **query: t.Any) -> t.Any:
        answer = self("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def record(self, **query: t.Any) -> dict[str, t.Any]:
        return dict(self.get(f"/inventory_device_name/{NAME}/", **query))

    def log(self, **query: t.Any) -> list[dict[str, t.Any]]:
        return list(self.get("/inventory_device_log/", parent__id=self.record()["id"], **query)["results"])

    def uptime(self, variable: str = UPTIME, **query: t.Any) -> int:
        query |= {"parent__name": NAME, "parameter__variable_name": variable}
        (item,) = self.get("/inventory_device_name_variables/", **query)["results"]
        return int(item["value"])

    def effects(self, *, about: str = NAME) -> list[str]:
        return [entry["effect"] for entry in self.sim.ledger(system="zequenze", device=about)]


@pytest.fixture
def api(simulator: Simulator) -> t.Iterator[Client]:
    client = Client(simulator)
    yield client
    client.session.close()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


# Credentials and paths


@pytest.mark.parametrize("header", [None, "Bearer wrong", f"Token {ZEQUENZE_TOKEN}", ZEQUENZE_TOKEN, "Bearer "])
def test_only_the_right_bearer_token_opens(api: Client, header: str | None) -> None:
    api.session.headers.pop("Authorization")
    answer = api.put("reboot", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert "detail" in answer.json()
    assert api.sim.ledger() == []


def test_a_path_without_its_slash_redirects_and_executes_nothing(api: Client) -> None:
    answer = api.put("reboot", OPERATION[:-1])
    assert (answer.status_code, answer.headers["Location"]) == (301, "/zequenze/api/v1" + OPERATION)
    api.sim.knob("zequenze.redirect_no_slash", 404)
    assert api.put("reboot", OPERATION[:-1]).status_code == 404
    assert api.sim.ledger() == []


def test_unknown_paths_and_methods_are_told_apart(api: Client) -> None:
    assert api("GET", "/inventory_campaign/").status_code == 404
    assert api("POST", OPERATION).status_code == 405
    assert api("GET", "/inventory_device_name/LAX-SBC-01/").status_code == 404


@pytest.mark.parametrize("name", ["a b", "x?y#z", "50%", "%2F", "é", "e\u0301", ";", "'", "..x", "{{ 7*7 }}"])
def test_a_hostile_name_is_found_by_its_encoded_form(api: Client, name: str) -> None:
    added = api.sim.add_device(name=name)
    answer = api.put("sync", f"/inventory_device_name_operation/{quote(name, safe='')}/")
    assert answer.status_code == 200
    assert api.sim.ledger(effect="operation")[0]["device_id"] == added["zequenze_id"]


@pytest.mark.parametrize(("name", "path"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), (".", "%2E")])
def test_a_name_no_path_can_carry_is_reached_by_id_only(api: Client, name: str, path: str) -> None:
    added = api.sim.add_device(name=name)
    assert api("GET", f"/inventory_device_name/{path}/").status_code == 404
    assert api.get(f"/inventory_device/{added['zequenze_id']}/")["name"] == name


# Records


def test_a_device_is_the_same_by_id_name_and_serial(api: Client) -> None:
    by_name = api.record()
    assert api.get(f"/inventory_device/{by_name['id']}/") == by_name
    assert api.get(f"/inventory_device_serial/{by_name['serial_number']}/") == by_name
    assert by_name["status"] is True
    assert "pending_settings" not in by_name
    assert api.record(pending="true")["pending_settings"] is False


def test_the_list_is_filtered(api: Client) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"online": False}})
    assert [row["name"] for row in api.get("/inventory_device/", status="False")["results"]] == [NAME]
    assert api.get("/inventory_device/", status="1")["count"] == 2
    assert [row["name"] for row in api.get("/inventory_device/", type=2)["results"]] == ["lon-gw-01"]
    assert api.get("/inventory_device/", organization=6)["count"] == 0
    hour_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    for form in ("%Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%d %H:%M:%S"):
        rows = api.get("/inventory_device/", last_status_change_from=hour_ago.strftime(form))["results"]
        assert [row["name"] for row in rows] == [NAME]
    assert api("GET", "/inventory_device/", params={"last_status_change_from": "yesterday"}).status_code == 400
    assert api("GET", "/inventory_device/", params={"status": "maybe"}).status_code == 400


def test_pages_follow_next_and_the_limit_is_capped(api: Client) -> None:
    api.sim.reset(devices=130)
    assert len(api.get("/inventory_device_name/")["results"]) == 20
    page = api.get("/inventory_device_name/", limit=500)
    assert (page["count"], len(page["results"]), page["previous"]) == (130, 100, None)
    second = api.session.get(page["next"], timeout=5).json()
    assert (second["next"], len(second["results"])) == (None, 30)
    names = [row["name"] for row in page["results"] + second["results"]]
    assert names == [device["name"] for device in api.sim.devices()]


def test_the_pending_flag_reports_or_filters(api: Client) -> None:
    rows = api.get("/inventory_device/", pending="true")["results"]
    assert [row["pending_settings"] for row in rows] == [False, False, True]
    api.sim.knob("zequenze.pending_flag", "filter")
    assert [row["name"] for row in api.get("/inventory_device/", pending="true")["results"]] == ["lon-gw-01"]


@pytest.mark.parametrize(("kind", "up", "down"), [("bool", True, False), ("int", 1, 0), ("string", "true", "false")])
def test_status_has_the_type_of_the_knob(api: Client, kind: str, up: object, down: object) -> None:
    api.sim.knob("zequenze.status_type", kind)
    assert api.record()["status"] == up
    assert type(api.record()["status"]) is type(up)
    api.sim.patch_device(NAME, {"zequenze": {"online": False}})
    assert api.record()["status"] == down


def test_records_are_created_changed_and_deleted(api: Client) -> None:
    answer = api("POST", "/inventory_device/", json={"name": "lab-cpe-07", "serial_number": "ZX81TEST0007"})
    assert answer.status_code == 201
    assert api("POST", "/inventory_device/", json={"name": "lab-cpe-07", "serial_number": "X"}).status_code == 400
    renamed = api("PATCH", "/inventory_device_name/lab-cpe-07/", json={"name": "lab-cpe-08"})
    assert renamed.json()["id"] == answer.json()["id"]
    assert api("GET", "/inventory_device_name/lab-cpe-07/").status_code == 404
    assert api("DELETE", "/inventory_device_serial/ZX81TEST0007/").status_code == 204
    assert api("GET", "/inventory_device_name/lab-cpe-08/").status_code == 404
    assert api.effects(about="lab-cpe-08") == ["device_updated", "device_deleted"]


# The life of an operation


@pytest.mark.parametrize("family", ["", "_name", "_serial"])
def test_a_reboot_runs_its_course(api: Client, family: str) -> None:
    before = api.record()
    key = {"": before["id"], "_name": NAME, "_serial": before["serial_number"]}[family]
    api.sim.knob("zequenze.boot", 100)
    api.sim.knob("zequenze.session_delay", 0.9)
    assert api.uptime() > 86400
    accepted = api.put("reboot", f"/inventory_device{family}_operation/{key}/")
    assert accepted.status_code == 200
    assert accepted.json()["operation"] == "reboot"
    assert accepted.json()["status"] == "initiated"
    assert accepted.json()["execution_id"].startswith("op_")
    (row,) = api.log()
    assert (row["is_pending"], row["is_applied"], row["action"]) == (True, False, "command")
    api.sim.advance(1)
    (row,) = api.log()
    assert (row["is_pending"], row["is_applied"]) == (False, True)
    assert instant(row["applied_at"]) > instant(row["datetime"])
    down = api.record()
    assert down["status"] is False
    assert instant(down["last_status_change"]) > instant(before["last_status_change"])
    api.sim.advance(100)
    up = api.record()
    assert up["status"] is True
    assert instant(up["last_status_change"]) > instant(down["last_status_change"])
    assert api.uptime() < 10
    assert [row["new_value"] for row in api.log(action="event")] == ["M Reboot", "1 BOOT"]
    assert api.effects() == ["operation", "applied", "boot", "down", "up"]
    ids = {entry["execution_id"] for entry in api.sim.ledger(system="zequenze")}
    assert ids == {accepted.json()["execution_id"]}


def test_everything_happens_by_itself_in_real_time(api: Client) -> None:
    api.put("reboot")
    until = time.monotonic() + 5
    while "up" not in api.effects() and time.monotonic() < until:
        time.sleep(0.02)
    assert api.effects() == ["operation", "applied", "boot", "down", "up"]
    moments = [entry["at"] for entry in api.sim.ledger(device=NAME)]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("operation", ["sync", "reconf"])
def test_sync_and_reconf_clear_pending_settings_and_reboot_nothing(api: Client, operation: str) -> None:
    path = "/inventory_device_name_operation/lon-gw-01/"
    assert api.get("/inventory_device_name/lon-gw-01/", pending="true")["pending_settings"] is True
    api.put(operation, path)
    api.sim.advance(1)
    assert api.get("/inventory_device_name/lon-gw-01/", pending="true")["pending_settings"] is False
    assert api.effects(about="lon-gw-01") == ["operation", "applied", "setting_cleared"]


@pytest.mark.parametrize("operation", ["factory", "device_factory"])
@pytest.mark.parametrize("outcome", ["returns", "new-id", "never"])
def test_a_reset_ends_as_the_knob_says(api: Client, operation: str, outcome: str) -> None:
    api.sim.knob("zequenze.reset_outcome", outcome)
    before = api.record()
    api.put(operation)
    api.sim.advance(10)
    after = api.record()
    assert after["serial_number"] == before["serial_number"]
    assert (after["id"] == before["id"]) == (outcome != "new-id")
    assert after["status"] is (outcome != "never")
    assert ("up" in api.effects()) == (outcome != "never")
    if outcome == "new-id":
        assert api("GET", f"/inventory_device/{before['id']}/").status_code == 404
    if outcome != "never":
        assert "0 BOOTSTRAP" in [row["new_value"] for row in api.log()]


@pytest.mark.parametrize(
    "body",
    [{}, {"operation": "restart"}, {"operation": ["reboot"]}, {"data": {"operation": "reboot"}}, ["reboot"], None],
)
def test_a_malformed_operation_is_refused(api: Client, body: object) -> None:
    assert api("PUT", OPERATION, json=body, headers={"Content-Type": "application/json"}).status_code == 400
    assert api("PUT", OPERATION, data="operation=reboot", headers={"Content-Type": "text/plain"}).status_code == 415
    assert api.sim.ledger() == []


def test_409_means_offline_or_busy(api: Client) -> None:
    assert api.put("sync").status_code == 200
    assert api.put("reboot").status_code == 409
    api.sim.advance(1)
    assert api.put("reboot").status_code == 200
    api.sim.patch_device("lax-sbc-02", {"zequenze": {"online": False}})
    assert api.put("sync", "/inventory_device_name_operation/lax-sbc-02/").status_code == 409
    assert api.effects(about="lax-sbc-02") == ["down"]


def test_an_offline_device_gets_its_queued_operation_when_it_returns(api: Client) -> None:
    api.sim.knob("zequenze.offline_policy", "queue")
    api.sim.patch_device(NAME, {"zequenze": {"online": False}})
    assert api.put("reboot").status_code == 200
    api.sim.advance(3600)
    assert api.log()[0]["is_pending"] is True
    api.sim.patch_device(NAME, {"zequenze": {"online": True}})
    api.sim.advance(1)
    assert api.effects() == ["down", "operation", "up", "applied", "boot", "down", "up"]


def test_a_busy_device_does_queued_operations_one_after_the_other(api: Client) -> None:
    api.sim.knob("zequenze.busy_policy", "queue")
    api.put("reboot")
    assert api.put("sync").status_code == 200
    api.sim.advance(10)
    assert api.effects() == ["operation", "operation", "applied", "boot", "down", "up", "applied"]


def test_a_forbidden_and_a_removed_device(api: Client) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"forbidden": True}})
    assert api.put("reboot").status_code == 403
    api.sim.patch_device(NAME, {"zequenze": {"removed": True}})
    assert api.put("reboot").status_code == 404
    assert api.sim.ledger() == []


def test_a_replaced_device_shows_its_new_serial(api: Client) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"serial_number": "NEW0001", "uptime": 12}})
    assert api.record()["serial_number"] == "NEW0001"
    assert api.uptime(force_update="true") == 12


# How a PUT is answered


@pytest.mark.parametrize(("shape", "keys"), [("echo-only", {"operation"}), ("empty", set())])
@pytest.mark.parametrize("code", [200, 202])
def test_accepted_has_every_shape(api: Client, shape: str, keys: set[str], code: int) -> None:
    api.sim.knob("zequenze.response_shape", shape)
    api.sim.knob("zequenze.accept_code", code)
    answer = api.put("sync")
    assert answer.status_code == code
    assert (set(answer.json()) if answer.content else set()) == keys


@pytest.mark.parametrize("shape", ["detail", "fields", "html", "empty"])
def test_errors_have_every_shape(api: Client, shape: str) -> None:
    api.sim.knob("zequenze.error_body", shape)
    answer = api("GET", "/inventory_device_name/nobody/")
    assert answer.status_code == 404
    if shape == "empty":
        assert answer.content == b""
    elif shape == "html":
        assert answer.headers["Content-Type"].startswith("text/html")
    else:
        assert list(answer.json()) == ["detail" if shape == "detail" else "non_field_errors"]


@pytest.mark.parametrize(
    ("fault", "status", "executed"),
    [
        ("500-but-executed", 500, 1),
        ("500-not-executed", 500, 0),
        ("503", 503, 0),
        ("429", 429, 0),
        ("429-without-retry-after", 429, 0),
    ],
)
def test_a_put_fails_with_and_without_execution(api: Client, fault: str, status: int, executed: int) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"put_fault": fault}})
    answer = api.put("reboot")
    api.sim.advance(5)
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (fault == "429")
    assert api.effects().count("boot") == executed
    api.sim.patch_device(NAME, {"zequenze": {"put_fault": None}})
    assert api.put("reboot").status_code == 200


def test_an_accepted_put_may_never_be_answered(api: Client) -> None:
    api.sim.knob("zequenze.put_fault", "accepted-then-timeout")
    with pytest.raises(requests.Timeout):
        api.put("reboot", timeout=0.2)
    api.sim.advance(5)
    assert api.effects().count("boot") == 1
    (request,) = api.sim.requests(method="PUT")
    assert (request["status"], request["answer_delivered"]) == (None, False)


# What else happens in the window


@pytest.mark.parametrize(("foreign", "boots"), [("same", 2), ("reboot", 2), ("sync", 1)])
def test_a_foreign_operator_lands_in_the_window(api: Client, foreign: str, boots: int) -> None:
    api.sim.knob("zequenze.foreign_operator", foreign)
    api.put("reboot")
    api.sim.advance(10)
    assert api.effects().count("boot") == boots
    assert sorted(row["user"] for row in api.log(action="command")) == ["automation", "noc-operator"]
    assert [entry["account"] for entry in api.sim.ledger(effect="operation")] == ["automation", "noc-operator"]


def test_a_spontaneous_reboot_leaves_no_command(api: Client) -> None:
    api.sim.knob("zequenze.spontaneous_reboot", True)
    api.sim.knob("zequenze.put_fault", "500-not-executed")
    api.put("reboot")
    api.sim.advance(10)
    assert api.effects() == ["boot", "down", "up"]
    assert api.sim.ledger(effect="boot")[0]["cause"] == "firmware"
    assert [row["action"] for row in api.log()] == ["event"]
    assert api.uptime() < 15


def test_an_ignored_operation_claims_to_be_applied_and_does_nothing(api: Client) -> None:
    api.sim.knob("zequenze.execution", "ignored")
    api.put("reboot")
    api.sim.advance(10)
    assert api.log()[0]["is_applied"] is True
    assert api.effects() == ["operation", "applied"]
    assert api.uptime() > 86400


def test_a_flapping_device_goes_down_again(api: Client) -> None:
    api.sim.knob("zequenze.flaps", 2)
    api.put("reboot")
    api.sim.advance(10)
    assert api.effects() == ["operation", "applied", "boot", "down", "up", "down", "up", "down", "up"]


def test_a_short_reboot_may_never_be_seen_as_down(api: Client) -> None:
    api.sim.knob("zequenze.reboot_visible_down", False)
    before = api.record()["last_status_change"]
    api.put("reboot")
    api.sim.advance(10)
    assert api.effects() == ["operation", "applied", "boot"]
    assert api.record()["last_status_change"] == before
    assert api.uptime() < 15


def test_a_blocked_connection_request_waits_for_the_inform(api: Client) -> None:
    api.sim.knob("zequenze.connection_request", "blocked")
    api.sim.knob("zequenze.inform_interval", 120)
    api.put("sync")
    accepted = api.sim.ledger(effect="operation")[0]["at"]
    api.sim.advance(121)
    waited = api.sim.ledger(effect="applied")[0]["at"] - accepted
    assert 0 < waited <= 120.1


# The log


def test_the_log_is_empty_late_or_hidden(api: Client) -> None:
    api.sim.knob("zequenze.log_visibility", "delayed")
    api.sim.knob("zequenze.log_delay", 60)
    api.put("sync")
    assert api.log() == []
    api.sim.advance(61)
    assert [row["is_applied"] for row in api.log()] == [True]
    api.sim.knob("zequenze.log_visibility", "off")
    api.put("sync")
    api.sim.advance(61)
    assert len(api.log()) == 1


@pytest.mark.parametrize("result", ["error", "stuck"])
def test_a_row_may_end_in_an_error_or_never(api: Client, result: str) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"log_result": result}})
    api.put("reboot")
    api.sim.advance(60)
    (row,) = api.log()
    assert row["is_applied"] is False
    assert row["is_pending"] is (result == "stuck")
    assert row.get("error_code") == (None if result == "stuck" else "9002")
    assert "boot" not in api.effects()
    assert api.put("sync").status_code == (409 if result == "stuck" else 200)


@pytest.mark.parametrize(
    ("spelling", "action"), [("command", "command"), ("operation", "sync"), ("execute", "execute")]
)
def test_an_operation_is_spelled_as_the_knob_says(api: Client, spelling: str, action: str) -> None:
    api.sim.knob("zequenze.log_action", spelling)
    api.sim.knob("zequenze.log_detail", "operation")
    api.put("sync")
    assert [(row["action"], row["new_value"]) for row in api.log()] == [(action, "sync")]


@pytest.mark.parametrize("paging", ["cursor", "offset"])
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_log_pages_completely_while_it_grows(api: Client, paging: str, order: str) -> None:
    api.sim.knob("zequenze.paging", paging)
    api.sim.knob("zequenze.log_order", order)
    api.sim.knob("zequenze.busy_policy", "queue")
    for _ in range(7):
        api.put("sync")
    expected = [row["id"] for row in api.log(limit=100)]
    assert expected == sorted(expected, reverse=order == "newest")
    device = api.record()["id"]
    page = api.get("/inventory_device_log/", parent__id=device, limit=3)
    assert ("count" in page) == (paging == "offset")
    seen = [row["id"] for row in page["results"]]
    if paging == "cursor" and order == "newest":
        api.put("sync")
    for _ in range(5):
        if page["next"] is None:
            break
        page = api.session.get(page["next"], timeout=5).json()
        seen += [row["id"] for row in page["results"]]
    assert seen == expected
    back = api.session.get(page["previous"], timeout=5).json()
    assert [row["id"] for row in back["results"]] == expected[3:6]


def test_the_log_is_filtered(api: Client) -> None:
    api.put("reboot")
    api.sim.advance(60)
    (command,) = api.log(action="command")
    events = api.log(is_applied="true", datetime__gte=command["datetime"].replace("T", " ").replace("Z", "+00:00"))
    assert {row["action"] for row in events} == {"command", "event"}
    assert api.log(is_pending="true") == []
    later = instant(command["datetime"]) + timedelta(milliseconds=1)
    assert "command" not in {row["action"] for row in api.log(datetime__gte=later.isoformat())}
    assert [row["id"] for row in api.log(datetime__lte=command["datetime"])] == [command["id"]]
    assert api.get(f"/inventory_device_log/{command['id']}/") == command
    assert api("GET", "/inventory_device_log/1/").status_code == 404
    assert api("GET", "/inventory_device_log/", params={"cursor": "nonsense"}).status_code == 404


# Settings and variables


def test_a_patched_setting_is_pending_until_a_sync(api: Client) -> None:
    variable = "Device.DeviceInfo.SyslogServer"
    path = f"/inventory_device_name_setting/{NAME}/"
    assert api("PATCH", path, json={variable: "log.example.net"}).status_code == 200
    query = {"parent__name": NAME, "pending": "true"}
    pending = [row for row in api.get("/inventory_device_name_setting/", **query)["results"] if row["pending"]]
    assert [(row["parameter"]["variable_name"], row["value"]) for row in pending] == [(variable, "log.example.net")]
    assert [(row["action"], row["is_pending"]) for row in api.log()] == [("set", True)]
    api.put("sync")
    api.sim.advance(1)
    api.sim.knob("zequenze.pending_flag", "filter")
    assert api.get("/inventory_device_name_setting/", **query)["results"] == []
    assert [row["is_applied"] for row in api.log(variable_name="DeviceInfo.SyslogServer")] == [True]
    assert api("PATCH", path, json={"Device.NoSuch": "1"}).status_code == 400


def test_the_parent_is_required_and_must_exist(api: Client) -> None:
    for what in ("setting", "variables"):
        assert api("GET", f"/inventory_device_{what}/").status_code == 400
        assert api("GET", f"/inventory_device_{what}/", params={"parent_id": 1}).status_code == 404
        serial = api.record()["serial_number"]
        assert api.get(f"/inventory_device_serial_{what}/", parent__serial_number=serial)["results"]


def test_variables_are_selected_by_list_and_wildcard(api: Client) -> None:
    query = {"parent__name": NAME, "parameter__variable_name": "Device.DeviceInfo.*", "dates": "true"}
    assert api.get("/inventory_device_name_variables/", **query)["count"] == 0
    rows = api.get("/inventory_device_name_variables/", wildcard="true", **query)["results"]
    assert UPTIME in {row["parameter"]["variable_name"] for row in rows}
    assert all("updated_at" in row for row in rows)
    listed = api.get("/inventory_device_name_variables/", parent__name=NAME, parameter__short_name="uptime,serial")
    assert listed["count"] == 2


def test_uptime_is_exposed_hidden_or_stale(api: Client) -> None:
    before = api.uptime()
    api.sim.knob("zequenze.uptime_exposed", "stale")
    api.put("reboot")
    api.sim.advance(10)
    assert api.uptime() == before
    assert api.uptime(force_update="true") < 15
    api.sim.knob("zequenze.uptime_exposed", "no")
    query = {"parent__name": NAME, "parameter__variable_name": UPTIME}
    assert api.get("/inventory_device_name_variables/", **query)["results"] == []
    api.sim.knob("zequenze.uptime_exposed", "yes")
    api.sim.knob("zequenze.uptime_name", "tr098")
    assert api.uptime("InternetGatewayDevice.DeviceInfo.UpTime") < 15


def test_uptime_is_as_old_as_the_last_inform(api: Client) -> None:
    api.sim.knob("zequenze.inform_interval", 1000)
    api.sim.patch_device(NAME, {"zequenze": {"uptime": 50_000}})
    api.sim.advance(500)
    collected = api.uptime()
    fresh = api.uptime(force_update="true")
    assert 50_500 <= fresh <= 50_505
    assert collected <= fresh


def test_a_forced_read_needs_the_device_up(api: Client) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"online": False}})
    query = {"parent__name": NAME, "force_update": "true"}
    assert api("GET", "/inventory_device_name_variables/", params=query).status_code == 409
    assert api.uptime() > 86400


def test_a_headless_get_is_scheduled_then_completed(api: Client) -> None:
    body = {"operation": "get", "variables": [UPTIME]}
    made = api("POST", "/inventory_device_name_headless_operation/", params={"parent__name": NAME}, json=body)
    assert (made.status_code, made.json()["status"]) == (201, "scheduled")
    for _ in range(2):
        (seen,) = api.get("/inventory_device_name_headless_operation/", id=made.json()["id"])["results"]
    assert (seen["status"], int(seen["variables"][UPTIME]) > 86400) == ("completed", True)
    wrong = {"operation": "reboot", "variables": []}
    query = {"parent__name": NAME}
    path = "/inventory_device_name_headless_operation/"
    assert api("POST", path, params=query, json=wrong).status_code == 400


# Time and traps


def test_the_clock_skew_moves_every_instant_together(api: Client) -> None:
    api.sim.knob("zequenze.clock_skew", -3600)
    api.put("sync")
    answer = api("GET", "/inventory_device_log/")
    date = parsedate_to_datetime(answer.headers["Date"])
    assert abs((datetime.now(timezone.utc) - date).total_seconds() - 3600) < 5
    (row,) = answer.json()["results"]
    assert abs((instant(row["datetime"]) - date).total_seconds()) < 5
    assert len(api.log(datetime__gte=(date - timedelta(seconds=5)).isoformat())) == 1
    assert api.log(datetime__gte=(date + timedelta(seconds=60)).isoformat()) == []


def test_the_whip_is_flagged_as_a_bug_of_the_client(api: Client) -> None:
    assert api("GET", f"/inventory_device_whip/{api.record()['id']}/").status_code == 200
    assert [entry["effect"] for entry in api.sim.ledger()] == ["client_bug"]


def test_every_knob_exists() -> None:
    expected = (
        "response_shape accept_code offline_policy busy_policy error_body status_type pending_flag log_visibility "
        "log_result inform_interval connection_request reboot_visible_down uptime_exposed put_fault reset_outcome "
        "paging clock_skew foreign_operator spontaneous_reboot redirect_no_slash"
    )
    assert {f"zequenze.{name}" for name in expected.split()} <= {knob.name for knob in KNOBS}


@pytest.mark.parametrize(
    ("unit", "bits", "shown"), [("s", 0, 9000), ("min", 0, 150), ("1/100 s", 0, 900_000), ("ms", 31, 9_000_000)]
)
def test_an_uptime_counts_in_the_unit_of_its_knob(api: Client, unit: str, bits: int, shown: int) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"uptime_unit": unit, "uptime_bits": bits, "uptime": 9000.0}})
    assert api.uptime(force_update="true") == pytest.approx(shown, rel=0.01)


def test_an_uptime_starts_again_where_its_counter_ends(api: Client) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"uptime_unit": "ms", "uptime_bits": 32, "uptime": 2**32 / 1000 - 10}})
    before = api.uptime(force_update="true")
    api.sim.advance(20)
    assert (before > 4_000_000_000, api.uptime(force_update="true") < 60_000) == (True, True)
    assert "boot" not in api.effects()


@pytest.mark.parametrize(("exposed", "shown"), [("zero", 0), ("redated", 45)])
def test_an_uptime_may_not_be_read_or_old_under_a_new_date(api: Client, exposed: str, shown: int) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"uptime": 45.0}})
    assert api.uptime(force_update="true") == 45
    api.sim.patch_device(NAME, {"zequenze": {"uptime_exposed": exposed}})
    api.sim.advance(100)
    query = {"parent__name": NAME, "parameter__variable_name": UPTIME, "dates": "true"}
    (item,) = api.get("/inventory_device_name_variables/", **query)["results"]
    assert int(item["value"]) == shown


def test_a_device_may_boot_again_and_again(api: Client) -> None:
    api.sim.patch_device(NAME, {"zequenze": {"boot_loop": 3, "boot_loop_time": 4.0, "reboot_visible_down": False}})
    api.put("reboot")
    api.sim.advance(60)
    assert [row["cause"] for row in api.sim.ledger(effect="boot")] == ["reboot", "loop", "loop", "loop"]
    assert "down" not in api.effects()


def test_a_status_may_be_dated_at_each_inform(api: Client) -> None:
    before = api.record()["last_status_change"]
    assert api.record()["last_status_change"] == before
    api.sim.knob("zequenze.status_moves", "informs")
    first = api.record()["last_status_change"]
    api.sim.advance(10)
    assert before < first < api.record()["last_status_change"]


def test_more_calls_than_its_rate_are_told_to_wait(api: Client) -> None:
    api.sim.knob("zequenze.calls", 3)
    path = f"/inventory_device_name/{NAME}/"
    answers = [api("GET", path) for _call in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 55 <= int(answers[-1].headers["Retry-After"]) <= 60
    api.sim.advance(61)
    assert api("GET", path).status_code == 200
