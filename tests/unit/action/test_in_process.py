# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The adapter behind every action: same options, same core, in the controller's worker."""

from __future__ import annotations

import json
import os
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    oracle_sdm_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import SESSION_KEY
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action import in_process as _in_process
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache

SECRET = "canary-4711"
GIVEN = {"api_url": "https://sdm.example.com:8443", "username": "lockbot", "password": SECRET}


def spec() -> Spec:
    return (
        oracle_sdm_options()
        + journal_options()
        + Spec(
            {
                "name": {"type": "list", "elements": "str", "aliases": ["names", "device"], "required": True},
                "concurrency": {"type": "int", "default": 16},
                "all": {"type": "bool", "default": False},
            }
        )
    )


class Action(InProcess):
    """An action whose core writes down what it was given."""

    spec = staticmethod(spec)
    seen: t.ClassVar[list[Task]] = []
    answer: t.ClassVar[Result] = {}

    @staticmethod
    def logic(task: Task) -> Result:
        Action.seen.append(task)
        return dict(Action.answer)


class Bench:
    """Runs the action the way Ansible does, with stand-ins for what surrounds a task."""

    def __init__(self) -> None:
        self.task = types.SimpleNamespace(
            args=dict(GIVEN),
            async_val=0,
            delegate_to=None,
            check_mode=False,
            diff=False,
            environment=None,
            action="netfleet.maintenance.device_lock",
            resolved_action="netfleet.maintenance.device_lock",
        )
        self.connection = types.SimpleNamespace(
            transport="ssh", _shell=types.SimpleNamespace(tmpdir=None, env_prefix=lambda **_variables: "")
        )
        self.elsewhere: list[dict[str, t.Any]] = []

    def run(self, **arguments: t.Any) -> Result:
        Action.seen.clear()
        self.task.args |= arguments
        templar = types.SimpleNamespace(template=lambda value: value)
        action = Action(self.task, self.connection, None, None, templar, None)

        def execute_module(**details: t.Any) -> Result:
            self.elsewhere.append(details)
            return {"changed": True, "from": "the module"}

        action._execute_module = execute_module
        return action.run(None, {"inventory_hostname": "lax-sbc-01"})

    @property
    def params(self) -> t.Mapping[str, t.Any]:
        return Action.seen[-1].params


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    monkeypatch.setattr(Action, "seen", [])
    monkeypatch.setattr(Action, "answer", {"changed": False, "devices": []})
    monkeypatch.setattr(_in_process, "RunCache", lambda: RunCache(str(tmp_path / "shared")))
    return Bench()


# Options


def test_the_device_is_the_host_when_no_name_is_given(bench: Bench) -> None:
    bench.run()
    assert bench.params["name"] == ["lax-sbc-01"]


@pytest.mark.parametrize("spelling", ["name", "names", "device"])
def test_a_name_in_any_spelling_replaces_the_host(bench: Bench, spelling: str) -> None:
    bench.run(**{spelling: ["a", "b"]})
    assert bench.params["name"] == ["a", "b"]


def test_one_name_may_be_a_plain_text_and_an_empty_list_stays_empty(bench: Bench) -> None:
    bench.run(name="a")
    assert bench.params["name"] == ["a"]
    bench.run(name=[])
    assert bench.params["name"] == []


def test_a_name_that_was_left_out_by_a_variable_is_the_host(bench: Bench) -> None:
    bench.run(name=None)
    assert bench.params["name"] == ["lax-sbc-01"]


@pytest.mark.parametrize("everything", [True, "yes", "True"])
def test_everything_is_not_narrowed_to_the_host(bench: Bench, everything: object) -> None:
    result = bench.run(all=everything)
    assert "missing required arguments: name" in result["msg"]


@pytest.mark.parametrize("everything", [False, "no", "False"])
def test_not_everything_is_the_host(bench: Bench, everything: object) -> None:
    bench.run(all=everything)
    assert bench.params["name"] == ["lax-sbc-01"]


def test_an_action_that_names_no_host_option_is_not_given_the_host(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Action, "host_option", None)
    assert "missing required arguments: name" in bench.run()["msg"]


def test_options_have_the_types_and_defaults_of_the_module(bench: Bench) -> None:
    bench.run(timeout="12", validate_certs="no", concurrency="3")
    assert (bench.params["timeout"], bench.params["validate_certs"], bench.params["concurrency"]) == (12.0, False, 3)
    assert bench.params["api_version"] == "v1.3"


def test_the_environment_keyword_feeds_the_options_that_come_from_the_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORACLE_SDM_PASSWORD", "of the controller")
    del bench.task.args["password"], bench.task.args["username"]
    bench.task.environment = [{"ORACLE_SDM_PASSWORD": SECRET, "ORACLE_SDM_USERNAME": "lockbot", "PATH": "/bin"}]
    bench.run(api_url="https://given.example.com")
    assert (bench.params["password"], bench.params["username"]) == (SECRET, "lockbot")
    bench.task.environment[0]["ORACLE_SDM_URL"] = "https://ignored.example.com"
    bench.run()
    assert bench.params["api_url"] == "https://given.example.com"


def test_without_it_the_controllers_own_environment_does(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORACLE_SDM_PASSWORD", "of the controller")
    del bench.task.args["password"]
    bench.run()
    assert bench.params["password"] == "of the controller"


def test_options_inside_a_dictionary_are_filled_in_and_hidden_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = {"type": "dict", "apply_defaults": True, "options": dict(oracle_sdm_options().options)}
    monkeypatch.setattr(Action, "spec", staticmethod(lambda: Spec({"oracle_sdm": inside})))
    monkeypatch.setattr(Action, "host_option", None)
    monkeypatch.setattr(Action, "answer", {"changed": False, "said": f"the password is {SECRET}"})
    bench.task.args = {"oracle_sdm": {"username": "given"}}
    bench.task.environment = [
        {"ORACLE_SDM_PASSWORD": SECRET, "ORACLE_SDM_USERNAME": "lockbot", "ORACLE_SDM_URL": "https://sdm.example.com"}
    ]
    result = bench.run()
    seen = bench.params["oracle_sdm"]
    assert (seen["password"], seen["username"], seen["api_url"]) == (SECRET, "given", "https://sdm.example.com")
    assert SECRET not in str(result)
    bench.task.args = {"oracle_sdm": "no dictionary"}
    assert bench.run()["failed"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"concurrency": "many"}, "concurrency"),
        ({"no_such_option": 1}, "no_such_option"),
        ({"validate_certs": SECRET}, "validate_certs"),
    ],
)
def test_a_bad_option_is_refused_before_anything_is_done(bench: Bench, arguments: dict[str, t.Any], text: str) -> None:
    result = bench.run(**arguments)
    assert (result["failed"], result["changed"]) == (True, False)
    assert text in result["msg"]
    assert SECRET not in json.dumps(result)
    assert Action.seen == []


# Modes


@pytest.mark.parametrize("on", [True, False])
def test_the_modes_of_the_task_reach_the_core(bench: Bench, on: bool) -> None:
    bench.task.check_mode = bench.task.diff = on
    bench.run()
    assert (Action.seen[0].check_mode, Action.seen[0].diff) == (on, on)


def test_the_core_shares_a_store_with_the_run_and_knows_its_run(bench: Bench) -> None:
    bench.run()
    task = Action.seen[0]
    assert task.store.shared
    assert task.run == _in_process.CONTROLLER == os.getpid()
    assert task.run_alive()


def test_a_worker_whose_controller_is_gone_knows_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run()
    monkeypatch.setattr(_in_process, "CONTROLLER", 2**31 - 1)
    assert not Action.seen[0].run_alive()
    monkeypatch.setattr(_in_process, "CONTROLLER", os.getppid())
    assert Action.seen[0].run_alive()


# Results


def test_no_secret_is_in_the_result_wherever_the_core_put_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    leaky = {"changed": True, "devices": [{"message": f"token {SECRET}!"}], "diff": {"before": SECRET}}
    monkeypatch.setattr(Action, "answer", leaky)
    result = bench.run()
    assert result["changed"] is True
    assert SECRET not in json.dumps(result)


def test_the_options_are_shown_with_their_secrets_masked(bench: Bench) -> None:
    shown = bench.run(journal="postgresql://user:pass%2Fword@db.example.com/x")["invocation"]["module_args"]
    assert shown["password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert shown["username"] == "lockbot"
    assert "pass%2Fword" not in shown["journal"]


def test_an_error_of_the_core_is_a_failed_result_without_its_secret(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logic(_task: Task) -> Result:
        raise NoAnswer(f"the answer to {SECRET} was lost")

    monkeypatch.setattr(Action, "logic", staticmethod(logic))
    result = bench.run()
    assert (result["failed"], result["kind"]) == (True, "no_answer")
    assert "was lost" in result["msg"]
    assert SECRET not in json.dumps(result)


def test_a_defect_in_the_core_does_not_end_the_worker_and_shows_no_secret(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logic(task: Task) -> Result:
        raise KeyError(task.params["password"])

    monkeypatch.setattr(Action, "logic", staticmethod(logic))
    result = bench.run()
    assert (result["failed"], result["kind"]) == (True, "internal")
    assert SECRET not in json.dumps(result)


def test_a_warning_of_the_core_is_in_the_result(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def logic(task: Task) -> Result:
        task.warn(f"mind the gap {SECRET}")
        return {"changed": False}

    monkeypatch.setattr(Action, "logic", staticmethod(logic))
    result = bench.run()
    assert len(result["warnings"]) == 1
    assert result["warnings"][0].startswith("mind the gap")
    assert SECRET not in result["warnings"][0]


# In process, or elsewhere


@pytest.mark.parametrize(
    ("async_val", "delegate_to", "transport", "elsewhere"),
    [
        (0, None, "ssh", False),
        (0, None, "local", False),
        (0, "localhost", "local", False),
        (0, "jump.example.com", "ssh", True),
        (60, None, "ssh", True),
        (60, "localhost", "local", True),
    ],
    ids=["plain", "local", "delegated here", "delegated elsewhere", "async", "async here"],
)
def test_the_real_module_runs_only_in_the_background_or_on_another_machine(
    bench: Bench, async_val: int, delegate_to: str | None, transport: str, elsewhere: bool
) -> None:
    bench.task.async_val, bench.task.delegate_to, bench.connection.transport = async_val, delegate_to, transport
    result = bench.run()
    assert bool(bench.elsewhere) is elsewhere
    assert bool(Action.seen) is not elsewhere
    if elsewhere:
        assert result["from"] == "the module"
        assert bench.elsewhere[0]["module_name"] == "netfleet.maintenance.device_lock"
        assert bench.elsewhere[0]["module_args"] == {**GIVEN, "name": "lax-sbc-01"}
        assert bench.elsewhere[0]["wrap_async"] == async_val


# The end of the run


def test_at_the_end_the_controller_signs_out_of_every_session_of_the_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = RunCache(str(tmp_path / "shared"))
    cache.save(f"{SESSION_KEY} a", {"cookie": "1"})
    cache.save(f"{SESSION_KEY} b", {"cookie": "2"})
    signed_out: list[str] = []
    warned: list[str] = []

    def sign_out(session: t.Mapping[str, t.Any]) -> None:
        signed_out.append(session["cookie"])
        if session["cookie"] == "1":
            raise NoAnswer("the server is gone")

    monkeypatch.setattr(_in_process, "sign_out_saved", sign_out)
    monkeypatch.setattr(_in_process.display, "warning", warned.append)
    _in_process._sign_out_of_run()
    assert sorted(signed_out) == ["1", "2"]
    assert len(warned) == 1
    assert "the server is gone" in warned[0]


def test_a_worker_that_ends_signs_nobody_out(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    RunCache(str(tmp_path / "shared")).save(f"{SESSION_KEY} a", {"cookie": "1"})
    monkeypatch.setattr(_in_process, "CONTROLLER", os.getppid())
    monkeypatch.setattr(_in_process, "sign_out_saved", lambda _session: pytest.fail("signed out"))
    _in_process._sign_out_of_run()


# Preparing a run


def test_a_run_that_cannot_be_prepared_goes_on_and_says_why_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(_in_process, "rehearse", lambda: dict[str, str]()["a defect"])
    monkeypatch.setattr(_in_process, "display", types.SimpleNamespace(vvv=said.append))
    _in_process._warm_up()
    assert said == ["netfleet.maintenance could not prepare this run: KeyError: 'a defect'"]
