# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are masked in every encoding, before anything is cut, and in whatever carries a text out."""

from __future__ import annotations

import base64
import html
import json
import string
import typing as t
import urllib.parse
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import secret_variables
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out, secret_values
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import (
    MASK,
    forget,
    holds_secret,
    know,
    mask,
    masked,
    secrets_in,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut, shown

ENCODINGS: dict[str, t.Callable[[str], str]] = {
    "clear": str,
    "quote": lambda text: urllib.parse.quote(text, safe=""),
    "quote, slashes left": urllib.parse.quote,
    "quote, lower case": lambda text: _lower_escapes(urllib.parse.quote(text, safe="")),
    "quote_plus": urllib.parse.quote_plus,
    "quote twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "Basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "Basic, another user": lambda text: base64.b64encode(f"operator:{text}".encode()).decode(),
    "Basic, a third": lambda text: base64.b64encode(f"an.account:{text}".encode()).decode(),
    "Basic, quoted": lambda text: base64.b64encode(f"id:{urllib.parse.quote(text, safe='')}".encode()).decode(),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, letters left": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON twice": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "HTML": html.escape,
    "XML": escape,
    "HTML in numbers": lambda text: "".join(
        letter if letter in string.ascii_letters + string.digits else f"&#{ord(letter)};" for letter in text
    ),
    "Python": lambda text: repr(text)[1:-1],
}

SECRETS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn")), min_size=12, max_size=60).filter(
    lambda text: text.strip() == text and any(letter.isalnum() for letter in text)
)


def _lower_escapes(text: str) -> str:
    head, *rest = text.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in rest)])


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=30)
@given(secret=SECRETS)
def test_a_secret_is_masked_in_every_encoding(encoding: str, secret: str) -> None:
    forget()
    know(secret)
    encoded = ENCODINGS[encoding](secret)
    text = mask(f"<said> {encoded} </said>")
    assert encoded not in text
    assert secret not in text
    assert text == f"<said> {MASK} </said>"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_it_is_masked_before_a_text_is_cut(encoding: str) -> None:
    secret = "canary/secret&<'%41\"+=ü value"
    know(secret)
    for before in range(60, 100):
        said = "x" * before + " " + ENCODINGS[encoding](secret)
        for text in (shown(said), cut(said, 100), str(BadInput(said))):
            assert "canary" not in text
            assert base64.b64encode(b"canary").decode()[:8] not in text


def test_what_is_no_secret_stays_as_it_is() -> None:
    know("canary-secret")
    value = {"name": "sbc-lax-01", "seconds": 4.5, "on": True, "nothing": None, "list": ["sbc", b"lax"]}
    assert masked(value) == value
    assert masked(value) is value


def test_it_is_masked_however_deep_and_in_keys_and_numbers() -> None:
    know("4711-secret", "123456789")
    value = {"a": [{"b 4711-secret": ("4711-secret",)}], "number": 123456789, "bytes": b"is 4711-secret"}
    expected = {"a": [{f"b {MASK}": (MASK,)}], "number": MASK, "bytes": f"is {MASK}".encode()}
    assert masked(value) == expected


def test_a_longer_secret_that_begins_with_another_is_masked_whole() -> None:
    know("canary", "canary-and-more")
    assert mask("canary-and-more") == MASK


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("postgresql://app:p%40ss@db.example.com/x", {"p%40ss", "p@ss"}),
        ("postgresql://app:pa/ss@db.example.com/x", {"pa/ss"}),
        ("postgresql://app:pass@[::1/x", {"pass"}),
        ("postgresql://app@db.example.com/x", set()),
        ("postgresql://db.example.com/x?sslpassword=canary", {"canary"}),
        ("postgresql://db.example.com/x?host=/run&password=can%2Fary", {"can%2Fary", "can/ary"}),
        ("https://TOKEN4711@gitlab.example.com/x.ics", {"TOKEN4711"}),
        ("https://calendar.example.com/x.ics?token=canary&days=7", {"canary"}),
        ("https://calendar.example.com:8443/people/a@b", set()),
        ("Ask at https://u:p@h or me", set()),
        ([{"deep": {"url": "https://u:canary@h"}}], {"canary"}),
    ],
)
def test_the_secrets_of_an_address_are_found(value: t.Any, found: set[str]) -> None:
    assert secrets_in(value) == found


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ({"api_url": "https://pam.example.com", "client_secret": "x"}, True),
        ([{"password": "x"}], True),
        ("{api_url: x, client_secret: y}", True),
        ("postgresql://u:p@h/db", True),
        ("known-secret", True),
        ("site_LAX:&type_SBC", False),
        ("auth-servers", False),
        (["sync", "reboot"], False),
        ({"freeze": ["calendars/pass.ics"]}, False),
    ],
)
def test_a_value_that_holds_a_secret_is_told_from_one_that_does_not(value: t.Any, holds: bool) -> None:
    know("known-secret")
    assert holds_secret(value) is holds


def test_no_way_out_of_a_task_says_a_secret() -> None:
    said: list[str] = []
    spec = Spec(
        {
            "token": {"type": "str", "no_log": True},
            "pam": {"type": "dict", "options": {"client_secret": {"type": "str", "no_log": True}}},
            "keys": {"type": "list", "elements": "dict", "options": {"key": {"type": "str", "no_log": True}}},
            "journal": {"type": "str"},
        }
    )
    secrets = ["canary/one+", "canary two", "canary-three", "canary%four"]
    params = {
        "token": secrets[0],
        "pam": {"client_secret": secrets[1]},
        "keys": [{"key": secrets[2]}],
        "journal": f"postgresql://u:{urllib.parse.quote(secrets[3])}@h/x",
    }
    assert secret_values(spec.options, params) == set(secrets[:3])
    everything = " ".join(encode(secret) for secret in secrets for encode in ENCODINGS.values())

    def raising(task: Task) -> t.Any:
        task.warn(everything)
        raise ZeroDivisionError(everything)

    def answering(task: Task) -> t.Any:
        return {"changed": False, "devices": [{"name": "a", "message": everything, "evidence": [everything]}]}

    results = [carry_out(logic, spec, Task(params, warn=said.append)) for logic in (raising, answering)]
    for text in (*said, json.dumps(results), json.dumps(results, ensure_ascii=False)):
        assert "canary" not in text
        assert base64.b64encode(b"canary").decode()[:8] not in text
    assert len(said) == 1


def test_the_variables_with_credentials_are_those_of_the_secret_options() -> None:
    assert secret_variables() == {
        "ALERTMANAGER_TOKEN",
        "ZEQUENZE_TOKEN",
        "ORACLE_SDM_PASSWORD",
        "SENHASEGURA_CLIENT_SECRET",
        "SENHASEGURA_CONSUMER_KEY",
        "SENHASEGURA_CONSUMER_SECRET",
        "SENHASEGURA_TOKEN_KEY",
        "SENHASEGURA_TOKEN_SECRET",
    }
