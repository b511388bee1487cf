# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the values of a window file are of the kind that its schema says, in words for a person. Pure functions.

The schema is ``roles/window/files/window.schema.json``. Of JSON Schema (draft 2020-12) only what it uses is known here,
so that nothing has to be installed. How its keys go together, and what they mean, is not looked at.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

Rule = t.Mapping[str, t.Any]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# JSON does not tell 2 from 2.0.
_KINDS: dict[str, t.Callable[[t.Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and value == value // 1,
    "number": _is_number,
    "array": lambda value: isinstance(value, (list, tuple)),
    "object": lambda value: isinstance(value, t.Mapping),
}


_WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "array": "a list", "object": "a mapping"}


def window_file_problems(definition: t.Mapping[str, t.Any], schema: Rule) -> list[str]:
    """Give a sentence for every key of a window file whose value its rule in the schema does not allow.

    A key without a value (null or an empty text) counts as left out, as everywhere; a key without a rule is left alone.
    """
    properties, defs = schema["properties"], schema["$defs"]
    return [
        _sentence(key, value, properties[key], defs)
        for key, value in definition.items()
        if key in properties and value is not None and value != "" and not _fits(_plain(value), properties[key], defs)
    ]


def _plain(value: object) -> object:
    """Give a date that YAML has read by itself as the text that stood there."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _resolved(rule: Rule, defs: Rule) -> Rule:
    return {**defs[rule["$ref"].rpartition("/")[2]], **rule} if "$ref" in rule else rule


def _fits(value: t.Any, rule: Rule, defs: Rule) -> bool:
    rule = _resolved(rule, defs)
    if "oneOf" in rule:
        return any(_fits(value, choice, defs) for choice in rule["oneOf"])
    if "enum" in rule:
        return isinstance(value, str) and value in rule["enum"]
    if not _KINDS[rule["type"]](value):
        return False
    if rule["type"] == "array":
        return _list_fits(value, rule, defs)
    if rule["type"] == "string":
        fits_in = rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value))
        return fits_in and re.search(rule.get("pattern", ""), value) is not None
    above = "exclusiveMinimum" not in rule or value > rule["exclusiveMinimum"]
    return above and ("minimum" not in rule or value >= rule["minimum"])


def _list_fits(value: t.Sequence[t.Any], rule: Rule, defs: Rule) -> bool:
    if len(value) < rule.get("minItems", 0):
        return False
    if not all(_fits(item, rule["items"], defs) for item in value):
        return False
    return not rule.get("uniqueItems") or len(set(value)) == len(value)


def _sentence(key: str, value: object, rule: Rule, defs: Rule) -> str:
    """Say what a key must hold; what a mapping was given instead is not shown, because it may hold a password."""
    rule = _resolved(rule, defs)
    what = key if rule.get("type") == "object" else f"{key} {shown(str(value))}"
    return f"{what} must be {_words(rule, defs)}. ({rule['description']})"


def _words(rule: Rule, defs: Rule) -> str:
    rule = _resolved(rule, defs)
    if "oneOf" in rule:
        return " or ".join(_words(choice, defs) for choice in rule["oneOf"])
    if "enum" in rule:
        return f"one of {', '.join(rule['enum'])}"
    words = _WORDS[rule["type"]]
    if "minimum" in rule:
        words += f" of {rule['minimum']} or more"
    if "exclusiveMinimum" in rule:
        words += f" above {rule['exclusiveMinimum']}"
    if "pattern" in rule:
        words += " of the right form"
    if "items" in rule:
        words += f", not empty, with {_words(rule['items'], defs)} in each place"
        words += ", and none twice" if rule.get("uniqueItems") else ""
    return words
