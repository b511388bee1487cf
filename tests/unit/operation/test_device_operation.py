# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_operation as a task: its options as a whole, several devices at once, and the result a playbook sees."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation import device_operation as _module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_operation import (
    device_operation_spec,
    read_order,
    run_device_operation,
)
from tests.unit.support.zequenze_script import NAME, TOKEN, ZequenzeScript

Params = dict[str, t.Any]


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript()


def validate(**options: t.Any) -> tuple[Params, list[str]]:
    given = {"name": [NAME], "operation": "reboot", "api_token": TOKEN, "journal": "unused", **options}
    result = ArgumentSpecValidator(**device_operation_spec().rules()).validate(given)
    return result.validated_parameters, result.error_messages


def params(**options: t.Any) -> Params:
    """The options as Ansible gives them to the logic."""
    validated, errors = validate(**options)
    assert errors == []
    return validated


@pytest.fixture
def run(script: ZequenzeScript, journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., Params]:
    """Run the task over the script and give its result."""
    monkeypatch.setattr(_module, "connect", lambda *_given: script.client())

    def play(*, check_mode: bool = False, diff: bool = False, **options: t.Any) -> Params:
        options = {"concurrency": 1, "wait_interval": 30.0, **options}
        task = Task(
            params(**{**options, "journal": str(journal_path)}), check_mode=check_mode, diff=diff, clock=script.clock
        )
        result = carry_out(run_device_operation, device_operation_spec(), task)
        script.done()
        return result

    return play


# ------------------------------------------------------------------------------------------------------ options


def test_the_order_that_is_read() -> None:
    order = read_order(
        params(
            name=["d1", "d2"],
            operation="sync",
            window_id="W1",
            lock_name=["l1", "l2"],
            since="2026-11-21T00:00:00Z",
            not_after="2026-11-21T05:00:00+01:00",
            max_in_flight=3,
            max_failures=0,
            wait=False,
        )
    )
    assert order.operation == "sync"
    assert {name: order.lock_name(name) for name in order.devices} == {"d1": "l1", "d2": "l2"}
    assert (order.since, order.not_after) == (1795219200.0, 1795233600.0)
    assert order.require_lock is True
    assert (order.wait, order.wait_timeout, order.wait_interval, order.conflict_timeout) == (False, 600.0, 5.0, 300.0)


@pytest.mark.parametrize(
    ("options", "required"),
    [
        ({}, False),
        ({"window_id": "W1"}, True),
        ({"window_id": "W1", "require_lock": False}, False),
        ({"window_id": "W1", "require_lock": True}, True),
    ],
)
def test_a_window_requires_its_lock_unless_told_otherwise(options: Params, required: bool) -> None:
    assert read_order(params(**options)).require_lock is required


@pytest.mark.parametrize("name", ["d1", ["d1"]])
@pytest.mark.parametrize("spelling", ["name", "names", "device"])
def test_one_name_is_fine_under_every_spelling(name: t.Any, spelling: str) -> None:
    options = {"operation": "sync", "api_token": TOKEN, "journal": "unused", spelling: name}
    result = ArgumentSpecValidator(**device_operation_spec().rules()).validate(options)
    assert result.error_messages == []
    assert list(read_order(result.validated_parameters).devices) == ["d1"]


WRONG: list[tuple[Params, str]] = [
    ({"name": []}, "name is missing"),
    ({"name": ["d1", "d2", "d1"]}, "'d1' more than once"),
    ({"window_id": ""}, "window_id is blank"),
    ({"window_id": "  "}, "window_id is blank"),
    ({"lock_name": ["l1", "l2"]}, "lock_name has 2 entries for 1 devices"),
    ({"require_lock": True}, "require_lock needs window_id"),
    ({"max_in_flight": 1}, "max_in_flight needs window_id"),
    ({"max_failures": 1}, "max_failures needs window_id"),
    ({"window_id": "W1", "max_in_flight": 0}, "max_in_flight must be at least 1"),
    ({"window_id": "W1", "max_failures": -1}, "max_failures must be at least 0"),
    ({"concurrency": 0}, "concurrency must be at least 1"),
    ({"wait_interval": 0}, "wait_interval must be a number of seconds, 0.01 or more"),
    ({"wait_interval": -1}, "wait_interval must be"),
    ({"wait_timeout": "inf"}, "wait_timeout must be"),
    ({"wait_timeout": -5}, "wait_timeout must be"),
    ({"conflict_timeout": "nan"}, "conflict_timeout must be"),
    ({"since": "yesterday"}, "since is not an ISO 8601 instant"),
    ({"since": "2026-11-21T00:00:00"}, "the offset is missing"),
    ({"not_after": "2026-11-21"}, "not_after is not an ISO 8601 instant"),
    ({"not_after": ""}, "not_after is blank"),
    ({"since": "0001-01-01T00:00:00+14:00"}, "since is not an ISO 8601 instant"),
    ({"attempt": 2}, "attempt goes with window_id"),
    ({"attempt": 0, "window_id": "W1"}, "attempt"),
]


@pytest.mark.row(118)
@pytest.mark.parametrize(("options", "says"), WRONG)
def test_options_that_make_no_sense_are_told_and_nothing_is_sent(
    run: t.Callable[..., Params], script: ZequenzeScript, journal_path: Path, options: Params, says: str
) -> None:
    result = run(**options)
    assert (result["failed"], result["changed"], result["kind"]) == (True, False, "bad_input")
    assert says in result["msg"]
    assert script.sent == []
    assert not journal_path.exists()


RESET = {"operation": "factory", "window_id": "W1", "name": ["d1", "d2"]}


@pytest.mark.row(118)
@pytest.mark.parametrize("confirm", [["d1"], ["d2"], ["d1", "d2", "d3"], ["d1", "d1", "d2"], ["D1", "d2"], [], ["*"]])
@pytest.mark.parametrize("operation", ["factory", "device_factory"])
def test_a_reset_needs_exactly_the_confirmed_list(operation: str, confirm: list[str]) -> None:
    with pytest.raises(BadInput, match="confirm must be exactly the list in name"):
        read_order(params(**{**RESET, "operation": operation, "confirm": confirm}))


def test_a_reset_with_the_confirmed_list_in_any_order() -> None:
    assert read_order(params(**RESET, confirm=["d2", "d1"])).operation == "factory"


@pytest.mark.parametrize("operation", ["factory", "device_factory"])
@pytest.mark.parametrize("missing", ["window_id", "confirm"])
def test_a_reset_without_window_or_confirmation_is_no_task(operation: str, missing: str) -> None:
    options = {**RESET, "operation": operation, "confirm": ["d1", "d2"]}
    options.pop(missing)
    _validated, errors = validate(**options)
    assert any(missing in error for error in errors)


def test_a_reset_is_not_sent_again_as_a_further_attempt() -> None:
    with pytest.raises(BadInput, match="new window_id"):
        read_order(params(**RESET, confirm=["d1", "d2"], attempt=2))


def test_an_operation_that_does_not_exist_is_no_task() -> None:
    _validated, errors = validate(operation="explode")
    assert errors


# -------------------------------------------------------------------------------------------------------- result


def talk(script: ZequenzeScript, name: str, answer: int = 200) -> None:
    """Expect a sync of a device without waiting for it."""
    script.shows(name, id=800 + int(name[1:]))
    script.baseline("sync")
    script.put(name).answers(answer)


def test_devices_come_in_the_order_asked(run: t.Callable[..., Params], script: ZequenzeScript) -> None:
    for name in ("d3", "d1", "d2"):
        talk(script, name)
    result = run(name=["d3", "d1", "d2"], operation="sync", wait=False, diff=True)
    assert "failed" not in result
    assert result["changed"] is True
    assert [each["name"] for each in result["devices"]] == ["d3", "d1", "d2"]
    assert result["diff"] == {
        "before": {"d3": {}, "d1": {}, "d2": {}},
        "after": {"d3": {"sync": "accepted"}, "d1": {"sync": "accepted"}, "d2": {"sync": "accepted"}},
    }


@pytest.mark.row(30)
def test_one_device_that_fails_does_not_stop_the_others_and_is_named(
    run: t.Callable[..., Params], script: ZequenzeScript
) -> None:
    talk(script, "d1")
    talk(script, "d2", 403)
    script.has_no_device("d3")
    talk(script, "d4")
    result = run(name=["d1", "d2", "d3", "d4"], operation="sync", wait=False, diff=True)
    assert (result["failed"], result["changed"]) == (True, True)
    assert [each["outcome"] for each in result["devices"]] == ["accepted", "refused", "refused", "accepted"]
    assert result["msg"].startswith("2 devices: d2: ")
    assert "d3: " in result["msg"]
    assert "d1" not in result["msg"]
    assert sorted(result["diff"]["after"]) == ["d1", "d4"]


@pytest.mark.row(54)
def test_a_name_no_path_can_carry_is_refused_and_the_others_go_on(
    run: t.Callable[..., Params], script: ZequenzeScript
) -> None:
    talk(script, "d1")
    result = run(name=["../d1", "d1"], operation="sync", wait=False)
    assert [each["outcome"] for each in result["devices"]] == ["refused", "accepted"]
    assert "URL path" in result["devices"][0]["message"]


def test_check_mode_sends_nothing_and_foresees_the_change(run: t.Callable[..., Params], script: ZequenzeScript) -> None:
    script.shows()
    result = run(check_mode=True, diff=True)
    assert result["changed"] is True
    assert result["devices"][0]["sent"] is False
    assert result["diff"]["after"] == {NAME: {"reboot": "accepted"}}
    assert [request.method for request in script.sent] == ["GET"]


def test_a_window_in_full(run: t.Callable[..., Params], script: ZequenzeScript, journal_path: Path) -> None:
    window = {"window_id": "W1", "max_failures": 0, "max_in_flight": 1}
    script.shows()
    refused = run(**window)
    assert "lock it first with device_lock" in refused["msg"]
    with Journal.open(str(journal_path), script.clock) as journal:
        locks = Locks(journal)
        row = locks.intend(
            server="https://sdm.example.com", device_id="ID1", device=NAME, account="x", holder="W1", lease=60.0
        )
        locks.move(row, "held")
    script.shows()
    script.baseline()
    script.accepts()
    script.logs()
    script.shows(status=False)
    script.restarted()
    done = run(**window)
    assert (done["changed"], done["devices"][0]["outcome"]) == (True, "done")
    script.shows()
    again = run(**window, diff=True)
    assert (again["changed"], again["devices"][0]["outcome"]) == (False, "skipped")
    assert again["diff"] == {"before": {}, "after": {}}
    assert len(script.puts) == 1


def test_the_token_is_in_no_result(run: t.Callable[..., Params], script: ZequenzeScript) -> None:
    for status in (401, 500):
        script.shows()
        script.baseline()
        script.put().answers(status, json={"detail": "no"})
        if status == 500:
            script.log().answers(403)
        assert TOKEN not in str(run(wait=False))
