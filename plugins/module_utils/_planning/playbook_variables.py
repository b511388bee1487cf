# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the playbooks beside those of a window: which exist, what each takes, and what is wrong. Pure.

A blank value counts as left out where that takes nothing away. An unknown name, a misspelt beginning and a value of the
wrong kind are problems, because each of them would silently drop a check or a limit.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import math
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import not_text, shown

Rule = t.Mapping[str, t.Any]

_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?", re.ASCII)

_SECONDS: Rule = {"type": "number", "exclusiveMinimum": 0, "maximum": 86400}

REGISTER: t.Mapping[str, Rule] = {
    "register_devices": {"type": "mappings", "blank": False, "description": "The devices, one mapping each."},
    "register_devices_csv": {"type": "string", "blank": False, "description": "A spreadsheet with the devices."},
    "register_defaults": {"type": "object", "blank": False, "description": "What all devices have in common."},
}

VARIABLES: t.Mapping[str, t.Mapping[str, Rule]] = {
    "incident": {
        "incident_id": {"type": "string", "description": "The incident; the same one never reboots the device twice."},
        "incident_device": {"type": "string", "description": "One device of the inventory."},
        "incident_port": {
            "type": "integer",
            "minimum": 1,
            "maximum": 65535,
            "description": "TCP port on which the device must not answer.",
        },
        "incident_min_interval": {
            **_SECONDS,
            "blank": False,
            "description": "Seconds that must have passed since the device was last restarted by this collection.",
        },
        "incident_max_per_hour": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
            "blank": False,
            "description": "Refuse when so many windows without a schedule rebooted something within the last hour.",
        },
        # A blank one would be no decision.
        "incident_require_partners": {
            "type": "boolean",
            "blank": False,
            "description": "False reboots the device although its partner is not up.",
        },
        "incident_patience": {**_SECONDS, "description": "Seconds to try that port before the reboot."},
        "incident_recovery_timeout": {**_SECONDS, "description": "Seconds to wait for that port after the reboot."},
    },
    "doctor": {
        "doctor_device": {"type": "string", "description": "One device to lock and unlock."},
        "doctor_sample": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "description": "How many devices are looked at for the proofs.",
        },
        "doctor_probe_writes": {
            "type": "boolean",
            "description": "Whether PAM Core is asked for the right to write.",
        },
        "doctor_must_work": {
            "type": "boolean",
            "blank": False,
            "description": "Whether the playbook fails where something will not work.",
        },
        "doctor_html": {"type": "string", "description": "A file to write the page to."},
        "doctor_json": {"type": "string", "description": "A file to write the checks to."},
    },
    "status": {
        "status_window_id": {"type": "string", "blank": False, "description": "The window to show."},
        "status_timezone": {"type": "string", "description": "IANA time zone of the times."},
    },
    "drift": {
        # Left out it means all, so a blank is no way to leave it out.
        "drift_targets": {"type": "string", "blank": False, "description": "Host pattern: where to look."},
        # A blank limit would be none.
        "drift_max_targets": {
            "type": "integer",
            "minimum": 1,
            "blank": False,
            "description": "Refuse to sync more devices than this.",
        },
        "drift_concurrency": {
            "type": "integer",
            "minimum": 1,
            "maximum": 128,
            "description": "Devices that are synced at the same time.",
        },
        # A blank one would leave the groups out.
        "drift_exclusive_by": {
            "type": "string",
            "blank": False,
            "description": "Host variable of redundancy groups.",
        },
        "drift_lock_wait_timeout": {
            **_SECONDS,
            "description": "Seconds to wait for a device that another holder has locked, or whose partner is not up.",
        },
        "drift_require_lock": {
            "type": "boolean",
            "description": "False syncs a device that another holder has locked, too.",
        },
        "drift_require_partners": {
            "type": "boolean",
            "description": "False syncs a device whose partner is not up, too.",
        },
        "drift_wait_timeout": {**_SECONDS, "description": "Seconds to wait for the proof of each sync."},
        "drift_wait_interval": {**_SECONDS, "description": "Seconds between two looks at a device."},
    },
    # Blank, a window or a device would be another one than the one that was meant, or all of them.
    "control": {
        "window_id": {"type": "string", "blank": False, "description": "One window."},
        "window_name": {"type": "string", "blank": False, "description": "Every occurrence of this window."},
        "all": {"type": "boolean", "description": "True means every window of the journal."},
        "reason": {"type": "string", "description": "Why, in a few words; the report shows it."},
        "until": {"type": "string", "description": "When it ends by itself, ISO 8601 with offset."},
    },
    "release": {
        "device": {"type": "array", "blank": False, "description": "The devices to release."},
        "reason": {"type": "string", "blank": False, "description": "Why they take part again."},
    },
    "history": {
        "history_days": {"type": "integer", "minimum": 1, "description": "How many days are looked at."},
        "history_due_days": {
            "type": "integer",
            "minimum": 1,
            "description": "A device without maintenance for so many days is due.",
        },
        "history_min_failed": {
            "type": "integer",
            "minimum": 1,
            "description": "A device that failed in so many windows is listed.",
        },
        "history_window_id": {"type": "string", "blank": False, "description": "Only this window."},
        "history_window_name": {"type": "string", "blank": False, "description": "Only occurrences of this window."},
        "history_dest": {"type": "string", "description": "A folder to write the history to."},
    },
    "files": {
        "window_files": {"type": "array", "blank": False, "description": "Paths of window files."},
    },
    "register": REGISTER,
    "deploy": {
        "deploy_id": {"type": "string", "blank": False, "description": "The change; it locks and reconfigures once."},
        **REGISTER,
    },
}

# AWX gives its jobs variables that begin like those of the role that sets it up: only a near miss is one of ours.
_SHARED = ("awx",)

# What the types of an argument specification are called here.
_TYPES = {"str": "string", "path": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array"}

# Blank, these would choose other windows than the one that was meant.
_CHOOSING = ("recover_window_id", "recover_window_name", "report_window_id", "report_window_name")


def rules_of_role(options: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, Rule]:
    """Return the rules of a role's variables from the options in its argument specification.

    Only a blank text counts as left out: a role has a default for it.
    """
    rules: dict[str, Rule] = {}
    for name, option in options.items():
        kind = _TYPES.get(option.get("type", "str"), "object")
        description = option["description"] if isinstance(option["description"], str) else option["description"][0]
        rule = {"type": kind, "blank": kind == "string" and name not in _CHOOSING, "description": description}
        if option.get("elements") == "dict":
            rule["type"] = "mappings"
        if option.get("no_log"):
            rule["secret"] = True
        if kind == "string" and "choices" in option:
            rule["enum"] = option["choices"]
        if kind in ("integer", "number"):
            rule["minimum"] = 0
        rules[name] = rule
    return rules


def read_playbook_variables(
    kind: str,
    given: t.Mapping[str, t.Any],
    names: t.Iterable[str] = (),
    role: t.Mapping[str, Rule] | None = None,
    typed: t.Iterable[str] = (),
) -> tuple[dict[str, t.Any], list[str]]:
    """Return the variables of a playbook that have a value, each of its kind, and a sentence for each problem.

    ``kind`` is how the names begin (``incident``). ``given`` are the variables of that beginning with their values, and
    ``names`` all that the run has, in which a misspelt beginning is looked for. ``role`` are the rules of
    :func:`rules_of_role` where a role's argument specification describes the variables. ``typed`` are the names that
    were given to the run itself, in which a misspelt name without a beginning of its own, such as ``reason``, is found.
    """
    rules = {**VARIABLES.get(kind, {}), **(role or {})}
    known = sorted(rules)
    values: dict[str, t.Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        if name not in known:
            if kind not in _SHARED or difflib.get_close_matches(name.lower(), known, 1, 0.85):
                problems.append(_unknown(name, known))
        elif value is None or (isinstance(value, str) and not value.strip()):
            if rules.get(name, {}).get("blank") is False:
                problems.append(f"{name} is blank. Give it a value, or leave it out.")
        else:
            read = _read(value, rules[name])
            if read is None:
                problems.append(_sentence(name, value, rules[name]))
            else:
                values[name] = read
    problems += [_unknown(name, known) for name in names if name not in given and _is_misspelt(name, kind, known)]
    plain = [name for name in known if name not in given and not name.startswith((f"{kind}_", "window_"))]
    others = [name for name in typed if name not in given and not name.startswith(("ansible_", "window_", "__", "x_"))]
    problems += [_unknown(name, plain) for name in others if difflib.get_close_matches(name.lower(), plain, 1, 0.75)]
    return values, problems


def _read(value: object, rule: Rule) -> t.Any:
    """Return a value of the kind that its rule wants, None when it is of no such kind."""
    if rule["type"] == "string":
        if isinstance(value, dt.datetime):
            # An instant that YAML has read by itself is the same instant.
            return value.isoformat()
        return value if isinstance(value, str) and value in rule.get("enum", (value,)) else None
    if rule["type"] in _OTHERS:
        return _OTHERS[rule["type"]](value)
    number: t.Any = value
    if isinstance(value, str):
        text = value.strip()
        number = (float(text) if "." in text else int(text)) if _NUMBER.fullmatch(text) else None
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        return None
    if rule["type"] == "integer":
        if number != number // 1:
            return None
        number = int(number)
    least, most = rule.get("minimum", 0), rule.get("maximum", math.inf)
    return number if least <= number <= most and number > rule.get("exclusiveMinimum", -1) else None


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    return {**dict.fromkeys(("true", "yes", "on", "1"), True), **dict.fromkeys(("false", "no", "off", "0"), False)}.get(
        word
    )


def _list(value: object) -> list[t.Any] | None:
    """Return a list, also of the text of one: JSON, or items with commas between. What else there is, is none."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        return None
    fits = all(isinstance(item, (str, int)) and not isinstance(item, bool) and str(item).strip() for item in items)
    return list(items) if fits else None


def _mapping(value: object) -> t.Any:
    return value if isinstance(value, t.Mapping) else None


def _mappings(value: object) -> list[t.Any] | None:
    """Return a list of mappings, also of its text in JSON; an empty one is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    fits = isinstance(value, (list, tuple)) and value and all(isinstance(item, t.Mapping) for item in value)
    return list(t.cast("list[t.Any]", value)) if fits else None


_OTHERS: t.Mapping[str, t.Callable[[object], t.Any]] = {
    "boolean": _truth,
    "array": _list,
    "object": _mapping,
    "mappings": _mappings,
}

_KINDS = {
    "boolean": "true or false",
    "array": "a list of texts, none of them blank",
    "object": "a mapping",
    "mappings": "a list of mappings, not empty",
}


def _sentence(name: str, value: object, rule: Rule) -> str:
    """Return what is wrong with a value, and what to write instead; what may hold a secret is not shown."""
    if rule.get("secret"):
        return not_text(name)
    if rule["type"] in ("object", "mappings"):
        return f"{name} must be {_KINDS[rule['type']]}. ({rule['description']})"
    if rule["type"] in _KINDS:
        return f"{name} {shown(str(value))} must be {_KINDS[rule['type']]}. ({rule['description']})"
    if "enum" in rule and isinstance(value, str):
        return f"{name} {shown(value)} must be one of {', '.join(rule['enum'])}. ({rule['description']})"
    if rule["type"] == "string":
        if isinstance(value, (bool, int, float)):
            return not_text(name, value)
        return f"{name} must be text and is {shown(str(value))}. ({rule['description']})"
    kind = "a whole number" if rule["type"] == "integer" else "a number"
    least = f" of {rule['minimum']} or more" if "minimum" in rule else f" above {rule['exclusiveMinimum']}"
    most = f", at most {rule['maximum']}" if "maximum" in rule else ""
    return f"{name} {shown(str(value))} must be {kind}{least}{most}. ({rule['description']})"


def _unknown(name: str, known: t.Sequence[str]) -> str:
    close = difflib.get_close_matches(name.lower(), known, 1, 0.75)
    cure = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(known)}."
    return f"Unknown variable {name if name.isidentifier() else shown(name)}. {cure}"


def _is_misspelt(name: str, kind: str, known: t.Sequence[str]) -> bool:
    """Whether a name is nearly that of a known variable but begins otherwise, such as icident_port."""
    if name.startswith((f"{kind}_", "ansible_", "window_", "__")):
        return False
    beginning = name.lower().partition("_")[0]
    near_beginning = difflib.SequenceMatcher(None, beginning, kind).ratio() >= 0.75
    return near_beginning and bool(difflib.get_close_matches(name.lower(), known, 1, 0.85))
