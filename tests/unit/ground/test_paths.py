# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as parts of a URL path, and in messages."""

from __future__ import annotations

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import (
    LONGEST_NAME,
    segment,
    why_not_a_segment,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown


@pytest.mark.row(55, 56)
@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("lax-sbc-01.example_net~", "lax-sbc-01.example_net~"),
        ("a b", "a%20b"),
        (" a ", "%20a%20"),
        ("a%2Fb", "a%252Fb"),
        ("%2e%2e", "%252e%252e"),
        ("a?b#c;d&e=f+g", "a%3Fb%23c%3Bd%26e%3Df%2Bg"),
        ("...", "..."),
        ("{{ x }}", "%7B%7B%20x%20%7D%7D"),
        ("é", "%C3%A9"),
        ("e\u0301", "e%CC%81"),
        ("<&]]>", "%3C%26%5D%5D%3E"),
        ("-x", "-x"),
    ],
)
def test_a_name_is_encoded_exactly_once(name: str, encoded: str) -> None:
    assert segment(name) == encoded


@pytest.mark.row(54, 55, 56, 64)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (".", "dots"),
        ("..", "dots"),
        ("../x", "slash"),
        ("a/b", "slash"),
        ("a\\b", "slash"),
        ("a\x00b", "control"),
        ("a\tb", "control"),
        ("a\r\nX: y", "control"),
        ("a\x85b", "control"),
        ("a\ud800b", "Unicode"),
        ("x" * (LONGEST_NAME + 1), "longer"),
        ("é" * 128, "longer"),
    ],
)
def test_a_name_a_path_cannot_carry_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        segment(name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_the_longest_name_is_measured_in_bytes() -> None:
    assert why_not_a_segment("x" * LONGEST_NAME) is None
    assert why_not_a_segment("é" * 127) is None


@pytest.mark.row(55)
@given(st.text(max_size=60))
def test_what_is_encoded_comes_back_as_the_same_one_segment(name: str) -> None:
    if why_not_a_segment(name):
        return
    encoded = segment(name)
    assert encoded.isascii()
    assert "/" not in encoded
    url = urllib.parse.urlsplit(f"https://api.example.com/a/{encoded}/b?q=1")
    assert [urllib.parse.unquote(part) for part in url.path.split("/")] == ["", "a", name, "b"]


@pytest.mark.row(56, 57)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sbc-01", "'sbc-01'"),
        ("a\r\nb", r"'a\r\nb'"),
        ("a\u202eb\u200b", r"'a\u202eb\u200b'"),
        ("a\ud800", r"'a\ud800'"),
        ("é", "'é'"),
        ("x" * 81, "'" + "x" * 80 + "'..."),
    ],
)
def test_a_name_in_a_message_shows_what_does_not_print(name: str, text: str) -> None:
    assert shown(name) == text


@pytest.mark.row(56, 57)
@given(st.text())
def test_a_name_in_a_message_always_prints_on_one_line(name: str) -> None:
    assert shown(name).isprintable()
    shown(name).encode()
