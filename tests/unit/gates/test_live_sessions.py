# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The question who works on a device, shared by the devices of a run: when an answer will do, and when it will not."""

from __future__ import annotations

import concurrent.futures
import math
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError, NoAnswer, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates import options as _gate_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import (
    SHARED_FOR,
    live_sessions_on,
    locked_at,
    note_locked,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import gates_of, limits_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, device_row
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from tests.unit.support.pam_script import LAB, WEB, PamScript, envelope
from tests.unit.support.record import record

SESSIONS = "/iso/pam/session/remotesessions"
LIVE = {"id": "5001", "session_id": "abc", "user": "jdoe", "device": "web-01:22", "end": ""}
ANY_TIME = -math.inf


@pytest.fixture
def script() -> PamScript:
    script = PamScript()
    script.lists(WEB, LAB)
    return script


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else RunCache(str(tmp_path / "run"))


def tells(script: PamScript, *live: dict[str, str]) -> None:
    script.expect("GET", SESSIONS).answers(json=envelope("sessions", remote_sessions=list(live)))


def on(name: str, script: PamScript, store: Store, newer_than: float = ANY_TIME) -> list[str]:
    """The users at work on a device, as one more task of the run is told."""
    return [session["user"] for session in live_sessions_on(name, script.client(), store, newer_than)]


def test_one_answer_tells_of_all_devices_for_a_few_seconds(script: PamScript, store: Store) -> None:
    tells(script)
    assert on("web-01", script, store) == []
    script.clock.sleep(SHARED_FOR)
    assert on("lab switch 01", script, store) == on("web-01", script, store) == []
    script.clock.sleep(0.1)
    tells(script, LIVE)
    assert on("web-01", script, store) == ["jdoe"]
    script.done()


def test_what_was_asked_before_the_device_was_locked_will_not_do(script: PamScript, store: Store) -> None:
    tells(script)
    on("web-01", script, store)
    script.clock.sleep(0.1)
    tells(script)
    on("web-01", script, store, newer_than=script.clock.monotonic())
    assert on("web-01", script, store, newer_than=script.clock.monotonic()) == []
    script.done()


def test_that_somebody_is_at_work_is_asked_anew_and_not_taken_from_others(script: PamScript, store: Store) -> None:
    tells(script, LIVE)
    assert on("lab switch 01", script, store) == []
    script.clock.sleep(1)
    tells(script)
    assert on("web-01", script, store) == []
    script.clock.sleep(1)
    assert on("web-01", script, store) == []
    script.done()


def test_who_asked_by_himself_does_not_ask_twice(script: PamScript, store: Store) -> None:
    tells(script, LIVE)
    assert on("web-01", script, store) == ["jdoe"]
    script.done()


def test_no_answer_is_not_nobody_and_is_not_kept(script: PamScript, store: Store) -> None:
    for _try in range(5):
        script.expect("GET", SESSIONS).loses_the_answer()
    with pytest.raises(NoAnswer):
        on("web-01", script, store)
    script.clock.sleep(0.1)
    tells(script, LIVE)
    assert on("web-01", script, store) == ["jdoe"]
    script.done()


@pytest.mark.parametrize("body", [None, "no list"])
def test_an_answer_without_a_list_is_not_kept_either(script: PamScript, store: Store, body: t.Any) -> None:
    script.expect("GET", SESSIONS).answers(json=envelope("sessions", remote_sessions=body))
    with pytest.raises(MaintenanceError):
        on("web-01", script, store)
    script.clock.sleep(0.1)
    tells(script)
    assert on("web-01", script, store) == []
    script.done()


def test_a_device_that_is_not_listed_is_no_device_without_sessions(script: PamScript, store: Store) -> None:
    script.lists(WEB, LAB)
    with pytest.raises(NotFound, match="typo"):
        on("typo", script, store)


def test_a_machine_that_slept_forgets_what_it_knew(script: PamScript, store: Store) -> None:
    tells(script)
    on("web-01", script, store)
    script.clock._now += 60.0
    tells(script, LIVE)
    assert on("web-01", script, store) == ["jdoe"]
    script.done()


class SlowVault:
    """A vault that takes a moment to say who is at work, or nothing."""

    identity = "vault"
    ahead = None

    def __init__(self, *problems: NoAnswer) -> None:
        self.clock = Clock()
        self.problems = list(problems)
        self.asked = 0

    def devices(self) -> list[Row]:
        return [device_row(WEB, "PAM")]

    def live_sessions(self) -> list[t.Any]:
        self.asked += 1
        time.sleep(0.5)
        if self.problems:
            raise self.problems.pop()
        return []


def all_at_once(vault: SlowVault, store: Store) -> list[t.Any]:
    """What eight tasks that ask at the same time are told, or what they are raised."""

    def ask(_number: int) -> t.Any:
        try:
            return live_sessions_on("web-01", t.cast("t.Any", vault), store, ANY_TIME)
        except NoAnswer as error:
            return str(error)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(8)))


def test_those_who_wait_for_the_same_answer_share_it(store: Store) -> None:
    vault = SlowVault()
    assert all_at_once(vault, store) == [[]] * 8
    assert vault.asked == 1


def test_those_who_wait_for_the_same_answer_share_its_failure_and_nobody_later_does(store: Store) -> None:
    vault = SlowVault(NoAnswer("the vault fell silent."))
    assert all_at_once(vault, store) == ["the vault fell silent."] * 8
    assert vault.asked == 1
    assert all_at_once(vault, store) == [[]] * 8
    assert vault.asked == 2


# The same through the gates of a task


WEB_01 = RecordedDevice("web", "web", "sdm-web", "web-01")


@pytest.fixture
def gates(
    script: PamScript, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> t.Iterator[t.Callable[..., Gates]]:
    """Return the gates of one more task of the run."""
    monkeypatch.setattr(_gate_options, "connect", lambda *_arguments: script.client())
    agreed = record(WEB_01, live_sessions="skip")
    with Journal.open(str(tmp_path / "journal.sqlite3"), script.clock) as journal:

        def made(*, after_lock: bool = True) -> Gates:
            params: dict[str, t.Any] = dict.fromkeys(limits_options().options)
            params["senhasegura"] = {"api_url": "https://vault.example.com", "client_id": "x"}
            task = Task(params, store=store, clock=script.clock)
            return gates_of(task, agreed, "CHG1", journal, after_lock=after_lock)

        yield made


def test_after_the_lock_it_is_asked_again(script: PamScript, store: Store, gates: t.Callable[..., Gates]) -> None:
    tells(script)
    assert gates(after_lock=False).before_lock(WEB_01) is None
    script.clock.sleep(0.1)
    note_locked("sdm-web", record(WEB_01, live_sessions="skip"), store, script.clock)
    tells(script, LIVE)
    closed = gates().before_request(WEB_01)
    assert closed is not None
    assert closed.gate == "live_session"
    script.done()


def test_devices_that_are_locked_by_then_share_the_answer(
    script: PamScript, store: Store, gates: t.Callable[..., Gates]
) -> None:
    note_locked("sdm-web", record(WEB_01, live_sessions="skip"), store, script.clock)
    script.clock.sleep(0.1)
    tells(script)
    for _task in range(3):
        assert gates().before_request(WEB_01) is None
        script.clock.sleep(1.0)
    script.done()


@pytest.mark.parametrize("agreed", [None, record(WEB_01, live_sessions="ignore")])
def test_a_lock_is_noted_only_for_a_window_that_looks_at_sessions(
    agreed: WindowRecord | None, script: PamScript, store: Store
) -> None:
    note_locked("sdm-web", agreed, store, script.clock)
    assert locked_at("sdm-web", store) is None


def test_a_lock_the_run_knows_nothing_of_is_as_old_as_the_task(
    script: PamScript, store: Store, gates: t.Callable[..., Gates]
) -> None:
    assert locked_at("sdm-web", store) is None
    for _task in range(2):
        tells(script)
        task = gates()
        assert task.before_request(WEB_01) is None
        script.clock.sleep(0.1)
        assert task.before_request(WEB_01) is None
    script.done()


@pytest.mark.parametrize("given", [None, {}, {"api_url": "https://vault.example.com"}])
def test_a_vault_that_is_not_configured_closes_the_gate(store: Store, journal: Journal, given: t.Any) -> None:
    params: dict[str, t.Any] = {**dict.fromkeys(limits_options().options), "senhasegura": given}
    task = Task(params, store=store, clock=journal.clock)
    closed = gates_of(task, record(WEB_01, live_sessions="wait"), "CHG1", journal).before_lock(WEB_01)
    assert closed is not None
    assert "SENHASEGURA_URL" in closed.reason
