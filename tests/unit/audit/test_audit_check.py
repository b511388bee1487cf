# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_check as a pure function of text: no input makes it raise, and no change of a trail escapes it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import (
    line_of,
    new_head,
    read_trail,
    sealed,
)


def a_trail(number: int) -> str:
    lines = [new_head("a-journal", None)]
    for seq in range(1, number + 1):
        lines.append(sealed({"seq": seq, "kind": "locked", "device": {"name": f"d{seq}"}}, lines[-1]["hash"]))
    return "".join(map(line_of, lines))


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert read_trail(text).problems


@given(st.integers(1, 6), st.data())
def test_no_changed_letter_escapes(number: int, data: st.DataObject) -> None:
    text = a_trail(number)
    place = data.draw(st.integers(0, len(text) - 2))
    letter = data.draw(st.sampled_from('abz019 {}",:\n'))
    changed = text[:place] + letter + text[place + 1 :]
    same = changed == text or [_loaded(line) for line in changed.splitlines()] == [
        _loaded(line) for line in text.splitlines()
    ]
    assert same or read_trail(changed).problems


def _loaded(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return line
