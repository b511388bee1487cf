# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a window: which exist and what each takes, read from the one description of them.

The description is ``roles/window/files/window.schema.json``. Of JSON Schema (draft 2020-12) only what it uses is known
here, so that nothing has to be installed. Files, extra vars and AWX surveys are all judged by it: an unknown name, a
blank where a value is needed and a value of the wrong kind never lift a limit (I18).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import functools
import json
import math
import pathlib
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import not_text, shown

SCHEMA_FILE = pathlib.Path(__file__).parents[3] / "roles/window/files/window.schema.json"

# Variables that a run may have beside the keys of a window file.
OF_A_RUN = frozenset({"window_files", "window_plan_digest"})

# How many devices of the whole journal may be in flight: it belongs to the installation, and to no window file.
FLEET_CAP = "maintenance_max_in_flight"

_OF_THE_FLEET = FLEET_CAP.removesuffix("in_flight")

OWN = "x_"

_NEAR = 0.8

Rule = t.Mapping[str, t.Any]

Problems = dict[str, str]


@dataclasses.dataclass(frozen=True)
class Changed:
    """A value that YAML reads as something other than what stands in the file, such as 010 (8) or NO (false)."""

    text: str
    value: object

    def __str__(self) -> str:
        return self.text


class _Unfit(ValueError):
    """A value is not of the kind that its rule wants."""


_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")

_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?", re.ASCII)


@functools.lru_cache(maxsize=1)
def schema() -> dict[str, t.Any]:
    """Return the description of a window file, a JSON Schema."""
    described: dict[str, t.Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return described


def known_keys() -> t.Collection[str]:
    """Return the names of all keys of a window file."""
    return t.cast("t.Collection[str]", schema()["properties"].keys())


def problems_of_variables(variables: t.Mapping[t.Any, t.Any]) -> list[str]:
    """Return a sentence for every variable of a run that is no variable of a window, or whose value is wrong.

    ``variables`` may hold other variables too: only names like ``window_*``, and misspellings of such, are judged. A
    value that is null or blank counts as left out.
    """
    return list(read_variables(variables)[1].values())


def values_of_variables(variables: t.Mapping[t.Any, t.Any]) -> dict[str, t.Any]:
    """Return the variables of a window that have a value, each of its kind.

    Numbers, booleans and lists given as text, as AWX and ``-e`` give them, are read. A value of the wrong kind is left
    out; :func:`problems_of_variables` names it.
    """
    return read_variables(variables)[0]


def read_variables(variables: t.Mapping[t.Any, t.Any]) -> tuple[dict[str, t.Any], Problems]:
    """Return the values of the known variables that have one, and by name what is wrong with the rest."""
    known = schema()["properties"]
    values: dict[str, t.Any] = {}
    problems: Problems = {}
    for name, value in variables.items():
        if not isinstance(name, str) or name in OF_A_RUN or name.startswith(OWN):
            continue
        if name in known:
            _read_one(name, value, values, problems)
        elif name.startswith("window_") or _looks_like_one(name, [*known, *OF_A_RUN]):
            problems[name] = unknown(name, "variable")
        elif _looks_like_the_fleet_s(name):
            problems[name] = f"Unknown variable {_name(name)}. Did you mean {FLEET_CAP}?"
    return values, problems


def problems_of_names(names: t.Iterable[str]) -> list[str]:
    """Return a sentence for each name of a run's variables that is meant as one of a window, and is none."""
    other = (name for name in names if not name.startswith(("__", "ansible_")))
    return list(read_variables(dict.fromkeys(other))[1].values())


def read_keys(definition: t.Mapping[t.Any, t.Any]) -> tuple[dict[str, t.Any], Problems]:
    """Return the values of a window file's keys that have one, and by key what is wrong with the rest.

    Unlike the variables of a run, a window file holds nothing but keys of a window, and keys that begin with ``x_``.
    """
    known = schema()["properties"]
    values: dict[str, t.Any] = {}
    problems: Problems = {}
    for name, value in definition.items():
        if name in known:
            _read_one(name, value, values, problems)
        elif not (isinstance(name, str) and name.startswith(OWN)):
            problems[str(name)] = unknown(str(name), "key")
    return values, problems


def is_blank(value: object) -> bool:
    """Whether a value counts as left out: null, an empty text, or one of blanks only."""
    return value is None or (isinstance(value, str) and not value.strip())


def unknown(name: str, what: str) -> str:
    """Return the sentence for a name that is not known."""
    near = _nearest(name, [*schema()["properties"], *(sorted(OF_A_RUN) if what == "variable" else ())])
    if near:
        return f"Unknown {what} {_name(name)}. Did you mean {near}?"
    return f"Unknown {what} {_name(name)}. Remove it, or begin its name with {OWN} if your own tasks use it."


def _name(name: str) -> str:
    return name if re.fullmatch(r"[\w-]{1,80}", name) else shown(name)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower())


def _nearest(name: str, known: t.Iterable[str]) -> str | None:
    """Return the known name that was probably meant, with or without ``window_`` in front."""
    names = list(known)
    for tried in (_plain(name), f"window_{_plain(name)}"):
        found = difflib.get_close_matches(tried, names, 1, _NEAR)
        if found and _resembles(tried.partition("_")[2], found[0].partition("_")[2]):
            return found[0]
    return None


def _resembles(rest: str, known_rest: str) -> bool:
    """Whether what follows ``window_`` is alike too; the common beginning makes all names look alike."""
    return difflib.SequenceMatcher(None, rest, known_rest).ratio() >= 0.7


def _looks_like_one(name: str, known: t.Iterable[str]) -> bool:
    """Whether a variable of any name is a misspelt variable of a window, such as widow_max_failures."""
    first = _plain(name).partition("_")[0]
    return difflib.SequenceMatcher(None, first, "window").ratio() >= _NEAR and _nearest(name, known) is not None


def _looks_like_the_fleet_s(name: str) -> bool:
    """Whether a variable is a misspelt limit of the whole journal: blank or unknown, it would limit nothing."""
    if name == FLEET_CAP:
        return False
    plain = _plain(name)
    return plain.startswith(_OF_THE_FLEET) or difflib.SequenceMatcher(None, plain, FLEET_CAP).ratio() >= 0.85


def _read_one(name: str, value: object, values: dict[str, t.Any], problems: Problems) -> None:
    described = schema()
    if is_blank(value):
        return
    try:
        values[name] = _read(value, described["properties"][name], described["$defs"])
    except _Unfit:
        problems[name] = _sentence(name, value, described["properties"][name], described["$defs"])


def _resolved(rule: Rule, defs: Rule) -> Rule:
    return {**defs[rule["$ref"].rpartition("/")[2]], **rule} if "$ref" in rule else rule


def _read(value: object, rule: Rule, defs: Rule) -> t.Any:
    """Return a value as the kind that its rule wants. Raise _Unfit when it is of no such kind."""
    rule = _resolved(rule, defs)
    for choice in rule.get("oneOf", ()):
        try:
            return _read(value, choice, defs)
        except _Unfit:
            continue
    if "oneOf" in rule:
        raise _Unfit
    if "enum" in rule:
        return _checked(value, isinstance(value, str) and value in rule["enum"])
    read = _READERS[rule["type"]](value)
    if rule["type"] == "array":
        return _read_list(read, rule, defs)
    if rule["type"] == "string":
        # A name that YAML has read as a date with a time did not stand in the file like that.
        _checked(value, not isinstance(value, dt.datetime) or "maxLength" not in rule)
        fits = rule.get("minLength", 0) <= len(read) <= rule.get("maxLength", len(read))
        return _checked(read, fits and re.search(rule.get("pattern", ""), read) is not None)
    if rule["type"] in ("integer", "number"):
        above = "exclusiveMinimum" not in rule or read > rule["exclusiveMinimum"]
        return _checked(read, above and ("minimum" not in rule or read >= rule["minimum"]))
    return read


def _checked(value: t.Any, fits: bool) -> t.Any:
    if not fits:
        raise _Unfit
    return value


def _read_list(value: t.Sequence[t.Any], rule: Rule, defs: Rule) -> list[t.Any]:
    items = [_read(item, rule["items"], defs) for item in value]
    twice = rule.get("uniqueItems") and len(set(items)) < len(items)
    return t.cast("list[t.Any]", _checked(items, len(items) >= rule.get("minItems", 0) and not twice))


def _text(value: object) -> str:
    if isinstance(value, dt.date):
        # A date that YAML has read by itself is the text that stood there, and an instant is the same instant.
        return value.isoformat()
    return str(_checked(value, isinstance(value, str)))


def _number(value: object) -> float:
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise _Unfit
        return float(text) if "." in text else int(text)
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return t.cast("float", _checked(value, number))


def _whole(value: object) -> int:
    number = _number(value)
    return int(_checked(number, number == number // 1))


def _truth(value: object) -> bool:
    read = value.value if isinstance(value, Changed) else value
    if isinstance(read, bool):
        return read
    word = str(_checked(read, isinstance(read, str))).strip().lower()
    return bool(_checked(word in _TRUE, word in _TRUE + _FALSE))


def _list(value: object) -> t.Sequence[t.Any]:
    """Read a list, or the text of one: JSON, or items with commas between."""
    if isinstance(value, (list, tuple)):
        return value
    text = str(_checked(value, isinstance(value, str))).strip()
    if text.startswith("["):
        return t.cast("list[t.Any]", _json(text, list))
    return [item.strip() for item in text.split(",")]


def _mapping(value: object) -> t.Mapping[str, t.Any]:
    if isinstance(value, t.Mapping):
        return t.cast("t.Mapping[str, t.Any]", _as_yaml_has_it(_checked(value, changed_in(value) is None)))
    return t.cast("t.Mapping[str, t.Any]", _json(str(_checked(value, isinstance(value, str))), dict))


def _json(text: str, kind: type) -> t.Any:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Unfit from error
    return _checked(read, isinstance(read, kind))


_READERS: dict[str, t.Callable[[object], t.Any]] = {
    "string": _text,
    "integer": _whole,
    "number": _number,
    "boolean": _truth,
    "array": _list,
    "object": _mapping,
}


def _sentence(name: str, value: object, rule: Rule, defs: Rule) -> str:
    """Return what is wrong with a value, and what to write instead.

    What stands where a mapping must be is not shown, because it may hold a password.
    """
    rule = _resolved(rule, defs)
    changed = changed_in(value)
    takes_text = rule.get("type") == "string" or "enum" in rule
    if changed is not None and isinstance(value, t.Mapping):
        return f"{name} holds a value that YAML changes, such as 010 or on. Put its values in quotes."
    if changed is not None:
        place = name if changed is value else f"{name}:"
        problem = f"{place} {shown(changed.text)} is {json.dumps(changed.value, default=str)} to YAML."
        cure = f"Put it in quotes: {json.dumps(changed.text)}." if takes_text else f"Write {_words(rule, defs)}."
        return f"{problem} {cure}"
    if takes_text and isinstance(value, (bool, int, float, dt.datetime)):
        return not_text(name, value)
    what = name if rule.get("type") == "object" else f"{name} {shown(str(value))}"
    return f"{what} must be {_words(rule, defs)}. ({rule['description']})"


def changed_in(value: object) -> Changed | None:
    """Return what YAML has changed of a value, or of anything in it; a yes or no of a mapping is none."""
    if isinstance(value, Changed):
        return value
    items: t.Iterable[t.Any] = value if isinstance(value, (list, tuple)) else ()
    if isinstance(value, t.Mapping):
        items = (item for item in value.values() if not (isinstance(item, Changed) and isinstance(item.value, bool)))
    return next((found for found in map(changed_in, items) if found is not None), None)


def _as_yaml_has_it(value: object) -> object:
    """Return a value with what YAML has changed of it, where that is let through."""
    if isinstance(value, Changed):
        return value.value
    if isinstance(value, t.Mapping):
        return {key: _as_yaml_has_it(item) for key, item in value.items()}
    return value


def _words(rule: Rule, defs: Rule) -> str:
    rule = _resolved(rule, defs)
    if "oneOf" in rule:
        return " or ".join(_words(choice, defs) for choice in rule["oneOf"])
    if "enum" in rule:
        return f"one of {', '.join(rule['enum'])}"
    words = _KINDS[rule["type"]]
    if "minimum" in rule:
        words += f" of {rule['minimum']} or more"
    if "exclusiveMinimum" in rule:
        words += f" above {rule['exclusiveMinimum']}"
    if "examples" in rule:
        words += f" such as {rule['examples'][0]}"
    if "items" in rule:
        words += f", not empty, of {_words(rule['items'], defs)} each"
        words += ", and none twice" if rule.get("uniqueItems") else ""
    return words
