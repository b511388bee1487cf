# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tool that gathers every sentence finds them all, in the same order each time, and notices the words to avoid."""

from __future__ import annotations

import pytest

from tests.tools import messages

PYTHON = '''
"""Give a thing."""

DOCUMENTATION = r"""
module: x
description:
  - Waits until a device is up.
options:
  path:
    description: The file to write to.
    type: path
"""

def run(name, count):
    """Return what happened."""
    sql = "SELECT name FROM devices WHERE a = 1"
    raise ValueError(f"{name} was locked " f"{count} times; mend it first", "key", "two words")
'''


def test_sentences_of_a_plugin_are_its_messages_docstrings_and_options() -> None:
    assert [(one.kind, one.text) for one in sorted(messages.of_python("x.py", PYTHON))] == [
        ("docstring", "Give a thing."),
        ("option", "Waits until a device is up."),
        ("option", "The file to write to."),
        ("docstring", "Return what happened."),
        ("message", "{} was locked {} times; mend it first"),
    ]


def test_sentences_of_a_playbook_are_its_task_names_and_messages() -> None:
    text = "- name: Lock the device\n  fail:\n    msg: >-\n      It is shut,\n      somehow.\n  when: a b c\n"
    assert [(one.kind, one.text) for one in sorted(messages.of_yaml("p.yml", text))] == [
        ("task", "Lock the device"),
        ("message", "It is shut, somehow."),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [
        ("message", "The uptime started anew.", True),
        ("message", "Give back the lock.", True),
        ("message", "Somebody works on it.", True),
        ("option", "Told up to this time.", True),
        ("docstring", "Give the rows.", True),
        ("message", "Give up after 20 s.", False),
        ("message", "none of the 1 devices was touched", True),
        ("message", "11 devices are locked", False),
        ("option", "The gate C(budget) is closed.", False),
        ("docstring", "Return the rows.", False),
        ("message", "Unlock the device.", False),
    ],
)
def test_words_to_avoid(kind: str, text: str, wrong: bool) -> None:
    assert bool(messages.problems([messages.Sentence("x", 1, kind, text)])) is wrong


def test_the_table_is_the_same_in_any_order_and_covers_the_collection() -> None:
    said = messages.sentences()
    assert said == sorted(said)
    assert len(said) > 2000
    folders = {one.file.split("/")[0] for one in said}
    assert folders >= {"plugins", "roles", "playbooks", "docs", "examples", "extensions"}
