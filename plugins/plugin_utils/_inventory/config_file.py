# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in an inventory file: options that do not exist, keys that stand twice, and filters as they were written.

YAML reads NO as false, 010 as 8 and 12:30 as 750, and keeps the last of two equal keys. A filter that changes so would
choose other devices, so it is refused with what was written.
"""

from __future__ import annotations

import difflib
import re
import typing as t

import yaml

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# The fields a device can be filtered by exactly, and grouped by.
KINDS = ("site", "type", "vendor", "model", "tag")
SELECTIONS = (*KINDS, "hostname")
SIDES = ("include", "exclude")

Filters = dict[str, dict[str, list[str]]]


def check_options(given: t.Iterable[object], known: t.Collection[str]) -> None:
    """Raise BadInput for an option that the plugin does not have; it would be ignored silently."""
    unknown = [str(name) for name in given if name not in known]
    if unknown:
        raise BadInput(" ".join(_unknown(name, known) for name in unknown))


def _unknown(name: str, known: t.Collection[str]) -> str:
    if name in SIDES:
        return f"Unknown option {name}. Put it under filters."
    close = difflib.get_close_matches(name.lower(), sorted(known), 1, 0.7)
    cure = f"Did you mean {close[0]}?" if close else "List the options with ansible-doc -t inventory pam_devices."
    return f"Unknown option {shown(name)}. {cure}"


def written_values(text: str) -> t.Any:
    """Return the values of a YAML text as they were written, each scalar a text; None for an encrypted file.

    Raise BadInput for a key that stands twice in one mapping.
    """
    if text.lstrip().startswith("$ANSIBLE_VAULT;"):
        return None
    _refuse_twins(yaml.compose(text, Loader=yaml.BaseLoader))
    return yaml.load(text, Loader=yaml.BaseLoader)


def _refuse_twins(node: t.Any) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise BadInput(
                        f"{shown(key.value)} is there twice, again in line {key.start_mark.line + 1}. Remove one."
                    )
                seen.add(key.value)
            _refuse_twins(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item)


def read_filters(filters: object, written: t.Any = None) -> Filters:
    """Return the option ``filters`` with every selection as a list of texts.

    ``written`` is the option as it stands in the file, where that can be read. Raise BadInput for what means nothing:
    an unknown key, a blank, and a value that YAML has changed.
    """
    if not isinstance(filters, dict):
        raise BadInput("filters is blank or no mapping. Give it include or exclude, or remove it.")
    read: Filters = {}
    for side, selections in filters.items():
        if side not in SIDES:
            raise BadInput(f"filters has the unknown key {shown(str(side))}. It takes include and exclude.")
        if not isinstance(selections, dict) or not selections:
            raise BadInput(f"filters.{side} is blank or no mapping. Give it selections such as site: [LAX].")
        read[side] = {}
        for kind, values in selections.items():
            place = f"filters.{side}.{kind}"
            if kind not in SELECTIONS:
                raise BadInput(f"{place} is unknown. A selection is one of {', '.join(SELECTIONS)}.")
            listed = values if isinstance(values, list) else [values]
            if not listed:
                raise BadInput(f"{place} is empty. Name values, or remove it.")
            as_written = _listed(_inside(written, side, kind), len(listed))
            read[side][kind] = [_text(place, value, text) for value, text in zip(listed, as_written, strict=True)]
    return read


def _inside(written: t.Any, side: str, kind: str) -> t.Any:
    for key in (side, kind):
        written = written.get(key) if isinstance(written, dict) else None
    return written


def _listed(written: t.Any, length: int) -> list[str | None]:
    """Return what stands for each value; None where that is not known, such as in a merged mapping."""
    listed = written if isinstance(written, list) else [written]
    texts = [text if isinstance(text, str) else None for text in listed]
    return texts if len(texts) == length else [None] * length


def _text(place: str, value: object, written: str | None) -> str:
    if isinstance(value, str):
        if not value.strip():
            raise BadInput(f"{place} has a blank value. Name a value, or remove it.")
        return value
    # A plain number is the same text again; 010, 7.10, 12:30, NO and ~ are not.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and str(value) == written:
        return written
    if isinstance(value, (list, dict)):
        raise BadInput(f"{place} has a {type(value).__name__} where a text must be.")
    what = "a value" if written is None else written
    quote = "" if written is None else f": '{written}'"
    raise BadInput(f"{place}: YAML reads {what} as {_in_yaml(value)}. Put it in quotes{quote}.")


def _in_yaml(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def unmet_filters(filters: Filters, there: t.Mapping[str, t.Collection[str]]) -> tuple[list[str], list[str]]:
    """Return the selections that no device has, as sentences: exclusions that look like a slip, and the rest.

    ``there`` are the values that the devices have, by kind. Globs of hostnames are not judged.
    """
    slips: list[str] = []
    others: list[str] = []
    for side, selections in filters.items():
        for kind, values in selections.items():
            for value in values if kind in KINDS else ():
                if value in there[kind]:
                    continue
                by_lower = {each.lower().strip(): each for each in there[kind] if each}
                close = difflib.get_close_matches(value.lower().strip(), by_lower, 1, 0.75)
                near = by_lower[close[0]] if close else None
                sentence = f"filters.{side}.{kind}: no device has {shown(value)}."
                sentence += f" Did you mean {shown(near)}?" if near else ""
                # Names that differ in a number are names of different things.
                slip = side == "exclude" and near is not None and _without_digits(near) != _without_digits(value)
                (slips if slip or (near and near.lower() == value.lower()) else others).append(sentence)
    return slips, others


def _without_digits(text: str) -> str:
    return re.sub(r"\d", "", text)
