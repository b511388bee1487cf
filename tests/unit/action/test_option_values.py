# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of every module: a blank, a null and a value of another kind are left out or refused by name.

The options are those of the specifications, so a new one is tried as soon as it is there. What is refused is refused
before the logic of the module runs.
"""

from __future__ import annotations

import datetime as dt
import importlib
import re
import types
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import check_texts
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action import in_process
from tests.hostile.specs import MODULES, spec_of

OPTIONS = [(module, option) for module in MODULES for option in spec_of(module).options]
SECRET = "canary-4711"
PYTHON = re.compile(r"<class|NoneType|of type str|unable to convert|Traceback|unhashable|has no")
# What a task of the module needs beside the option that is tried.
GOOD = {
    "str": "one",
    "path": "/dev/null",
    "int": 1,
    "float": 1.5,
    "bool": True,
    "list": ["one"],
    "dict": {},
    "raw": "one",
}
# What goes together with an option, or one of which is needed.
ALSO: dict[str, dict[str, t.Any]] = {
    "lock_recovery": {"name": ["one"]},
    "window_metrics": {"path": "/dev/null"},
    "window_report": {"window_id": "one"},
}
BLANKS = ["", " ", "\t\n"]


def kind(module: str, option: str) -> str:
    return str(spec_of(module).options[option].get("type", "str"))


def of_text(module: str, option: str) -> bool:
    rule = spec_of(module).options[option]
    return kind(module, option) in ("str", "path") or (kind(module, option) == "list" and rule["elements"] == "str")


class Refused(Exception):
    """The task was refused before its logic ran."""


def ran(monkeypatch: pytest.MonkeyPatch, module: str, **arguments: t.Any) -> t.Mapping[str, t.Any]:
    """Return the parameters with which the logic of a module runs. Raise Refused with the sentence."""
    action = importlib.import_module(f"ansible_collections.netfleet.maintenance.plugins.action.{module}").ActionModule
    seen: list[Task] = []

    def logic(task: Task) -> dict[str, t.Any]:
        seen.append(task)
        return {"changed": False}

    monkeypatch.setattr(action, "logic", staticmethod(logic))
    monkeypatch.setattr(in_process, "RunCache", lambda: None)
    needed = {}
    for name, rule in spec_of(module).options.items():
        if rule.get("required") and "fallback" not in rule:
            needed[name] = rule["choices"][0] if "choices" in rule else GOOD[rule.get("type", "str")]
            if rule.get("elements") == "dict":
                needed[name] = [{"name": "one", **({"value": "x"} if name == "matchers" else {})}]
    for one in ("api_url", "username", "password", "api_token", "client_id", "client_secret"):
        if one in spec_of(module).options:
            needed[one] = "https://a.example.com" if one == "api_url" else SECRET
    needed |= ALSO.get(module, {})
    task = types.SimpleNamespace(
        args=needed | arguments, async_val=0, delegate_to=None, check_mode=False, diff=False, environment=None,
        action=module, resolved_action=f"netfleet.maintenance.{module}",
    )  # fmt: skip
    shell = types.SimpleNamespace(tmpdir=None, env_prefix=lambda **_variables: "")
    connection = types.SimpleNamespace(transport="ssh", _shell=shell)
    templar = types.SimpleNamespace(template=lambda value: value)
    result = action(task, connection, None, None, templar, None).run(None, {"inventory_hostname": "lax-sbc-01"})
    if not seen:
        assert result["failed"], result
        raise Refused(result["msg"])
    return seen[0].params


def answered(
    monkeypatch: pytest.MonkeyPatch, module: str, **arguments: t.Any
) -> tuple[t.Mapping[str, t.Any] | None, str]:
    """Return the parameters with which the logic runs, or None and the sentence that refuses the task."""
    try:
        return ran(monkeypatch, module, **arguments), ""
    except Refused as refused:
        return None, str(refused)


@pytest.mark.finding("F12j")
@pytest.mark.parametrize(("module", "option"), OPTIONS)
def test_a_blank_or_null_option_is_left_out_or_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, module: str, option: str
) -> None:
    rule = spec_of(module).options[option]
    for blank in [*BLANKS, *([[""], ["one", " "]] if kind(module, option) == "list" else [])]:
        params, sentence = answered(monkeypatch, module, **{option: blank})
        if params is None:
            assert option in sentence, (blank, sentence)
            assert not PYTHON.search(sentence), sentence
        else:
            assert rule.get("default") == "" or option == "session_remote_config", (blank, params[option])
    params, sentence = answered(monkeypatch, module, **{option: None})
    if params is None:
        # It must be given, or goes together with another.
        assert not PYTHON.search(sentence), sentence
        assert rule.get("required") or "required" in sentence or "not configured" in sentence
    elif not rule.get("apply_defaults") and option not in ("name", "hostname"):
        assert params.get(option) == rule.get("default")


@pytest.mark.finding("F12j")
@pytest.mark.parametrize(
    ("module", "option"), [(module, option) for module, option in OPTIONS if of_text(module, option)]
)
@pytest.mark.parametrize("value", [False, True, 8, 7.1, 750, dt.date(2026, 11, 21)], ids=repr)
def test_a_text_that_yaml_has_changed_is_refused_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, module: str, option: str, value: t.Any
) -> None:
    if option in ("ended_jobs", "ended_workflow"):
        # IDs of jobs are numbers by nature.
        assert ran(monkeypatch, module, **{option: [4711] if option == "ended_jobs" else 4711})
        return
    for given in [value, *([["one", value]] if kind(module, option) == "list" else [])]:
        with pytest.raises(Refused) as refused:
            ran(monkeypatch, module, **{option: given})
        assert str(refused.value).startswith(f"{option} ")
        assert "is not text to YAML, which may have changed it. Put the value in quotes." in str(refused.value)
        if given is value:
            secret = bool(spec_of(module).options[option].get("no_log"))
            assert (f"'{str(value).lower()}'" in str(refused.value)) != secret


NUMBERS = [(module, option) for module, option in OPTIONS if kind(module, option) in ("int", "float")]


@pytest.mark.finding("F12j")
@pytest.mark.parametrize(("module", "option"), NUMBERS)
def test_a_number_may_be_text_and_nothing_else_is_one(
    monkeypatch: pytest.MonkeyPatch, module: str, option: str
) -> None:
    assert ran(monkeypatch, module, **{option: "5"})[option] == 5
    wrong: t.Any
    for wrong in ("five", "5s", "12:30", [], [5], {}, {"a": 5}, -1, "-1", "nan", "inf"):
        with pytest.raises(Refused) as refused:
            ran(monkeypatch, module, **{option: wrong})
        assert option in str(refused.value), (wrong, str(refused.value))
        assert not PYTHON.search(str(refused.value)), (wrong, str(refused.value))


@pytest.mark.parametrize(("module", "option"), [pair for pair in OPTIONS if kind(*pair) == "bool"])
def test_a_yes_or_no_may_be_text_and_nothing_else_is_one(
    monkeypatch: pytest.MonkeyPatch, module: str, option: str
) -> None:
    for text, value in (("yes", True), ("False", False), ("off", False), ("1", True)):
        if not (option == "all" and value):
            assert ran(monkeypatch, module, **{option: text})[option] is value
    wrong: t.Any
    for wrong in ("maybe", "flase", 2, [], {}, "12:30"):
        with pytest.raises(Refused) as refused:
            ran(monkeypatch, module, **{option: wrong})
        assert option in str(refused.value), (wrong, str(refused.value))
        assert not PYTHON.search(str(refused.value)), (wrong, str(refused.value))


@pytest.mark.finding("F12b")
@pytest.mark.parametrize("module", MODULES)
def test_an_option_that_is_misspelt_is_refused_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    for option in spec_of(module).options:
        for misspelt in (f"{option}s" if option != "name" else "nam", option.upper()):
            if misspelt in spec_of(module).options or misspelt == option:
                continue
            with pytest.raises(Refused) as refused:
                ran(monkeypatch, module, **{misspelt: "one"})
            assert "Unsupported parameters for" in str(refused.value)
            assert misspelt in str(refused.value)


def test_blanks_inside_a_connection_are_named_with_their_place() -> None:
    with pytest.raises(BadInput, match=r"senhasegura\.tenant is blank"):
        check_texts(spec_of("window_run"), {"senhasegura": {"tenant": " "}})
