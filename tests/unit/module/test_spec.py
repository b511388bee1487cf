# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications add up, and are what Ansible's own validation takes."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    oracle_sdm_options,
    senhasegura_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec

ONE = Spec(
    {"a": {"type": "str"}, "b": {"type": "int"}},
    mutually_exclusive=(("a", "b"),),
    required_together=(("a", "b"),),
    required_one_of=(("a", "b"),),
    required_if=(("a", "x", ("b",)),),
    libraries=("requests",),
)


def test_a_sum_holds_the_options_rules_and_libraries_of_both() -> None:
    two = Spec({"c": {"type": "bool"}}, mutually_exclusive=(("a", "c"),), libraries=("sqlalchemy", "requests"))
    both = ONE + two
    assert list(both.options) == ["a", "b", "c"]
    assert both.mutually_exclusive == (("a", "b"), ("a", "c"))
    assert both.required_together == (("a", "b"),)
    assert both.required_one_of == (("a", "b"),)
    assert both.required_if == (("a", "x", ("b",)),)
    assert both.libraries == ("requests", "sqlalchemy")


def test_adding_changes_neither_part() -> None:
    before = (dict(ONE.options), ONE.libraries)
    _ = ONE + Spec({"a": {"type": "path"}}, libraries=("defusedxml",))
    assert (dict(ONE.options), ONE.libraries) == before


def test_the_right_one_wins_on_the_same_option() -> None:
    assert (ONE + Spec({"a": {"type": "path"}})).options["a"] == {"type": "path"}


def test_what_ansible_is_given_can_be_changed_by_it_without_harm() -> None:
    rules = ONE.rules()
    rules["argument_spec"]["a"]["type"] = "list"
    rules["required_together"][0].append("z")
    assert ONE.options["a"] == {"type": "str"}
    assert ONE.required_together == (("a", "b"),)


@pytest.mark.parametrize("options", [zequenze_options, oracle_sdm_options, senhasegura_options, journal_options])
def test_ansible_accepts_every_shared_specification(options: t.Callable[[], Spec]) -> None:
    assert ArgumentSpecValidator(**options().rules()).validate({}).validated_parameters is not None


@pytest.mark.parametrize(
    ("options", "variable", "option"),
    [
        (zequenze_options, "ZEQUENZE_URL", "api_url"),
        (zequenze_options, "ZEQUENZE_TOKEN", "api_token"),
        (oracle_sdm_options, "ORACLE_SDM_URL", "api_url"),
        (oracle_sdm_options, "ORACLE_SDM_USERNAME", "username"),
        (oracle_sdm_options, "ORACLE_SDM_PASSWORD", "password"),
        (senhasegura_options, "SENHASEGURA_URL", "api_url"),
        (senhasegura_options, "SENHASEGURA_CLIENT_ID", "client_id"),
        (senhasegura_options, "SENHASEGURA_CLIENT_SECRET", "client_secret"),
        (senhasegura_options, "SENHASEGURA_CONSUMER_KEY", "consumer_key"),
        (senhasegura_options, "SENHASEGURA_CONSUMER_SECRET", "consumer_secret"),
        (senhasegura_options, "SENHASEGURA_TOKEN_KEY", "token_key"),
        (senhasegura_options, "SENHASEGURA_TOKEN_SECRET", "token_secret"),
        (journal_options, "NETFLEET_JOURNAL", "journal"),
    ],
)
def test_an_option_that_is_not_given_comes_from_its_environment_variable(
    monkeypatch: pytest.MonkeyPatch, options: t.Callable[[], Spec], variable: str, option: str
) -> None:
    monkeypatch.setenv(variable, "from the environment")
    validator = ArgumentSpecValidator(**options().rules())
    assert validator.validate({}).validated_parameters[option] == "from the environment"
    assert validator.validate({option: "given"}).validated_parameters[option] == "given"


@pytest.mark.parametrize("options", [zequenze_options, oracle_sdm_options, senhasegura_options])
def test_every_secret_is_marked_as_one(options: t.Callable[[], Spec]) -> None:
    rules = options().options
    secrets = {"api_token", "password", "client_secret", "consumer_key", "consumer_secret", "token_key", "token_secret"}
    found = secrets & set(rules)
    assert found
    assert all(rules[name]["no_log"] is True for name in found)
