# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that Python would quietly accept or change is refused; everything else comes through."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import DEEPEST, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_json_comes_through_unchanged(document: t.Any) -> None:
    assert parse(json.dumps(document).encode(), "it") == document
    assert parse(json.dumps(document, ensure_ascii=False).encode(), "it") == document


@pytest.mark.row(49)
@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_document_or_in_no_answer(body: t.Any) -> None:
    with contextlib.suppress(NoAnswer):
        parse(body, "it")


@pytest.mark.row(49)
def test_a_big_integer_keeps_its_digits() -> None:
    assert parse(b'{"id": 9007199254740993}', "it") == {"id": 9007199254740993}


def test_a_byte_order_mark_is_no_harm() -> None:
    assert parse(b"\xef\xbb\xbf[1]", "it") == [1]


def test_nesting_up_to_the_cap_is_fine() -> None:
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST, "it")


@pytest.mark.row(49)
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"<html></html>", "Expecting value"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"x": {"a": 1, "a": 1}}', "twice"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "NaN or Infinity"),
        (b"[1e999]", "out of range"),
        (b"[" + b"9" * 5000 + b"]", "integer"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "levels deep"),
        (b"[" * 100_000, "levels deep"),
        (b'{"a":' * 100_000, "levels deep"),
        (b'["\xff"]', "Unicode"),
        (b'["\\ud800"]', "Unicode"),
        ('["a"]'.encode("utf-16"), "Unicode"),
        (b'{"a": 1} {"b": 2}', "Extra data"),
    ],
)
def test_what_cannot_be_believed_is_no_answer(body: t.Any, why: str) -> None:
    with pytest.raises(NoAnswer, match=why) as caught:
        parse(body, "the system", status=200)
    assert caught.value.status == 200
    assert str(caught.value).startswith("the system answered with something that is not JSON: ")
