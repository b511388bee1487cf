# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the options of a task, in sentences that name the system, the variables and what was meant."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import typing as t

from ansible.module_utils.errors import RequiredError, RequiredOneOfError, UnsupportedError

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Options, Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import not_text, shown

_SYSTEMS = {"ZEQUENZE_": "Zequenze Control", "ORACLE_SDM_": "Oracle SDM", "SENHASEGURA_": "senhasegura PAM Core"}
_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "list": "a list", "dict": "a mapping"}
_TEXTS = ("str", "path")
# How Ansible says that a value, or one of a list, is of another type.
_OTHER_TYPE = re.compile(r"(argument|Elements value for option) '(\w+)'.* unable to convert to (\w+): ")
# IDs that other systems count, and so numbers by nature.
_COUNTED = ("ended_jobs", "ended_workflow")


def given_options(arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the options of a task that have a value: null is left out."""
    return {name: value for name, value in arguments.items() if value is not None}


def wrong_values(options: Options, arguments: t.Mapping[str, t.Any], place: str = "") -> list[str]:
    """Return a sentence for each value that Ansible would take for another: no text to YAML, or not a finite number.

    By the time a task sees them, 010 is 8, 7.10 is 7.1, 12:30 is 750 and NO is false: another name, site or ID.
    """
    found: list[str] = []
    for option, rule in options.items():
        for name in (option, *rule.get("aliases", ())):
            value = arguments.get(name)
            kind = rule.get("elements", "") if isinstance(value, (list, tuple)) else rule.get("type", "str")
            for item in value if isinstance(value, (list, tuple)) else [value]:
                if rule.get("options") and isinstance(item, dict):
                    found += wrong_values(t.cast("Options", rule["options"]), item, f"{place}{name}.")
                elif rule.get("type") == "int" and _is_endless(item):
                    found.append(f"{place}{name} {shown(str(item))} must be a whole number.")
                elif _is_changed(item) and option not in _COUNTED and (kind in _TEXTS or rule.get("elements") == "str"):
                    found.append(_changed(f"{place}{name}", item, secret=bool(rule.get("no_log"))))
    return found


def _is_changed(item: object) -> bool:
    return isinstance(item, (bool, int, float, dt.date))


def _is_endless(item: object) -> bool:
    """Whether a value is infinity or no number at all, which Ansible cannot convert to an integer."""
    try:
        return isinstance(item, (float, str)) and not math.isfinite(float(item))
    except ValueError:
        return False


def _changed(name: str, value: object, *, secret: bool) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{not_text(name, None if secret else text)} An expression needs | string at its end."


def sentences(errors: t.Iterable[Exception], spec: Spec, arguments: t.Mapping[str, t.Any], module: str) -> str:
    """Return what is wrong, one sentence after the other; ``errors`` are those of Ansible's validation."""
    told: list[str] = []
    for error in errors:
        if isinstance(error, UnsupportedError):
            told.append(_unknown(spec, arguments, module))
        elif isinstance(error, RequiredError) and not isinstance(error, RequiredOneOfError):
            told += _missing(spec, arguments, str(error))
        else:
            told.append(_other_type(spec, arguments, str(error)) or f"{str(error).rstrip('.')}.")
    return " ".join(dict.fromkeys(filter(None, told)))


def _other_type(spec: Spec, arguments: t.Mapping[str, t.Any], text: str) -> str:
    """Return the sentence for a value that is of another type than its option, an empty text for another problem."""
    match = _OTHER_TYPE.search(text)
    if match is None or match[3] not in _KINDS:
        return ""
    what, option, kind = match[1], match[2], _KINDS[match[3]]
    rule = spec.options.get(option, {})
    value = next((arguments[name] for name in (option, *rule.get("aliases", ())) if name in arguments), None)
    if isinstance(value, str) and not value.strip():
        return f"{option} is blank. Give it {kind}, or leave it out."
    if what != "argument":
        return f"Each entry of {option} must be {kind}."
    # A mapping may hold a password, and so may what stands in its place.
    quoted = f" {shown(str(value))}" if isinstance(value, (str, int, float)) and match[3] != "dict" else ""
    return f"{option}{quoted} must be {kind}."


def _unknown(spec: Spec, arguments: t.Mapping[str, t.Any], module: str) -> str:
    known = [*spec.options, *(alias for rule in spec.options.values() for alias in rule.get("aliases", ()))]
    unknown = sorted(str(name) for name in arguments if name not in known)
    close = difflib.get_close_matches(unknown[0], known, 1, 0.6) if unknown else []
    cure = f"Did you mean {close[0]}?" if len(unknown) == 1 and close else f"It has {', '.join(sorted(spec.options))}."
    return f"Unsupported parameters for ({module}) module: {', '.join(unknown) or 'in a mapping'}. {cure}"


def _missing(spec: Spec, arguments: t.Mapping[str, t.Any], text: str) -> t.Iterator[str]:
    """Return a sentence for each system whose options are missing, and one for the other options."""
    variables: dict[str, list[str]] = {}
    others: list[str] = []
    for option, rule in spec.options.items():
        if not rule.get("required") or arguments.get(option) is not None:
            continue
        variable = rule["fallback"][1][0] if "fallback" in rule else ""
        system = next((title for prefix, title in _SYSTEMS.items() if variable.startswith(prefix)), None)
        if system is None:
            others.append(option)
        else:
            variables.setdefault(system, []).append(f"{variable} (or {option})")
    for system, names in variables.items():
        yield f"{system} is not configured. Set {', '.join(names)}."
    if others:
        yield f"missing required arguments: {', '.join(others)}."
    if not variables and not others:
        yield f"{text.rstrip('.')}."
