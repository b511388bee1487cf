# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a task's options names the system, the variables and what was meant."""

from __future__ import annotations

import importlib
import sys
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils import _errors
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    oracle_sdm_options,
    senhasegura_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.problems import sentences
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.supported import check_core
from tests.tools.isolated import ROOT

NAMED = Spec({"name": {"type": "str", "aliases": ["device"], "required": True}, "wait": {"type": "int"}})


def problems(spec: Spec, **arguments: t.Any) -> str:
    errors = ArgumentSpecValidator(**spec.rules()).validate(arguments).errors
    return sentences(errors, spec, arguments, "netfleet.maintenance.device_info")


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in (oracle_sdm_options(), senhasegura_options(), zequenze_options()):
        for rule in spec.options.values():
            for variable in rule["fallback"][1] if "fallback" in rule else ():
                monkeypatch.delenv(variable, raising=False)


def test_what_is_missing_is_said_by_system() -> None:
    assert problems(oracle_sdm_options()) == (
        "Oracle SDM is not configured. Set ORACLE_SDM_URL (or api_url), ORACLE_SDM_USERNAME (or username), "
        "ORACLE_SDM_PASSWORD (or password)."
    )
    assert problems(zequenze_options()) == "Zequenze Control is not configured. Set ZEQUENZE_TOKEN (or api_token)."
    assert problems(senhasegura_options()).startswith(
        "senhasegura PAM Core is not configured. Set SENHASEGURA_URL (or api_url)."
    )


@pytest.mark.finding("F12b")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "missing required arguments: name."),
        (
            {"name": "a", "nmae": "b"},
            "Unsupported parameters for (netfleet.maintenance.device_info) module: nmae. Did you mean name?",
        ),
        (
            {"name": "a", "x": 1, "y": 2},
            "Unsupported parameters for (netfleet.maintenance.device_info) module: x, y. It has name, wait.",
        ),
    ],
)
def test_an_option_that_is_missing_or_unknown_is_named(arguments: dict[str, t.Any], said: str) -> None:
    assert problems(NAMED, **arguments) == said


def test_a_value_of_the_wrong_kind_is_said_in_ansible_s_words() -> None:
    assert "wait" in problems(NAMED, name="a", wait="x")


@pytest.mark.finding("B5")
@pytest.mark.parametrize("version", ["2.15.13", "2.9.27", "2.15.0rc1"])
def test_an_older_core_is_refused_in_one_sentence(version: str) -> None:
    with pytest.raises(AnsibleError, match=rf"needs ansible-core 2.16 or later, and this is {version}. Run: "):
        check_core(version)


@pytest.mark.parametrize("version", ["2.16.0", "2.21.5", "2.20.0b1", "3.0.0"])
def test_a_supported_core_is_fine(version: str) -> None:
    check_core(version)


@pytest.mark.finding("B5")
def test_an_older_python_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    with pytest.raises(ImportError, match=r"needs Python 3.10 or later, and .* is 3.9\."):
        importlib.reload(_errors)


@pytest.mark.finding("B5")
@pytest.mark.parametrize("playbook", ["maintenance_window", "plan_window", "factory_reset"])
def test_the_playbooks_of_a_window_refuse_an_older_core_before_anything_of_ours_is_loaded(playbook: str) -> None:
    """Where Python is too old for our filters, there is no newer core, and this sentence is all that can be said."""
    oldest = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"].removeprefix(">=")
    first = yaml.safe_load((ROOT / f"playbooks/{playbook}.yml").read_text())[0]["tasks"][0]["ansible.builtin.assert"]
    assert first["that"] == f"ansible_version.full is version('{oldest.removesuffix('.0')}', '>=')"
    assert "needs ansible-core 2.16 or later with Python 3.10 or later" in first["fail_msg"]
    assert "netfleet.maintenance." not in first["fail_msg"]
