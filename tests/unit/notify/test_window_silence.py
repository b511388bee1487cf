# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_silence: a lease that is renewed while a run lives, and that never fails anything."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify import window_silence as _window_silence
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.silence import Silence, read_matchers
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.silence_keeper import keep
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.window_silence import (
    run_window_silence,
    window_silence_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.support.script import Script

MATCHERS = [{"name": "site", "value": "LAX", "regex": False}]
POST = ("POST", "/api/v2/silences")
GET = ("GET", "/api/v2/silence/s1")

Item = dict[str, t.Any]


def silence(script: Script, **changes: t.Any) -> Silence:
    values: Item = {
        "wire": script.wire(system="Alertmanager"),
        "matchers": read_matchers(MATCHERS),
        "comment": "maintenance window CHG1",
        "created_by": "netfleet.maintenance",
        "lease": 300.0,
        "started_at": script.clock.now(),
    }
    return Silence(**{**values, **changes})


def body(script: Script, number: int = -1) -> Item:
    return dict(json.loads(script.sent[number].body or b""))


def test_a_silence_is_a_short_lease(script: Script) -> None:
    script.expect(*POST).answers(json={"silenceID": "s1"})
    made = silence(script, token="secret")
    made.renew()
    assert made.id == "s1"
    assert body(script) == {
        "matchers": [{"name": "site", "value": "LAX", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-11-21T01:00:00.000+00:00",
        "endsAt": "2026-11-21T02:05:00.000+00:00",
        "createdBy": "netfleet.maintenance",
        "comment": "maintenance window CHG1",
    }
    assert script.sent[0].headers["Authorization"] == "Bearer secret"
    script.done()


def test_it_is_renewed_at_a_third_of_its_lease_and_ended_with_the_run(script: Script) -> None:
    # Its clock is some seconds ahead of ours, and it renews a silence only when asked with its own time.
    script.expect(*GET).answers(json={"id": "s1", "startsAt": "2026-11-21T02:00:07.123Z"})
    script.expect(*POST).answers(json={"silenceID": "s1"})
    script.expect(*POST).answers(json={"silenceID": "s1"})
    script.expect("DELETE", "/api/v2/silence/s1").answers(200)
    made = silence(script, id="s1")
    until = script.clock.now() + 250
    keep(made, lambda: script.clock.now() < until, script.clock)
    script.done()
    assert [body(script, number)["endsAt"][11:19] for number in (1, 2)] == ["02:06:40", "02:08:20"]
    assert {body(script, number)["id"] for number in (1, 2)} == {"s1"}
    assert {body(script, number)["startsAt"] for number in (1, 2)} == {"2026-11-21T02:00:07.123Z"}


def test_one_that_was_taken_away_is_made_anew(script: Script) -> None:
    script.expect(*GET).answers(404, json="not found")
    script.expect(*POST).answers(404, json="not found")
    script.expect(*POST).answers(json={"silenceID": "s2"})
    made = silence(script, id="s1")
    made.renew()
    assert (made.id, "id" in body(script)) == ("s2", False)
    script.done()


def test_renewals_that_fail_are_tried_again_at_the_next_third(script: Script) -> None:
    script.expect(*GET).answers(json={"id": "s1", "startsAt": "2026-11-21T02:00:00Z"})
    script.expect(*POST).answers(400, text="bad")
    script.expect(*POST).answers(json={"silenceID": "s1"})
    script.expect("DELETE", "/api/v2/silence/s1").answers(500)
    for _repeat in range(4):
        script.expect("DELETE", "/api/v2/silence/s1").answers(500)
    until = script.clock.now() + 250
    keep(silence(script, id="s1"), lambda: script.clock.now() < until, script.clock)
    assert [request.method for request in script.sent[:4]] == ["GET", "POST", "POST", "DELETE"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """What the keeper was started with."""
    given: list[Item] = []
    monkeypatch.setattr(_window_silence, "start_detached", lambda module, text: given.append(json.loads(text)))
    return given


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, script: Script) -> t.Callable[..., tuple[Item, list[str]]]:
    """Run the module in a run of Ansible, several times in the same one."""
    store = MemoryStore()
    real = Silence.from_params

    def scripted(params: t.Mapping[str, t.Any], clock: t.Any) -> Silence:
        made = real(params, clock)
        made.wire = script.wire(system="Alertmanager")
        return made

    monkeypatch.setattr(Silence, "from_params", scripted)

    def run(*, check_mode: bool = False, run: int | None = 4711, **options: t.Any) -> tuple[Item, list[str]]:
        params = {name: rule.get("default") for name, rule in window_silence_spec().options.items()}
        params |= {"api_url": "https://am.example.com", "window_id": "CHG1", "matchers": MATCHERS, **options}
        warnings: list[str] = []
        task = Task(params, check_mode=check_mode, warn=warnings.append, store=store, clock=script.clock, run=run)
        return run_window_silence(task), warnings

    return run


def test_a_run_makes_it_once_and_has_it_renewed(
    script: Script, ask: t.Callable[..., tuple[Item, list[str]]], started: list[Item]
) -> None:
    script.expect(*POST).answers(json={"silenceID": "s1"})
    assert ask(check_mode=True)[0]["changed"] is True
    assert ask() == ({"changed": True, "silence_id": "s1", "renewed": True}, [])
    assert ask() == ({"changed": False, "silence_id": "s1", "renewed": True}, [])
    assert [(each["id"], each["sender"]["run"]) for each in started] == [("s1", 4711)]
    script.done()


def test_outside_of_a_run_it_is_not_renewed(
    script: Script, ask: t.Callable[..., tuple[Item, list[str]]], started: list[Item]
) -> None:
    script.expect(*POST).answers(json={"silenceID": "s1"})
    assert ask(run=None)[0] == {"changed": True, "silence_id": "s1", "renewed": False}
    assert started == []


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [(500, "no", "answered 500"), (401, "no", "answered 401"), (200, "[]", "did not say which"), (200, "", "did not")],
)
def test_an_alertmanager_that_fails_is_a_warning(
    script: Script, ask: t.Callable[..., tuple[Item, list[str]]], status: int, text: str, told: str
) -> None:
    script.expect(*POST).answers(status, text=text)
    result, warnings = ask()
    assert result == {"changed": False, "silence_id": None, "renewed": False}
    assert told in warnings[0]


@pytest.mark.parametrize(
    "options",
    [
        {"matchers": []},
        {"matchers": [{"name": "alertname", "value": ".*", "regex": True}]},
        {"api_url": "not an address"},
        {"api_url": "https://user:secret@am.example.com"},
        {"timeout": 0.0},
    ],
)
def test_even_wrong_options_stop_nothing(
    script: Script, ask: t.Callable[..., tuple[Item, list[str]]], options: Item
) -> None:
    result, warnings = ask(**options)
    assert result["silence_id"] is None
    assert len(warnings) == 1
    assert "secret" not in warnings[0]
    assert script.sent == []


def test_a_keeper_that_cannot_be_started_is_a_warning(
    script: Script, ask: t.Callable[..., tuple[Item, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_module: str, _text: str) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(_window_silence, "start_detached", fail)
    script.expect(*POST).answers(json={"silenceID": "s1"})
    result, warnings = ask()
    assert (result["silence_id"], result["renewed"]) == ("s1", False)
    assert "ends after 300 s" in warnings[0]


def test_a_silence_without_an_id_is_not_ended(script: Script) -> None:
    silence(script).end()
    assert script.sent == []
    script.expect("DELETE", "/api/v2/silence/s1").answers(403)
    with pytest.raises(MaintenanceError, match="answered 403"):
        silence(script, id="s1").end()
