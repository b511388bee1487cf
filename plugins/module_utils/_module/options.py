# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share: one concern each, as in the documentation fragments of the same names."""

from __future__ import annotations

import collections
import typing as t

from ansible.module_utils.basic import env_fallback

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

ZEQUENZE_URL = "https://control.zequenze.com/api/v1"


def from_environment(*names: str) -> dict[str, t.Any]:
    """Give the part of an option that lets environment variables stand in for it."""
    return {"fallback": (env_fallback, list(names))}


def _connection(url: dict[str, t.Any]) -> Spec:
    """Options every system shares (fragment ``connection``)."""
    return Spec(
        {
            "api_url": {"type": "str", **url},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "client_cert": {"type": "path"},
            "client_key": {"type": "path", "no_log": False},
            "timeout": {"type": "float", "default": 30.0},
        },
        libraries=("requests",),
    )


def zequenze_options() -> Spec:
    """Options to reach Zequenze Control (fragment ``zequenze``)."""
    return _connection({"default": ZEQUENZE_URL, **from_environment("ZEQUENZE_URL")}) + Spec(
        {"api_token": {"type": "str", "no_log": True, "required": True, **from_environment("ZEQUENZE_TOKEN")}}
    )


def oracle_sdm_options() -> Spec:
    """Options to reach Oracle Session Delivery Manager (fragment ``oracle_sdm``)."""
    return _connection({"required": True, **from_environment("ORACLE_SDM_URL")}) + Spec(
        {
            "username": {"type": "str", "required": True, **from_environment("ORACLE_SDM_USERNAME")},
            "password": {"type": "str", "no_log": True, "required": True, **from_environment("ORACLE_SDM_PASSWORD")},
            "api_version": {"type": "str", "default": "v1.3"},
        },
        libraries=("defusedxml",),
    )


def senhasegura_options() -> Spec:
    """Options to reach senhasegura PAM Core (fragment ``senhasegura``)."""
    return _connection({"required": True, **from_environment("SENHASEGURA_URL")}) + Spec(
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


def journal_options() -> Spec:
    """Where the journal is (fragment ``journal``)."""
    return Spec({"journal": {"type": "str", **from_environment("NETFLEET_JOURNAL")}}, libraries=("sqlalchemy",))


def names_options() -> Spec:
    """Devices to work on, and how many of them at once (fragment ``names``)."""
    return Spec(
        {
            "name": {"type": "list", "elements": "str", "aliases": ["names", "device"]},
            "concurrency": {"type": "int", "default": 16},
        }
    )


def named(params: t.Mapping[str, t.Any]) -> list[str]:
    """Give the names a task is about. Raises BadInput when there are none, or one stands twice."""
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
    """Give the names that were asked for, None for all devices. Raises BadInput for neither and for both."""
    names: list[str] | None = params.get("name")
    if params["all"]:
        if names:
            raise BadInput("name and all: give one of them, not both.")
        return None
    if not names:
        raise BadInput("name: give at least one name, or all=true for everything.")
    return names
