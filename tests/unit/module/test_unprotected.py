# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address whose certificate is not checked, or that is plain, gets a warning wherever its options stand."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.hostile.specs import MODULES, spec_of

URLS = ("api_url", "pushgateway_url")


def connections(options: Options, place: tuple[str, ...] = ()) -> t.Iterator[tuple[tuple[str, ...], str]]:
    """Where a specification has the options of a connection, and how the address is called there."""
    if "validate_certs" in options:
        yield from ((place, url) for url in URLS if url in options)
    for name, rule in options.items():
        if "options" in rule:
            yield from connections(t.cast("Options", rule["options"]), (*place, name))


PLACES = [(module, *found) for module in MODULES for found in connections(spec_of(module).options)]


@pytest.mark.parametrize(("module", "place", "url"), PLACES, ids=lambda value: ".".join(value) or "-")
def test_what_is_not_protected_is_told_wherever_it_stands(module: str, place: tuple[str, ...], url: str) -> None:
    given: dict[str, t.Any] = {url: "HTTPS://vault.example.com", "validate_certs": False}
    plain: dict[str, t.Any] = {url: "http://vault.example.com", "allow_plain_http": True}
    for options, said in ((given, "validate_certs is false"), (plain, "allow_plain_http is true")):
        params = options
        for name in reversed(place):
            params = {name: params}
        told: list[str] = []
        spec = spec_of(module)
        task = Task(params={**dict.fromkeys(spec.options), **params}, warn=told.append)
        carry_out(lambda _task: {"changed": False}, spec, task)
        assert [said in each and "vault.example.com" in each for each in told] == [True], told


def test_the_systems_inside_an_option_are_among_them() -> None:
    nested = {place for _module, place, _url in PLACES}
    assert {(), ("zequenze",), ("oracle_sdm",), ("senhasegura",)} <= nested
