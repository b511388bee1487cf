# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share: one concern each, as in the documentation fragments of the same names."""

from __future__ import annotations

import collections
import math
import os
import typing as t

from ansible.module_utils.basic import AnsibleFallbackNotFound

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

ZEQUENZE_URL = "https://control.zequenze.com/api/v1"

# Where the bearer token for Alertmanager stands, where one is needed: a window file holds no secrets.
ALERTMANAGER_TOKEN = "ALERTMANAGER_TOKEN"


def _environment(*names: str) -> str:
    """Return the first of these variables that is not blank: controllers set the ones they have nothing for, too."""
    for name in names:
        if os.environ.get(name, "").strip():
            return os.environ[name]
    raise AnsibleFallbackNotFound


def from_environment(*names: str) -> dict[str, t.Any]:
    """Return the part of an option that lets environment variables stand in for it."""
    return {"fallback": (_environment, list(names))}


def _connection(prefix: str, url: dict[str, t.Any]) -> Spec:
    """Options every system shares (fragment ``connection``); ``prefix`` begins the names of its variables."""

    def also(name: str) -> dict[str, t.Any]:
        return from_environment(f"{prefix}_{name}")

    return Spec(
        {
            "api_url": {"type": "str", **url},
            "allow_plain_http": {"type": "bool", "default": False, **also("ALLOW_PLAIN_HTTP")},
            "validate_certs": {"type": "bool", "default": True, **also("VALIDATE_CERTS")},
            "ca_path": {"type": "path", **also("CA_PATH")},
            "client_cert": {"type": "path", **also("CLIENT_CERT")},
            "client_key": {"type": "path", "no_log": False, **also("CLIENT_KEY")},
            "timeout": {"type": "float", "default": 30.0},
            "trace": {"type": "path", **from_environment("NETFLEET_TRACE")},
            "trace_names": {
                "type": "str",
                "choices": ["plain", "pseudonyms"],
                "default": "plain",
                **from_environment("NETFLEET_TRACE_NAMES"),
            },
        },
        libraries=("requests",),
    )


def zequenze_options() -> Spec:
    """Options to reach Zequenze Control (fragment ``zequenze``)."""
    return _connection("ZEQUENZE", {"default": ZEQUENZE_URL, **from_environment("ZEQUENZE_URL")}) + Spec(
        {
            "api_token": {"type": "str", "no_log": True, "required": True, **from_environment("ZEQUENZE_TOKEN")},
            "rate": {"type": "str", **from_environment("ZEQUENZE_RATE")},
        }
    )


def oracle_sdm_options() -> Spec:
    """Options to reach Oracle Session Delivery Manager (fragment ``oracle_sdm``)."""
    return _connection("ORACLE_SDM", {"required": True, **from_environment("ORACLE_SDM_URL")}) + Spec(
        {
            "username": {"type": "str", "required": True, **from_environment("ORACLE_SDM_USERNAME")},
            "password": {"type": "str", "no_log": True, "required": True, **from_environment("ORACLE_SDM_PASSWORD")},
            "api_version": {"type": "str", "default": "v1.3"},
        },
        libraries=("defusedxml",),
    )


def senhasegura_options() -> Spec:
    """Options to reach senhasegura PAM Core (fragment ``senhasegura``)."""
    return _connection("SENHASEGURA", {"required": True, **from_environment("SENHASEGURA_URL")}) + Spec(
        {
            "client_id": {"type": "str", **from_environment("SENHASEGURA_CLIENT_ID")},
            "client_secret": {"type": "str", "no_log": True, **from_environment("SENHASEGURA_CLIENT_SECRET")},
            "tenant": {"type": "str"},
            "consumer_key": {"type": "str", "no_log": True, **from_environment("SENHASEGURA_CONSUMER_KEY")},
            "consumer_secret": {"type": "str", "no_log": True, **from_environment("SENHASEGURA_CONSUMER_SECRET")},
            "token_key": {"type": "str", "no_log": True, **from_environment("SENHASEGURA_TOKEN_KEY")},
            "token_secret": {"type": "str", "no_log": True, **from_environment("SENHASEGURA_TOKEN_SECRET")},
            "api_prefix": {"type": "str", "choices": ["/iso", "/api"], "default": "/iso"},
        },
        required_together=(
            ("client_id", "client_secret"),
            ("consumer_key", "consumer_secret", "token_key", "token_secret"),
        ),
        required_one_of=(("client_id", "consumer_key"),),
        libraries=("requests_oauthlib",),
    )


def connection_option(system: str, spec: Spec) -> Spec:
    """Return one option with the connection to a system as its suboptions, none of them required."""
    options = {
        name: {key: value for key, value in rule.items() if key != "required"} for name, rule in spec.options.items()
    }
    return Spec({system: {"type": "dict", "options": options, "apply_defaults": True}})


def journal_options() -> Spec:
    """Where the journal is (fragment ``journal``)."""
    return Spec(
        {
            "journal": {"type": "str", **from_environment("NETFLEET_JOURNAL")},
            "journal_patience": {"type": "float", **from_environment("NETFLEET_JOURNAL_PATIENCE")},
        },
        libraries=("sqlalchemy",),
    )


def names_options() -> Spec:
    """Devices to work on, and how many of them at once (fragment ``names``)."""
    return Spec(
        {
            "name": {"type": "list", "elements": "str", "aliases": ["names", "device"]},
            "concurrency": {"type": "int", "default": 16},
        }
    )


# The least that makes sense, where that is not 0: a pause of nothing would ask without end.
_LEAST: t.Mapping[str, float] = {
    "attempt": 1,
    "concurrency": 1,
    "max_in_flight": 1,
    "fleet_max_in_flight": 1,
    "limit": 1,
    "days": 1,
    "due_days": 1,
    "min_failed": 1,
    "look_back": 1,
    "sample": 1,
    "wait_interval": 0.01,
    "interval": 0.01,
    "timeout": 0.01,
    "lease": 0.01,
}


def check_numbers(spec: Spec, params: t.Mapping[str, t.Any]) -> None:
    """Check every option that is a number, of whatever module: seconds and counts are finite and not negative.

    Raise BadInput for NaN, infinity and what is less than makes sense. Pure.
    """
    for option, rule in spec.options.items():
        value = params.get(option)
        if isinstance(value, dict) and rule.get("options"):
            check_numbers(Spec(rule["options"]), value)
        if rule.get("type") not in ("int", "float") or value is None:
            continue
        least = _LEAST.get(option, 0)
        if not (math.isfinite(value) and value >= least):
            if rule["type"] == "int":
                raise BadInput(f"{option} must be at least {least}.")
            raise BadInput(f"{option} must be a number of seconds, {least if least else '0'} or more.")


# Blank is a value of its own here: it clears what the registry has.
_MAY_BE_BLANK = ("session_remote_config",)


def check_texts(spec: Spec, params: t.Mapping[str, t.Any], place: str = "") -> None:
    """Check every option that is text, of whatever module: a blank one would choose more, or skip a check, silently.

    Raise BadInput for a text, or an entry of a list of texts, that is blank. Pure.
    """
    for option, rule in spec.options.items():
        value = params.get(option)
        if isinstance(value, dict) and rule.get("options"):
            check_texts(Spec(rule["options"]), value, f"{place}{option}.")
        if option in _MAY_BE_BLANK or rule.get("default") == "":
            continue
        if isinstance(value, str) and not value.strip() and rule.get("type", "str") in _TEXTS:
            raise BadInput(f"{place}{option} is blank. Give it a value, or leave it out.")
        if isinstance(value, list) and any(isinstance(item, str) and not item.strip() for item in value):
            raise BadInput(f"{place}{option} has a blank entry. Give it a value, or remove it.")


_TEXTS = ("str", "path")


def named(params: t.Mapping[str, t.Any]) -> list[str]:
    """Return the names a task is about. Raises BadInput when there are none, or one stands twice."""
    names: list[str] = params["name"] or []
    if not names:
        raise BadInput("name is missing: say which devices are meant.")
    twice = sorted(name for name, times in collections.Counter(names).items() if times > 1)
    if twice:
        raise BadInput(f"name holds {', '.join(map(shown, twice))} more than once.")
    return names


def all_option() -> Spec:
    """Read everything instead of named devices (fragment ``all_devices``)."""
    return Spec(
        {"all": {"type": "bool", "default": False}},
    )


def asked_names(params: t.Mapping[str, t.Any]) -> list[str] | None:
    """Return the names that were asked for, None for all devices. Raises BadInput for neither and for both."""
    names: list[str] | None = params.get("name")
    if params["all"]:
        if names:
            raise BadInput("name and all: give one of them, not both.")
        return None
    if not names:
        raise BadInput("name: give at least one name, or all=true for everything.")
    return names


def secret_variables() -> set[str]:
    """Return the environment variables that hold a credential of one of the systems."""
    specs = (zequenze_options(), oracle_sdm_options(), senhasegura_options())
    rules = [rule for spec in specs for rule in spec.options.values() if rule.get("no_log")]
    return {ALERTMANAGER_TOKEN, *(variable for rule in rules if "fallback" in rule for variable in rule["fallback"][1])}
