# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which firing alerts keep a device back, and what an Alertmanager that cannot be understood does."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.client import Alert, Alertmanager
from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.rule import counts, read_rule
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates import alerts as _alerts
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.alerts import (
    concerning,
    firing,
    is_called,
    sentence,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import SHARED_FOR
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from tests.unit.support.record import device, gates, record
from tests.unit.support.script import Script

URL = "https://alerts.example.com"
A = RecordedDevice(
    "lax-a", "lax-sbc-01", "LAX_A", "pam-a", group="ha_pair=lax", shown={"addresses": {"zequenze": "192.0.2.7"}}
)
B = RecordedDevice("lax-b", "lax-sbc-02", "LAX_B", "pam-b", group="ha_pair=lax")
C = device("fra")
EVERY = dict.fromkeys(("active", "silenced", "inhibited", "unprocessed"), "true")


def rule(**keys: t.Any) -> dict[str, t.Any]:
    """The rule of a window, as its record has it."""
    return t.cast("dict[str, t.Any]", read_rule({"url": URL, **keys}))


def row(name: str = "LinkDown", *silenced_by: str, inhibited: bool = False, **labels: str) -> dict[str, t.Any]:
    """An alert as Alertmanager lists it."""
    state = "suppressed" if silenced_by or inhibited else "active"
    status = {"state": state, "silencedBy": list(silenced_by), "inhibitedBy": ["f"] if inhibited else []}
    return {"labels": {"alertname": name, **labels}, "status": status, "fingerprint": "0", "annotations": {}}


def about(labels: dict[str, str], which: RecordedDevice = A) -> list[str]:
    """What is said about one alert that is firing."""
    agreed = record(A, C, partners=[B])
    found = concerning([Alert({"alertname": "X", **labels})], rule(), agreed, which)
    return [each.about for each in found]


class Lists:
    """Alertmanager as a script."""

    def __init__(self, token: str | None = None) -> None:
        self.script = Script()
        self.client = Alertmanager(self.script.wire(URL, "Alertmanager"), token)
        self.store: Store = MemoryStore()

    def lists(self, *rows: t.Any) -> None:
        """Expect the question, and answer these alerts."""
        self.script.expect("GET", "/api/v2/alerts", EVERY).answers(json=list(rows))

    def silences(self, *rows: t.Any) -> None:
        """Expect the question who silenced what."""
        self.script.expect("GET", "/api/v2/silences").answers(json=list(rows))

    def firing(self, **keys: t.Any) -> list[str]:
        """The names of the alerts that count."""
        return [alert.name for alert in firing(rule(**keys), self.client, self.store)]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"device": "lax-a"}, ["on the device"]),
        ({"instance": "LAX-SBC-01:9116"}, ["on the device"]),
        ({"instance": "lax-sbc-01.example.net:9116"}, ["on the device"]),
        ({"host": "https://192.0.2.7/metrics"}, ["on the device"]),
        ({"instance": "192.0.2.7:161"}, ["on the device"]),
        ({"target": "LAX_A"}, ["on the device"]),
        ({"node": "pam-a"}, ["on the device"]),
        ({"instance": "snmp-exporter:9116", "device": "lax-a"}, ["on the device"]),
        ({"device": "lax-b"}, ["on 'lax-b' of the same group"]),
        ({"device": "lax-sbc-02"}, ["on 'lax-b' of the same group"]),
        ({"ha_pair": "lax"}, ["on its group"]),
        ({"severity": "critical"}, [""]),
        ({"device": ""}, [""]),
        ({"device": "fra"}, []),
        ({"instance": "192.0.2.70:161"}, []),
        ({"instance": "lax-sbc-011"}, []),
        ({"ha_pair": "fra"}, []),
    ],
)
def test_an_alert_is_about_a_device_its_group_the_whole_or_others(labels: dict[str, str], said: list[str]) -> None:
    assert about(labels) == said


def test_a_device_without_a_group_is_kept_back_by_itself_and_the_whole_only() -> None:
    assert about({"device": "lax-b"}, C) == []
    assert about({"ha_pair": "lax"}, C) == []
    assert about({}, C) == [""]


def test_whole_names_with_other_domains_are_other_devices() -> None:
    named = device("edge-7.example.net")
    assert is_called(named, "edge-7.example.net:9100")
    assert is_called(named, "edge-7")
    assert not is_called(named, "edge-7.example.org")


@pytest.mark.parametrize(
    ("keys", "labels", "counted"),
    [
        ({}, {"alertname": "X"}, True),
        ({}, {"alertname": "Watchdog"}, False),
        ({"matchers": ["severity=critical"]}, {"severity": "critical"}, True),
        ({"matchers": ["severity=critical"]}, {"severity": "warning"}, False),
        ({"matchers": 'severity=~"critical|major"'}, {"severity": "major"}, True),
        ({"matchers": 'severity=~"critical|major"'}, {"severity": "majority"}, False),
        ({"matchers": ["team!=web", "site=LAX"]}, {"site": "LAX"}, True),
        ({"matchers": ["team!=web", "site=LAX"]}, {"site": "LAX", "team": "web"}, False),
        ({"matchers": ['team!~"web|db"']}, {"team": "db"}, False),
        ({"matchers": [{"name": "severity", "value": "crit.*", "regex": True}]}, {"severity": "critical"}, True),
        ({"matchers": [{"name": "severity", "value": "info", "equal": False}]}, {"severity": "info"}, False),
        ({"matchers": ['note="say \\"no\\""']}, {"note": 'say "no"'}, True),
        ({"ignore": ["LinkDown"]}, {"alertname": "LinkDown"}, False),
        ({"ignore": "LinkDown"}, {"alertname": "LinkDown"}, False),
        ({"ignore": ["LinkDown"]}, {"alertname": "LinkDownHard"}, True),
        ({"ignore": ["severity=info", 'alertname=~"Disk.*"']}, {"alertname": "DiskFull"}, False),
        ({"ignore": ["severity=info", 'alertname=~"Disk.*"']}, {"alertname": "X", "severity": "info"}, False),
    ],
)
def test_matchers_must_all_fit_and_none_of_what_is_ignored(
    keys: dict[str, t.Any], labels: dict[str, str], counted: bool
) -> None:
    assert counts(rule(**keys), labels) is counted


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("https://alerts", "must be a mapping"),
        ({}, "url is missing"),
        ({"url": " "}, "url is missing"),
        ({"url": "alerts.example.com"}, "not a usable http"),
        ({"url": URL, "matcher": ["a=b"]}, "unknown key 'matcher'"),
        ({"url": URL, "matchers": ""}, "matchers is blank"),
        ({"url": URL, "ignore": None}, "ignore is blank"),
        ({"url": URL, "matchers": ["critical"]}, "'critical' is no matcher"),
        ({"url": URL, "matchers": ["severity=~("]}, "no expression that is understood"),
        ({"url": URL, "matchers": ["severity=~[[:alpha:]]+"]}, "no expression that is understood"),
        ({"url": URL, "matchers": ['severity="a']}, "do not match"),
        ({"url": URL, "matchers": [{"name": "severity", "valeu": "x"}]}, "unknown key 'valeu'"),
        ({"url": URL, "matchers": [{"name": "severity"}]}, "needs a name and a value"),
        ({"url": URL, "matchers": [7]}, "is no matcher"),
        ({"url": URL, "timeout": True}, "timeout"),
        ({"url": URL, "timeout": "soon"}, "timeout"),
        ({"url": URL, "timeout": 0}, "timeout"),
        ({"url": URL, "validate_certs": "no"}, "validate_certs"),
        ({"url": URL, "device_labels": []}, "device_labels"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(value: object, said: str) -> None:
    with pytest.raises(BadInput, match="window_alerts") as refused:
        read_rule(value)
    assert said in str(refused.value)


def test_only_our_own_silences_hide_nothing() -> None:
    lists = Lists()
    lists.lists(row("ours", "s1"), row("theirs", "s2"), row("both", "s1", "s2"), row("open"))
    lists.silences(
        {"id": "s1", "createdBy": "netfleet.maintenance"}, {"id": "s2", "createdBy": "alice"}, {"createdBy": "bob"}
    )
    assert lists.firing() == ["ours", "open"]
    lists.script.done()


def test_what_another_alert_inhibits_is_firing_all_the_same() -> None:
    lists = Lists()
    lists.lists(row("hidden", inhibited=True))
    assert lists.firing() == ["hidden"]


def test_the_devices_of_a_run_share_an_answer_for_a_few_seconds() -> None:
    lists = Lists()
    lists.lists(row("one"))
    assert lists.firing() == lists.firing(matchers=["alertname=one"]) == ["one"]
    lists.script.clock.sleep(SHARED_FOR + 0.1)
    lists.lists()
    assert lists.firing() == []
    lists.script.done()


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        ["x"],
        [{"labels": {"alertname": "x"}}],
        [{"labels": {"alertname": 7}, "status": {"silencedBy": []}}],
        [{"labels": {"alertname": "x"}, "status": {"silencedBy": "s1"}}],
        [{"status": {"silencedBy": []}}],
    ],
)
def test_an_answer_that_is_not_as_documented_is_no_quiet(body: t.Any) -> None:
    lists = Lists()
    lists.script.expect("GET", "/api/v2/alerts", EVERY).answers(json=body)
    with pytest.raises(MaintenanceError):
        lists.firing()
    lists.lists()
    assert lists.firing() == [], "and it is kept for nobody"


@pytest.mark.parametrize("status", [301, 401, 403, 404])
def test_an_alertmanager_that_says_no_is_no_quiet(status: int) -> None:
    lists = Lists()
    lists.script.expect("GET", "/api/v2/alerts", EVERY).answers(status, json=[])
    with pytest.raises(MaintenanceError):
        lists.firing()


def test_the_gate_is_closed_by_an_alert_and_by_silence_and_open_otherwise(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed = record(A, C, partners=[B], alerts=rule())
    answers: list[t.Any] = []
    asked = gates(journal, agreed, alerts=lambda _device: answers.pop())
    answers.append([])
    assert asked.before_lock(C) is None
    answers.append(concerning([Alert({"alertname": "CoreDown", "severity": "critical"})], rule(), agreed, C))
    closed = asked.before_lock(C)
    assert closed is not None
    assert (closed.gate, closed.may_open, closed.planned) == ("alert", True, False)
    assert closed.message == "not started: an alert is firing: 'CoreDown' ('critical')."
    unasked = gates(journal, agreed).before_lock(C)
    assert unasked is not None
    assert (unasked.gate, unasked.may_open) == ("alert", True)
    assert asked.before_request(C) is None, "a window that brings an alert about goes on with what it began"


def test_a_token_comes_from_the_environment_and_never_leaves_for_another_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALERTMANAGER_TOKEN", "very-secret-token")
    agreed = rule(url="http://alerts.example.com")
    assert "very-secret-token" not in str(agreed)
    with pytest.raises(BadInput, match="unencrypted"):
        _alerts.connect(agreed, Script().clock)
    lists = Lists("very-secret-token")
    lists.lists()
    lists.firing()
    assert lists.script.sent[0].headers["Authorization"] == "Bearer very-secret-token"


def test_a_few_alerts_are_named_and_the_rest_is_counted() -> None:
    alerts = [Alert({"alertname": f"A{number}", "device": "lax-a"}) for number in range(5)]
    said = sentence(concerning(alerts, rule(), record(A), A))
    assert said == "alerts are firing: 'A0' on the device, 'A1' on the device, 'A2' on the device and 2 more."
