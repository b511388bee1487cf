# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials go out of foreign documents by the names of their fields, and nothing else is changed."""

from __future__ import annotations

import json
import typing as t
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._redaction import (
    redacted,
    redacted_header,
    redacted_query,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import MASK

CANARY = "canary-4711"
FIELDS = (
    "password",
    "cwmp_password",
    "ConnectionRequestPassword",
    "enablePwd",
    "access_token",
    "client_secret",
    "privateKey",
    "preSharedKey",
    "snmpCommunity",
    "apiKey",
    "sessionId",
    "credential",
    "PIN",
)
PLAIN = ("name", "ip_address", "status", "hostname", "count", "datetime", "serial_number", "pending_settings")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "document",
    [
        '{{"{field}": "{canary}", "name": "a"}}',
        '{{"devices": [{{"x": {{"{field}": ["{canary}"]}}}}]}}',
        '{{"{field}": {{"deep": {{"er": "{canary}"}}}}}}',
        '{{"results": [{{"variable_name": "Device.{field}", "old_value": null, "new_value": "{canary}"}}]}}',
        '{{"parameter": {{"variable_name": "X.{field}"}}, "value": "{canary}", "dates": 1}}',
        '{{"text": "{field}={canary}&x=1"}}',
        '{{"body": "{{\\"{field}\\": \\"{canary}\\"}}"}}',
        '{{"{field}": "{canary}", broken',
        "<session><userName>u</userName><{field}>{canary}</{field}></session>",
        "<a:d xmlns:a='x'><a:{field} type='t'>{canary}</a:{field}></a:d>",
        "<d><{field}><![CDATA[{canary}]]></{field}></d>",
        "<d><{field}><one>{canary}</one><two>x</two></{field}></d>",
        "<d {field}='{canary}' name=\"a\"/>",
        "<p><parameter><name>{field}</name><value>{canary}</value></parameter><parameter/></p>",
        "<p><parameter><value>{canary}</value><name>{field}</name></parameter></p>",
        "<d><{field}>{canary}",
        "grant_type=x&{field}={canary}&client_id=1",
        "{field}: {canary}",
        '"{field}" = "{canary}"',
    ],
)
def test_what_stands_under_the_name_of_a_credential_is_masked(document: str, field: str) -> None:
    text = document.format(field=field, canary=CANARY)
    assert CANARY in text
    shown = redacted(text)
    assert CANARY not in shown, shown
    assert MASK in shown


@pytest.mark.parametrize(
    "document",
    [
        '{"name": "lax-sbc-01",  "status": true, "results": [], "next": "https://x/?cursor=cD0x&limit=100"}',
        '{"password": null, "token": "", "has_password": true}',
        "<devices><device><id>ID1</id><name>lax</name></device></devices>",
        "It answered 403: you may not.",
        "",
    ],
)
def test_a_document_without_credentials_stays_as_it_is_to_the_letter(document: str) -> None:
    assert redacted(document) == document


def test_headers_and_queries_keep_what_says_what_they_are() -> None:
    assert redacted_header("Authorization", f"Bearer {CANARY}") == f"Bearer {MASK}"
    assert redacted_header("authorization", CANARY) == MASK
    assert redacted_header("Cookie", f"JSESSIONID={CANARY}; other={CANARY}") == f"JSESSIONID={MASK}; other={MASK}"
    assert (
        redacted_header("set-cookie", f"JSESSIONID={CANARY}; Path=/rest; Secure")
        == f"JSESSIONID={MASK}; Path=/rest; Secure"
    )
    assert redacted_header("X-Auth-Token", CANARY) == MASK
    assert redacted_header("Location", f"https://u:{CANARY}@x.example.com/") == f"https://u:{MASK}@x.example.com/"
    assert redacted_header("Content-Type", "application/json") == "application/json"
    assert redacted_query([("limit", "100"), ("access_token", CANARY)]) == [("limit", "100"), ("access_token", MASK)]


VALUES: t.Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PLAIN), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(FIELDS), st.text(min_size=6, max_size=30))
def test_however_deep_a_credential_stands_in_json_it_goes(value: t.Any, field: str, secret: str) -> None:
    canary = f"canary{secret}"
    document = {"results": [{"x": value, "deep": [{field: canary}]}]}
    shown = json.loads(redacted(json.dumps(document)))
    assert shown["results"][0]["deep"] == [{field: MASK}]


@given(st.sampled_from(FIELDS), st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()))
def test_whatever_a_credential_holds_goes_from_xml(field: str, secret: str) -> None:
    canary = f"canary{secret}"
    shown = redacted(f"<d><name>a</name><{field}>{escape(canary)}</{field}><ip>192.0.2.1</ip></d>")
    assert shown == f"<d><name>a</name><{field}>{MASK}</{field}><ip>192.0.2.1</ip></d>"


@given(st.text(max_size=200))
def test_any_text_ends_in_a_text(text: str) -> None:
    assert isinstance(redacted(text), str)
