# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of errors, and the one place where they become results."""

from __future__ import annotations

import inspect
import re
import threading
import time
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils import _errors
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    Conflict,
    MaintenanceError,
    NoAnswer,
    NotFound,
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module import run as _face
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    oracle_sdm_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import (
    carry_out,
    run_module,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import secrets_in

ERRORS = [
    member
    for _name, member in inspect.getmembers(_errors, inspect.isclass)
    if issubclass(member, MaintenanceError) and member.__module__ == _errors.__name__
]


def failing(error: BaseException) -> t.Callable[[Task], Result]:
    def logic(_task: Task) -> Result:
        raise error

    return logic


# Errors


def test_every_error_has_a_kind_of_its_own() -> None:
    kinds = [error.kind for error in ERRORS]
    assert len(ERRORS) >= 10
    assert sorted(set(kinds)) == sorted(kinds)


def test_the_three_situations_that_must_not_be_mixed_up_share_no_class_but_the_base() -> None:
    situations: list[list[type[MaintenanceError]]] = [
        [NotSent, Blocked],
        [Refused, SignInRefused, NotFound, Conflict],
        [NoAnswer],
    ]
    for situation in situations:
        others = tuple(error for other in situations if other is not situation for error in other)
        assert not any(issubclass(error, others) for error in situation)


def test_an_error_tells_what_a_program_needs() -> None:
    error = Conflict("held by another account.", status=409, code=1039, retry_after=7.0, repeated=True)
    assert (str(error), error.status, error.code, error.retry_after, error.repeated) == (
        "held by another account.",
        409,
        1039,
        7.0,
        True,
    )
    lost = NoAnswer("the answer was lost.", status=503, retry_after=2.0)
    assert (lost.status, lost.retry_after) == (503, 2.0)


# Carrying out


@pytest.mark.parametrize("error", [BadInput("no."), NotSent("no."), NoAnswer("no."), NotFound("no.", status=404)])
def test_an_error_becomes_a_failed_result_with_its_kind(error: MaintenanceError) -> None:
    assert carry_out(failing(error), Spec(), Task({})) == {
        "failed": True,
        "changed": False,
        "kind": error.kind,
        "msg": "no.",
    }


def test_a_defect_is_a_failed_result_that_says_so() -> None:
    result = carry_out(failing(ZeroDivisionError("by zero")), Spec(), Task({}))
    assert (result["failed"], result["kind"]) == (True, "internal")
    said = "This is a defect in netfleet.maintenance, please report it: ZeroDivisionError: by zero"
    assert re.fullmatch(rf"{said} \(test_errors_and_face\.py, line \d+\)", result["msg"])
    assert "raise error" in result["exception"]


def test_an_interrupt_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        carry_out(failing(KeyboardInterrupt()), Spec(), Task({}))


def test_a_result_comes_through_as_it_is() -> None:
    assert carry_out(lambda task: {"changed": task.check_mode}, Spec(), Task({}, check_mode=True)) == {"changed": True}


def test_a_missing_library_is_named_before_anything_is_done() -> None:
    result = carry_out(failing(AssertionError("reached")), Spec(libraries=("requests", "no_such_library")), Task({}))
    assert (result["failed"], result["kind"]) == (True, "missing_library")
    assert "no_such_library" in result["msg"]


# The module


class Module:
    """Stands in for AnsibleModule: what it is made with, and how it ends."""

    made: Module

    def __init__(self, **rules: t.Any) -> None:
        self.rules = rules
        self.params: dict[str, t.Any] = {"journal": "postgresql://u:p%40ss@db.example.com/x", "api_url": None}
        self.check_mode = True
        self._diff = True
        self.no_log_values: set[str] = set()
        self.warnings: list[str] = []
        self.ended: dict[str, t.Any] = {}
        Module.made = self

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **result: t.Any) -> None:
        self.ended = result
        raise SystemExit(0)

    def fail_json(self, **result: t.Any) -> None:
        self.ended = {"failed": True, **result}
        raise SystemExit(1)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> type[Module]:
    monkeypatch.setattr(_face, "AnsibleModule", Module)
    return Module


def test_a_module_hands_its_modes_and_options_to_the_core(module: type[Module]) -> None:
    seen: list[Task] = []

    def logic(task: Task) -> Result:
        seen.append(task)
        task.warn("mind the gap")
        return {"changed": True, "devices": []}

    with pytest.raises(SystemExit):
        run_module(logic, Spec({"a": {"type": "str"}}))
    made = module.made
    assert made.rules["supports_check_mode"] is True
    assert made.rules["argument_spec"] == {"a": {"type": "str"}}
    assert (seen[0].check_mode, seen[0].diff, seen[0].run_alive()) == (True, True, True)
    assert seen[0].params is made.params
    assert made.warnings == ["mind the gap"]
    assert made.ended == {"changed": True, "devices": []}


def test_a_failed_module_fails_and_keeps_what_it_has_to_show(module: type[Module]) -> None:
    with pytest.raises(SystemExit):
        run_module(
            lambda _task: {"failed": True, "changed": True, "devices": [{"name": "a"}], "msg": "one failed"}, Spec()
        )
    assert module.made.ended == {"failed": True, "changed": True, "devices": [{"name": "a"}], "msg": "one failed"}


def test_a_password_inside_an_address_is_redacted_in_both_spellings(module: type[Module]) -> None:
    with pytest.raises(SystemExit):
        run_module(lambda _task: {"changed": False}, Spec())
    assert module.made.no_log_values == {"p%40ss", "p@ss"}


@pytest.mark.parametrize("place", ["", None, "/var/lib/journal", "postgresql://db.example.com/x", "postgresql://[::1"])
def test_an_address_without_a_password_hides_nothing(place: str | None) -> None:
    assert secrets_in({"journal": place}) == set()


@pytest.mark.parametrize(
    "params",
    [
        {"pushgateway_url": "https://push:c4nary@metrics.example.com/x"},
        {"hooks": [{"name": "chat", "url": "https://bot:c4nary@chat.example.com"}]},
        {"gates": {"freeze": ["https://cal:c4nary@calendar.example.com/holidays.ics"]}, "timeout": 30, "on": True},
    ],
)
def test_a_password_inside_an_address_is_found_in_whatever_option_it_stands(params: dict[str, t.Any]) -> None:
    assert secrets_in(params) == {"c4nary"}


@pytest.mark.parametrize("text", ["bot:c4nary@chat.example.com", "Ask at https://u:p@h or me", "12:30 // a:b", "@"])
def test_a_text_that_is_no_address_hides_nothing(text: str) -> None:
    assert secrets_in({"reason": text, "name": [text]}) == set()


# For each


def test_what_each_made_comes_in_the_order_of_the_items() -> None:
    def work(item: int) -> int:
        time.sleep(0.02 / item)
        return item * 10

    assert for_each([1, 2, 3, 4], work, 4) == [10, 20, 30, 40]


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (0, 1), (3, 3)])
def test_no_more_than_so_many_are_worked_on_at_once(concurrency: int, most: int) -> None:
    guard = threading.Lock()
    working, peak = 0, 0

    def work(_item: int) -> None:
        nonlocal working, peak
        with guard:
            working += 1
            peak = max(peak, working)
        time.sleep(0.005)
        with guard:
            working -= 1

    for_each(range(9), work, concurrency)
    assert peak == most


def test_no_items_are_no_work() -> None:
    assert for_each([], failing(AssertionError()), 16) == []


def test_what_one_raises_is_raised_after_the_others_have_been_worked_on() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 0:
            raise BadInput("the first")
        time.sleep(0.01)
        done.append(item)

    with pytest.raises(BadInput, match="the first"):
        for_each(range(5), work, 2)
    assert sorted(done) == [1, 2, 3, 4]


# What is not protected


NESTED = Spec(
    {
        "zequenze": {"type": "dict", "options": {"api_url": {"type": "str"}, "validate_certs": {"type": "bool"}}},
        "gates": {"type": "dict", "options": {"pam": {"type": "dict", "options": {"api_url": {"type": "str"}}}}},
    }
)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"api_url": "https://a.example.com", "validate_certs": False}, ["validate_certs"]),
        ({"pushgateway_url": "https://a.example.com", "validate_certs": False}, ["validate_certs"]),
        ({"zequenze": {"api_url": "HTTPS://a.example.com", "validate_certs": False}}, ["validate_certs"]),
        ({"gates": {"pam": {"api_url": "https://a.example.com", "validate_certs": False}}}, ["validate_certs"]),
        ({"zequenze": {"api_url": "http://a.example.com", "allow_plain_http": True}}, ["allow_plain_http"]),
        ({"api_url": "https://a.example.com", "validate_certs": True, "allow_plain_http": True}, []),
        ({"zequenze": {"api_url": None, "validate_certs": False}, "gates": None}, []),
    ],
)
def test_what_is_not_protected_is_said_wherever_it_stands(params: dict[str, t.Any], said: list[str]) -> None:
    warnings: list[str] = []
    carry_out(lambda _task: {"changed": False}, NESTED, Task(params, warn=warnings.append))
    assert [text.split(" ")[0] for text in warnings] == said


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_variable_counts_as_left_out(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    for name in ("ZEQUENZE_VALIDATE_CERTS", "ZEQUENZE_CA_PATH", "ZEQUENZE_URL", "ZEQUENZE_ALLOW_PLAIN_HTTP"):
        monkeypatch.setenv(name, blank)
    monkeypatch.setenv("ZEQUENZE_TOKEN", "x")
    given = ArgumentSpecValidator(**zequenze_options().rules()).validate({})
    assert given.error_messages == []
    params = given.validated_parameters
    assert (params["validate_certs"], params["ca_path"], params["allow_plain_http"]) == (True, None, False)
    assert params["api_url"] == "https://control.zequenze.com/api/v1"


def test_each_system_has_its_own_variables_for_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORACLE_SDM_CA_PATH", "/etc/private.pem")
    monkeypatch.setenv("ORACLE_SDM_VALIDATE_CERTS", "no")
    sdm = ArgumentSpecValidator(**oracle_sdm_options().rules()).validate({}).validated_parameters
    other = ArgumentSpecValidator(**zequenze_options().rules()).validate({}).validated_parameters
    assert (sdm["ca_path"], sdm["validate_certs"]) == ("/etc/private.pem", False)
    assert (other["ca_path"], other["validate_certs"]) == (None, True)


@pytest.mark.parametrize("text", ["maybe", "2", "nope"])
def test_a_variable_that_is_no_truth_value_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ZEQUENZE_VALIDATE_CERTS", text)
    assert ArgumentSpecValidator(**zequenze_options().rules()).validate({"api_token": "x"}).error_messages
