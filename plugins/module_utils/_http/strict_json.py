# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON as the standard has it: what Python would quietly accept or quietly change is refused."""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer

DEEPEST = 64

# Three bytes make an empty list of eighty; a list of ten thousand devices has about a hundred thousand values.
MOST_VALUES = 2_000_000

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(body: bytes, system: str, *, status: int | None = None) -> object:
    """Read one JSON document and give it as Python objects; integers keep all their digits.

    Takes the bytes of an answer and how a sentence about the answering system begins. Raises NoAnswer (with ``status``)
    for anything that cannot be believed: no UTF-8, no JSON, a key given twice, NaN or a number out of range, half a
    surrogate pair, more than 64 levels of nesting or two million values.
    """
    try:
        # Every value but the first of its list or object comes after a comma. Commas in texts count too: no harm.
        if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
            raise ValueError(f"it holds more than {MOST_VALUES} values")
        text = body.decode("utf-8-sig")
        document = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite_float
        )
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        if _deeper_than(document, DEEPEST):
            raise RecursionError
    except RecursionError:
        why = f"it is nested more than {DEEPEST} levels deep"
    except UnicodeError:
        why = "it is not valid Unicode"
    except json.JSONDecodeError as error:
        why = f"{error.msg} at character {error.pos}" if text.strip() else "it is empty"
    except ValueError as error:
        why = str(error)
    else:
        return t.cast("object", document)
    raise NoAnswer(f"{system} answered with something that is not JSON: {why}.", status=status)


def _object(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("the same key stands twice in one object")
    return made


def _refuse_constant(_name: str) -> t.NoReturn:
    raise ValueError("it holds NaN or Infinity")


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("it holds a number out of range")
    return number


def _deeper_than(document: object, limit: int) -> bool:
    """Whether lists and objects are nested more than ``limit`` levels deep, looked at level by level."""
    level: list[t.Any] = [document] if isinstance(document, (dict, list)) else []
    for _depth in range(limit):
        if not level:
            return False
        level = [
            value
            for holder in level
            for value in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(value, (dict, list))
        ]
    return bool(level)
