# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Oracle SDM simulator keeps what docs/apis says, over real HTTP."""

from __future__ import annotations

import http.client
import typing as t
import urllib.parse
from xml.etree.ElementTree import Element

import pytest
import requests
from defusedxml.ElementTree import fromstring

from tests.simulators import Simulator, SimulatorError

XML = {"Content-Type": "application/xml", "Accept": "application/xml"}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
DEVICES = "/inventory/deviceMgmt/devices"


class Account:
    """One signed-in account that speaks as documented."""

    def __init__(self, sim: Simulator, http: requests.Session, name: str) -> None:
        self._http = http
        self._base = sim.sdm_url + "/rest/"
        self.version = "v1.3"
        self.login = self.send("POST", "/admin/login", login_body(name, f"sim-{name}-password"))
        self.cookie = self.login.headers.get("Set-Cookie", "").split(";")[0]

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> requests.Response:
        """One request with the cookie."""
        own = {"Cookie": self.cookie} if hasattr(self, "cookie") else {}
        url = self._base + self.version + path
        return self._http.request(
            method, url, data=body, headers=XML | own | headers, timeout=10, allow_redirects=False
        )

    def act(self, deed: str, device_id: str = "ID41") -> int:
        """The status of Lock or Unlock."""
        body = f"<deviceAction><type>{deed}</type></deviceAction>"
        return self.send("POST", f"{DEVICES}/{device_id}/action", body).status_code

    def act_on_group(self, deed: str, nf_id: str) -> int:
        """The status of Lock or Unlock of a whole network function."""
        body = f"<deviceGroupAction><type>{deed}</type></deviceGroupAction>"
        return self.send("POST", f"/inventory/nfMgmt/nfs/{nf_id}/groups/{nf_id}/action", body).status_code


def login_body(name: str, password: str) -> str:
    return f"<session><userName>{name}</userName><password>{password}</password></session>"


@pytest.fixture(scope="module")
def running_simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=8) as running:
        yield running


@pytest.fixture
def account(sim: Simulator) -> t.Iterator[t.Callable[[str], Account]]:
    with requests.Session() as http:
        http.trust_env = False
        yield lambda name: Account(sim, http, name)


AccountMaker = t.Callable[[str], Account]


def locks(sim: Simulator) -> dict[str, str]:
    """Who holds what."""
    return {name: lock["account"] for name, lock in sim.state()["oracle_sdm"]["locks"].items()}


def effects(sim: Simulator, *wanted: str) -> list[tuple[str, str]]:
    """(effect, account) of the ledger, those wanted."""
    return [(e["effect"], e["account"]) for e in sim.ledger(system="oracle_sdm") if e["effect"] in wanted]


def document(response: requests.Response) -> Element:
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/xml")
    return fromstring(response.content)


# Sign-in


def test_login_gives_a_session_and_its_cookie(account: AccountMaker) -> None:
    login = account("lockbot").login
    fields = {child.tag: child.text for child in document(login)}
    session_id = fields.pop("sessionId")
    assert fields == {
        "idleTimeout": "30",
        "serverInfo": "NNC90",
        "userGroup": "provisioners",
        "userName": "lockbot",
    }
    assert session_id is not None
    assert session_id.endswith(".tomcat1")
    assert len(session_id) == 32 + len(".tomcat1")
    assert login.headers["Set-Cookie"] == f"JSESSIONID={session_id}; Path=/rest; HttpOnly"
    assert (login.headers["Server"], login.headers["X-Frame-Options"]) == ("Apache", "SAMEORIGIN")


def test_login_in_json_and_in_another_case_is_the_same_account(account: AccountMaker, sim: Simulator) -> None:
    someone = account("alice")
    body = '{"userName":"LockBot","password":"sim-lockbot-password"}'
    answer = someone.send("POST", "/admin/login", body, **JSON)
    assert answer.json()["userName"] == "lockbot"
    assert effects(sim, "login") == [("login", "alice"), ("login", "lockbot")]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (login_body("lockbot", "wrong"), "application/xml", 401),
        (login_body("nobody", "wrong"), "application/xml", 401),
        (login_body("lockbot", ""), "application/xml", 400),
        ("<user><userName>lockbot</userName></user>", "application/xml", 400),
        ("<session><userName>", "application/xml", 400),
        ('<!DOCTYPE x [<!ENTITY e "lockbot">]><session><userName>&e;</userName></session>', "application/xml", 400),
        ('{"session":{"userName":"lockbot","password":"sim-lockbot-password"}}', "application/json", 400),
        ("[]", "application/json", 400),
        ("userName=lockbot", "text/plain", 415),
    ],
)
def test_a_bad_login_has_its_status_and_an_empty_body(
    account: AccountMaker, sim: Simulator, body: str, kind: str, status: int
) -> None:
    answer = account("alice").send("POST", "/admin/login", body, **{"Content-Type": kind})
    assert (answer.status_code, answer.content) == (status, b"")
    assert effects(sim, "login") == [("login", "alice")]


def test_versions_paths_and_verbs(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")

    def status(method: str, path: str, version: str = "v1.3") -> int:
        someone.version = version
        return someone.send(method, path).status_code

    assert [status("GET", DEVICES, version) for version in ("v1.0", "v1.1", "v1.2", "v1.3")] == [200] * 4
    assert [status("GET", DEVICES, version) for version in ("v1.4", "v2.0", "1.3")] == [404] * 3
    assert status("GET", "/nothing/here") == 404
    assert status("DELETE", DEVICES) == 405
    assert status("GET", f"{DEVICES}/ID41/action") == 405
    sim.knob("oracle_sdm.newest_version", "v1.1")
    assert status("POST", "/admin/login") == 404


def test_without_a_session_nothing_is_told_or_done(account: AccountMaker, sim: Simulator) -> None:
    stranger = account("lockbot")
    stranger.cookie = "JSESSIONID=00000000000000000000000000000000.tomcat1"
    assert stranger.send("GET", DEVICES).status_code == 401
    assert stranger.act("Lock") == 401
    sim.knob("oracle_sdm.no_session", "redirect")
    assert stranger.send("GET", DEVICES).status_code == 302
    sim.knob("oracle_sdm.no_session", "login_page")
    page = stranger.send("GET", DEVICES)
    assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert locks(sim) == {}


def test_logout_ends_the_session_and_leaves_the_lock(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    assert someone.act("Lock") == 204
    assert someone.send("POST", "/admin/logout").status_code == 204
    assert someone.send("POST", "/admin/logout").status_code == 401
    assert someone.send("GET", DEVICES).status_code == 401
    assert sim.state()["oracle_sdm"]["sessions"] == []
    assert locks(sim) == {"lax-sbc-01": "lockbot"}


@pytest.mark.parametrize("survives", [True, False])
def test_an_idle_session_ends_after_its_last_use(account: AccountMaker, sim: Simulator, survives: bool) -> None:
    sim.knob("oracle_sdm.lock_survives_logout", survives)
    someone = account("lockbot")
    someone.act("Lock")
    for _ in range(3):
        sim.advance(1700)
        assert someone.send("GET", DEVICES).status_code == 200
    sim.advance(1801)
    assert sim.state()["oracle_sdm"]["sessions"] == []
    assert someone.send("GET", DEVICES).status_code == 401
    assert locks(sim) == ({"lax-sbc-01": "lockbot"} if survives else {})
    expired = sim.ledger(effect="session_expired")[0]
    assert expired["at"] < sim.call("GET", "clock")["now"]
    assert [e["at"] for e in sim.ledger(effect="lock_dropped")] == ([] if survives else [expired["at"]])


def test_a_session_without_a_timer_never_ends(account: AccountMaker, sim: Simulator) -> None:
    sim.knob("oracle_sdm.idle_timeout", 0)
    someone = account("lockbot")
    sim.advance(10**6)
    assert someone.send("GET", DEVICES).status_code == 200


def test_one_session_too_many_ends_the_oldest(account: AccountMaker, sim: Simulator) -> None:
    sim.knob("oracle_sdm.session_limit", 1)
    first, other, second = account("lockbot"), account("alice"), account("lockbot")
    assert [one.send("GET", DEVICES).status_code for one in (first, other, second)] == [401, 200, 200]


@pytest.mark.parametrize("survive", [True, False])
def test_a_restart_ends_sessions_and_perhaps_locks(account: AccountMaker, sim: Simulator, survive: bool) -> None:
    sim.knob("oracle_sdm.lock_survives_restart", survive)
    someone = account("lockbot")
    someone.act("Lock")
    sim.knob("oracle_sdm.restarts", 1)
    assert someone.send("GET", DEVICES).status_code == 401
    assert locks(sim) == ({"lax-sbc-01": "lockbot"} if survive else {})


# Locks


def test_a_lock_belongs_to_the_account(account: AccountMaker, sim: Simulator) -> None:
    ours, theirs, second = account("lockbot"), account("alice"), account("lockbot")
    assert ours.act("Lock") == 204
    assert theirs.act("Lock") == 400
    assert theirs.act("Unlock") == 400
    assert locks(sim) == {"lax-sbc-01": "lockbot"}
    assert second.act("Unlock") == 204
    assert theirs.act("Lock") == 204
    assert effects(sim, "lock", "unlock") == [("lock", "lockbot"), ("unlock", "lockbot"), ("lock", "alice")]
    entry = sim.ledger(effect="lock", account="alice")[0]
    assert (entry["device"], entry["device_id"]) == ("lax-sbc-01", "ID41")
    assert sim.requests(seq=entry["request"])[0]["path"].endswith("/ID41/action")


def test_no_answer_tells_of_a_lock(account: AccountMaker) -> None:
    someone = account("lockbot")
    paths = (
        DEVICES,
        f"{DEVICES}/ID42",
        "/configuration/devices",
        "/configuration/devices/ID42",
        "/inventory/nfMgmt/nfs",
    )
    before = [someone.send("GET", path).content for path in paths]
    assert someone.act("Lock", "ID42") == 204
    assert [someone.send("GET", path).content for path in paths] == before
    assert not any(b"lock" in answer.lower() for answer in before)


def test_repeating_changes_nothing(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    assert [someone.act("Lock"), someone.act("Lock"), someone.act("Unlock"), someone.act("Unlock")] == [204] * 4
    assert effects(sim, "lock", "unlock") == [("lock", "lockbot"), ("unlock", "lockbot")]
    sim.knob("oracle_sdm.repeat_lock", 400)
    sim.knob("oracle_sdm.unlock_free", 400)
    assert [someone.act("Unlock"), someone.act("Lock"), someone.act("Lock")] == [400, 204, 400]


@pytest.mark.parametrize("status", [400, 401, 403, 409, 423, 500])
def test_the_status_of_a_foreign_lock_is_a_knob(account: AccountMaker, sim: Simulator, status: int) -> None:
    sim.knob("oracle_sdm.foreign_status", status)
    account("alice").act("Lock", "ID42")
    someone = account("lockbot")
    body = "<deviceAction><type>SaveActivateConfig</type></deviceAction>"
    assert someone.act("Lock", "ID42") == someone.act("Unlock", "ID42") == status
    assert someone.send("POST", "/configuration/devices/ID42/action", body).status_code == status
    assert effects(sim, "config_pushed") == []


def test_a_knob_of_one_device_leaves_the_others(account: AccountMaker, sim: Simulator) -> None:
    sim.patch_device("lax-sbc-02", {"oracle_sdm": {"foreign_status": 423, "lock_as": "alice"}})
    sim.patch_device("lax-sbc-01", {"oracle_sdm": {"lock_as": "alice"}})
    someone = account("lockbot")
    assert (someone.act("Lock", "ID41"), someone.act("Lock", "ID42")) == (400, 423)


def test_counted_locks_need_as_many_unlocks(account: AccountMaker, sim: Simulator) -> None:
    sim.knob("oracle_sdm.lock_counts", True)
    someone = account("lockbot")
    assert [someone.act(deed) for deed in ("Lock", "Lock", "Unlock")] == [204] * 3
    assert sim.state()["oracle_sdm"]["locks"]["lax-sbc-01"]["count"] == 1
    someone.act("Unlock")
    assert locks(sim) == {}
    assert [entry["count"] for entry in sim.ledger() if entry["effect"] in {"lock", "unlock"}] == [1, 2, 1, 0]


def test_a_delayed_lock_can_be_lost_to_a_faster_account(account: AccountMaker, sim: Simulator) -> None:
    ours, theirs = account("lockbot"), account("alice")
    sim.knob("oracle_sdm.lock_delay", 60)
    assert ours.act("Lock") == 204
    assert locks(sim) == {}
    sim.knob("oracle_sdm.lock_delay", 0)
    assert theirs.act("Lock") == 204
    sim.advance(61)
    assert locks(sim) == {"lax-sbc-01": "alice"}
    assert effects(sim, "lock") == [("lock", "alice")]


def test_a_delayed_lock_arrives_unless_it_was_taken_back(account: AccountMaker, sim: Simulator) -> None:
    sim.knob("oracle_sdm.lock_delay", 60)
    someone = account("lockbot")
    assert [someone.act("Lock", "ID41"), someone.act("Lock", "ID42"), someone.act("Unlock", "ID42")] == [204] * 3
    sim.advance(61)
    assert locks(sim) == {"lax-sbc-01": "lockbot"}
    assert sim.ledger(effect="lock")[0]["request"] == sim.requests(method="POST", system="oracle_sdm")[1]["seq"]


def test_a_delayed_unlock_yields_to_a_later_lock(account: AccountMaker, sim: Simulator) -> None:
    sim.knob("oracle_sdm.unlock_delay", 60)
    someone = account("lockbot")
    for deed, device_id in (
        ("Lock", "ID41"),
        ("Lock", "ID42"),
        ("Unlock", "ID41"),
        ("Unlock", "ID42"),
        ("Lock", "ID42"),
    ):
        assert someone.act(deed, device_id) == 204
    assert locks(sim) == {"lax-sbc-01": "lockbot", "lax-sbc-02": "lockbot"}
    sim.advance(61)
    assert locks(sim) == {"lax-sbc-02": "lockbot"}


def test_an_ignored_unlock_is_answered_well_and_does_nothing(account: AccountMaker, sim: Simulator) -> None:
    sim.knob("oracle_sdm.unlock_ignored", True)
    someone = account("lockbot")
    assert [someone.act("Lock"), someone.act("Unlock")] == [204, 204]
    assert locks(sim) == {"lax-sbc-01": "lockbot"}
    assert effects(sim, "unlock") == []


def test_an_administrator_removes_and_takes_locks(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    someone.act("Lock")
    sim.patch_device("lax-sbc-01", {"oracle_sdm": {"admin_unlock": True}})
    assert locks(sim) == {}
    someone.act("Lock")
    sim.patch_device("lax-sbc-01", {"oracle_sdm": {"admin_unlock": True, "lock_as": "alice"}})
    assert locks(sim) == {"lax-sbc-01": "alice"}
    assert someone.act("Unlock") == 400
    assert effects(sim, "lock", "unlock", "admin_unlock") == [
        ("lock", "lockbot"),
        ("admin_unlock", "lockbot"),
        ("lock", "lockbot"),
        ("admin_unlock", "lockbot"),
        ("lock", "alice"),
    ]


@pytest.mark.parametrize(
    "change", [{"lock_as": "nobody"}, {"lock_as": ["alice"]}, {"admin_unlock": 1}, {"locked": True}]
)
def test_a_patch_nobody_knows_is_refused_whole(sim: Simulator, change: dict[str, object]) -> None:
    with pytest.raises(SimulatorError, match=next(iter(change))):
        sim.patch_device("lax-sbc-01", {"oracle_sdm": {"present": False, **change}})
    assert locks(sim) == {}


def test_monitor_may_look_and_not_touch(account: AccountMaker, sim: Simulator) -> None:
    monitor = account("monitor")
    assert monitor.send("GET", DEVICES).status_code == 200
    assert (monitor.act("Lock"), monitor.act_on_group("Lock", "ID40")) == (403, 403)
    sim.knob("oracle_sdm.privilege_status", 401)
    assert monitor.act("Lock") == 401
    assert locks(sim) == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "<deviceAction/>",
        "<deviceAction><type/></deviceAction>",
        "<deviceAction><type>lock</type></deviceAction>",
        "<deviceAction><type>SaveActivateConfig</type></deviceAction>",
        "<deviceGroupAction><type>Lock</type></deviceGroupAction>",
        "not xml",
    ],
)
def test_a_bad_action_is_400(account: AccountMaker, sim: Simulator, body: str | None) -> None:
    answer = account("lockbot").send("POST", f"{DEVICES}/ID41/action", body)
    assert (answer.status_code, answer.content) == (400, b"")
    assert locks(sim) == {}


def test_an_action_in_json_has_no_root(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    path = f"{DEVICES}/ID41/action"
    assert someone.send("POST", path, '{"deviceAction":{"type":"Lock"}}', **JSON).status_code == 400
    answer = someone.send("POST", path, '{"type":"Lock"}', **JSON)
    assert (answer.status_code, answer.content) == (204, b"")
    assert locks(sim) == {"lax-sbc-01": "lockbot"}


def test_unknown_and_vanished_devices_are_404(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    assert someone.act("Lock") == 204
    sim.patch_device("lax-sbc-01", {"oracle_sdm": {"present": False}})
    assert (someone.act("Unlock", "ID41"), someone.act("Lock", "ID999"), someone.act("Lock", "../ID42")) == (404,) * 3
    assert b"<name>lax-sbc-01</name>" not in someone.send("GET", DEVICES).content
    assert locks(sim) == {"lax-sbc-01": "lockbot"}


def test_success_and_status_line_are_knobs(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    sim.knob("oracle_sdm.success", 200)
    assert someone.act("Lock") == 200
    sim.knob("oracle_sdm.success", 204)
    sim.knob("oracle_sdm.status_line", "repeated")
    address = urllib.parse.urlsplit(sim.sdm_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    path = f"{address.path}/rest/v1.3{DEVICES}/ID41/action"
    connection.request(
        "POST", path, "<deviceAction><type>Unlock</type></deviceAction>", {**XML, "Cookie": someone.cookie}
    )
    answer = connection.getresponse()
    assert (answer.status, answer.reason, answer.read()) == (204, "204", b"")
    connection.close()


@pytest.mark.parametrize(
    ("style", "kind"), [("empty", None), ("text", "text/plain"), ("html", "text/html"), ("xml", "application/xml")]
)
def test_error_bodies_are_a_knob(account: AccountMaker, sim: Simulator, style: str, kind: str | None) -> None:
    sim.knob("oracle_sdm.error_body", style)
    answer = account("lockbot").send("GET", f"{DEVICES}/ID999")
    assert answer.status_code == 404
    assert bool(answer.content) == (kind is not None)
    assert kind is None or answer.headers["Content-Type"].startswith(kind)


# Groups


def test_a_group_action_locks_every_device_of_the_pair(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    assert someone.act_on_group("Lock", "ID40") == 204
    assert locks(sim) == {"lax-sbc-01": "lockbot", "lax-sbc-02": "lockbot"}
    assert someone.act_on_group("Unlock", "ID40") == 204
    assert locks(sim) == {}
    assert someone.act_on_group("Lock", "ID999") == 404


@pytest.mark.parametrize(("style", "held"), [("all_or_nothing", "alice"), ("each", "lockbot alice")])
def test_a_group_with_a_foreign_lock(account: AccountMaker, sim: Simulator, style: str, held: str) -> None:
    sim.knob("oracle_sdm.group_lock", style)
    sim.patch_device("lax-sbc-02", {"oracle_sdm": {"lock_as": "alice"}})
    assert account("lockbot").act_on_group("Lock", "ID40") == 400
    assert sorted(locks(sim).values()) == sorted(held.split())


def test_a_device_lock_may_spread_to_its_peer(account: AccountMaker, sim: Simulator) -> None:
    sim.knob("oracle_sdm.lock_spread", "nf")
    assert account("lockbot").act("Lock", "ID42") == 204
    assert sorted(locks(sim)) == ["lax-sbc-01", "lax-sbc-02"]


# Reading


def test_the_device_list_in_both_xml_dialects(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    plural = document(someone.send("GET", DEVICES))
    assert (plural.tag, {child.tag for child in plural}) == ("devices", {"devices"})
    sim.knob("oracle_sdm.list_dialect", "singular")
    singular = document(someone.send("GET", DEVICES))
    assert (singular.tag, {child.tag for child in singular}) == ("devices", {"device"})
    for listed in (plural, singular):
        assert [child.findtext("id") for child in listed] == [f"ID{number}" for number in range(41, 49)]
        assert (listed[0].findtext("name"), listed[0].findtext("nfId")) == ("lax-sbc-01", "ID40")


def test_one_device_has_its_parameters(account: AccountMaker, sim: Simulator) -> None:
    sim.patch_device("lax-sbc-02", {"oracle_sdm": {"connectivityStatus": False}})
    someone = account("lockbot")
    device = document(someone.send("GET", f"{DEVICES}/ID42"))
    assert (device.tag, device.findtext("connectivityStatus"), device.findtext("manageable")) == (
        "device",
        "false",
        "true",
    )
    assert [child.findtext("name") for child in device.findall("groupParameters")][:2] == ["username", "password"]
    sim.knob("oracle_sdm.list_dialect", "singular")
    device = document(someone.send("GET", f"{DEVICES}/ID42"))
    assert len(device.findall("groupParameters/groupParameter")) == 4


@pytest.mark.parametrize("shape", ["flat", "wrapped", "array", "rootless"])
def test_the_device_list_in_json(account: AccountMaker, sim: Simulator, shape: str) -> None:
    sim.knob("oracle_sdm.json_shape", shape)
    answer: t.Any = account("lockbot").send("GET", DEVICES, **JSON).json()
    keys = {"flat": ["devices"], "wrapped": ["devices", "device"], "array": [], "rootless": ["device"]}[shape]
    for key in keys:
        assert list(answer) == [key]
        answer = answer[key]
    assert [device["id"] for device in answer] == [f"ID{number}" for number in range(41, 49)]
    assert answer[0]["connectivityStatus"] is True


def test_a_json_list_of_one_may_be_an_object(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    sim.knob("oracle_sdm.json_single", "object")
    assert someone.send("GET", "/admin/serverInfo", **JSON).json()["clusterMembers"]["status"] == "Up"
    sim.knob("oracle_sdm.json_fails", True)
    assert someone.send("GET", DEVICES, **JSON).status_code == 404
    assert someone.send("GET", DEVICES).status_code == 200
    assert someone.send("GET", DEVICES, Accept="text/csv").status_code == 406


def test_names_are_escaped(account: AccountMaker, sim: Simulator) -> None:
    sim.add_device(name="a<b>&]]>c", sdm_id="ID900")
    device = document(account("lockbot").send("GET", f"{DEVICES}/ID900"))
    assert device.findtext("name") == "a<b>&]]>c"


def test_the_managed_view_has_only_what_can_be_managed(account: AccountMaker) -> None:
    someone = account("lockbot")
    managed = document(someone.send("GET", "/configuration/devices"))
    assert len(managed) > 0
    assert all(device.findtext("manageable") == "true" for device in managed)
    assert someone.send("GET", "/configuration/devices/ID42", **JSON).json()["type"] == "restManagedDevice"
    assert someone.send("GET", "/configuration/devices/ID41").status_code == 404


def test_a_push_reports_and_is_in_the_ledger(account: AccountMaker, sim: Simulator) -> None:
    someone = account("lockbot")
    path = "/configuration/devices/ID42/action"
    answer = document(someone.send("POST", path, "<deviceAction><type>SaveActivateConfig</type></deviceAction>"))
    assert (answer.tag, answer.findtext("isActivateConfigSuccess")) == ("saveActivateResult", "SUCCESS")
    assert someone.send("POST", path, "<deviceAction><type>Lock</type></deviceAction>").status_code == 400
    assert effects(sim, "config_pushed") == [("config_pushed", "lockbot")]


def test_network_functions_and_groups(account: AccountMaker) -> None:
    someone = account("lockbot")
    nfs = document(someone.send("GET", "/inventory/nfMgmt/nfs"))
    assert {child.tag for child in nfs} == {"nfList"}
    assert nfs[0].findtext("id") == "ID40"
    children = document(someone.send("GET", "/inventory/nfMgmt/nfs/ID40/groups/ID40")).findall("children")
    assert [child.findtext("id") for child in children] == ["ID41", "ID42"]
    assert document(someone.send("GET", "/inventory/nfMgmt/nfs/ID40")).findtext("groups/id") == "ID40"
    assert document(someone.send("GET", "/inventory/nfMgmt/nfs/ID40/groups")).tag == "groups"
    groups = document(someone.send("GET", "/inventory/deviceMgmt/deviceGroups"))
    assert groups[0].findtext("fullName") == "Home/LAX"
    assert someone.send("GET", "/inventory/nfMgmt/nfs/ID40/groups/ID41").status_code == 404
