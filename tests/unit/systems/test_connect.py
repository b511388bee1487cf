# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way to the client of each system, from the options of its modules."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, SignInRefused
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    oracle_sdm_options,
    senhasegura_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems import connect as _connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES, connect
from tests.unit.support.script import Script

URL = "https://api.example.com"
OPTIONS = {
    "zequenze": (zequenze_options(), {"api_token": "canary-token"}),
    "oracle_sdm": (oracle_sdm_options(), {"username": "Lockbot", "password": "canary-password"}),
    "senhasegura": (senhasegura_options(), {"client_id": "client", "client_secret": "canary-secret"}),
}
# What each system is asked first.
FIRST: dict[str, tuple[str, str, t.Callable[[t.Any], object]]] = {
    "zequenze": ("GET", "/inventory_device_name/lax-sbc-01/", lambda client: client.device("lax-sbc-01")),
    "oracle_sdm": ("POST", "/rest/v1.3/admin/login", lambda client: client.devices()),
    "senhasegura": ("POST", "/iso/oauth2/token", lambda client: client.devices()),
}


def options(system: str, **more: object) -> dict[str, t.Any]:
    """Return the options of a system as a module validates them."""
    spec, given = OPTIONS[system]
    checked = ArgumentSpecValidator(spec.options).validate({"api_url": URL, **given, **more})
    assert not checked.error_messages
    return dict(checked.validated_parameters)


@pytest.fixture
def endpoints(script: Script, monkeypatch: pytest.MonkeyPatch) -> list[t.Any]:
    """The endpoints that were connected to, each of which the script answers for."""
    made: list[t.Any] = []

    def transport(endpoint: t.Any) -> Script:
        made.append(endpoint)
        return script

    monkeypatch.setattr(_connect, "HttpTransport", transport)
    return made


@pytest.mark.parametrize("system", TITLES)
def test_the_client_is_about_the_system_and_sends_nothing_yet(
    system: str, script: Script, endpoints: list[t.Any]
) -> None:
    client = connect(system, options(system, timeout=7.0), script.clock, MemoryStore())
    assert [(each.system, each.base_url, each.timeout) for each in endpoints] == [(TITLES[system], URL, 7.0)]
    assert client.wire.clock is script.clock
    assert script.sent == []


@pytest.mark.parametrize("system", TITLES)
def test_the_credentials_are_those_of_the_options(system: str, script: Script, endpoints: list[t.Any]) -> None:
    method, path, ask = FIRST[system]
    for _way in range(2 if system == "senhasegura" else 1):
        # PAM Core is asked in another way too.
        script.expect(method, path).answers(401)
    client = connect(system, options(system), script.clock, MemoryStore())
    with pytest.raises(SignInRefused):
        ask(client)
    assert "canary" in f"{script.sent[0].headers}{script.sent[0].body!r}"


def test_clients_that_share_a_store_keep_the_rate_together(script: Script, endpoints: list[t.Any]) -> None:
    store = MemoryStore()
    for _client in range(2):
        connect("zequenze", options("zequenze", rate="1/min"), script.clock, store).wire.take_turn()
    assert script.clock.monotonic() >= 60.0


@pytest.mark.parametrize("system", TITLES)
def test_an_address_that_cannot_be_is_refused_by_the_name_of_the_system(system: str, script: Script) -> None:
    with pytest.raises(BadInput, match=rf"{TITLES[system]}: .*api_url"):
        connect(system, options(system, api_url="ftp://api.example.com"), script.clock, MemoryStore())
