# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of devices as a spreadsheet exports it (CSV), read into the options of pam_device. Pure.

The format is RFC 4180: a header line, commas, double quotes around what holds one, UTF-8. A cell with several values
separates them with semicolons. A blank cell leaves the option out.
"""

from __future__ import annotations

import csv
import difflib
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import folded, legible, not_text, shown

TEXTS = ("hostname", "ip", "model", "type", "vendor", "site", "session_remote_config", "state", "activate")
LISTS = ("device_domain", "device_tags", "connectivities")
# What deploy_devices takes besides.
NAMES = ("zequenze_name", "sdm_name", "sdm_device_id")
COLUMNS = (*TEXTS, *LISTS, *NAMES)
MOST_PROBLEMS = 20


def problems_of_devices(
    devices: t.Sequence[t.Mapping[str, t.Any]], defaults: t.Mapping[str, t.Any] | None = None
) -> list[str]:
    """Return a sentence for everything that is wrong with devices given as mappings, before one of them is written.

    An unknown key would be dropped silently: ``stat: absent`` would register the device that was to be removed.
    """
    problems = [f"register_defaults: {problem}" for problem in _entry(defaults or {}, wants_name=False)]
    seen: dict[str, int] = {}
    for number, device in enumerate(devices, 1):
        name = device.get("hostname")
        place = f"register_devices, entry {number}" + (f" ({shown(name)})" if isinstance(name, str) else "")
        problems += [f"{place}: {problem}" for problem in _entry(device, wants_name=True)]
        if isinstance(name, str):
            first = seen.setdefault(folded(name), number)
            if first != number:
                problems.append(f"{place}: entry {first} has this hostname already. Remove one.")
    more = f"There are {len(problems) - MOST_PROBLEMS} more." if len(problems) > MOST_PROBLEMS else ""
    return [*problems[:MOST_PROBLEMS], *([more] if more else [])]


def _entry(device: t.Mapping[str, t.Any], *, wants_name: bool) -> t.Iterator[str]:
    if wants_name and device.get("hostname") is None:
        yield "hostname is missing. Name the device."
    for key, value in device.items():
        if key not in COLUMNS or (key == "hostname" and not wants_name):
            word = str(key).lower()
            near = difflib.get_close_matches(word, COLUMNS, 1, 0.6) or [name for name in COLUMNS if word in name]
            hint = f"Did you mean {near[0]}?" if near and near[0] != key else f"The keys are {', '.join(COLUMNS)}."
            yield f"Unknown key {shown(str(key))}. {hint}"
            continue
        listed = value if key in LISTS and isinstance(value, (list, tuple)) else [value]
        if value is not None and not all(isinstance(item, str) for item in listed):
            yield not_text(key, value)
        elif value is not None and key != "session_remote_config" and not all(item.strip() for item in listed):
            yield f"{key} is blank. Give it a value, or leave it out."


def read_devices(data: bytes, where: str) -> list[dict[str, t.Any]]:
    """Return one mapping of pam_device options for each line of a CSV file.

    ``data`` is the file's content and ``where`` its name for messages. Raises BadInput with every problem found, each
    with its line number; then no device is returned.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(f"{where}, line {line}: the file is not UTF-8. Export it as CSV UTF-8.") from error
    if "\0" in text:
        raise BadInput(f"{where}, line {text[: text.index(chr(0))].count(chr(10)) + 1}: it holds a NUL character.")
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = _columns(next(reader, []), where)
        problems: list[str] = []
        devices: list[dict[str, t.Any]] = []
        lines: dict[str, int] = {}
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            device, wrong = _device(header, cells)
            hostname = device.get("hostname", "")
            first = lines.setdefault(folded(hostname), line) if hostname else line
            if first != line:
                wrong.append(f"hostname {shown(hostname)} stands in line {first} already")
            problems += [f"line {line}: {problem}" for problem in wrong]
            devices.append(device)
    except csv.Error as error:
        raise BadInput(f"{where}, line {max(1, reader.line_num)}: {error}. Check the quotes.") from error
    if problems:
        more = f" | and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise BadInput(f"{where}: no device was registered. " + " | ".join(problems[:MOST_PROBLEMS]) + more)
    if not devices:
        raise BadInput(f"{where} lists no devices.")
    return devices


def _columns(header: t.Sequence[str], where: str) -> list[str]:
    """Return the names of the columns. Raises BadInput for a header that cannot be understood."""
    columns = [name.strip() for name in header]
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        raise BadInput(f"{where}, line 1: separate the columns with commas.")
    for number, name in enumerate(columns, 1):
        if name not in COLUMNS:
            near = difflib.get_close_matches(name.lower().replace(" ", "_"), COLUMNS, 1, 0.6)
            hint = f" Did you mean {near[0]}?" if near else f" The columns are {', '.join(COLUMNS)}."
            title = shown(name) if name else "without a name"
            raise BadInput(f"{where}, line 1: unknown column {title} (column {number}).{hint}")
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise BadInput(f"{where}, line 1: column {twice[0]} stands there more than once.")
    if "hostname" not in columns:
        raise BadInput(f"{where}, line 1: there is no column hostname.")
    return columns


def _device(header: t.Sequence[str], cells: t.Sequence[str]) -> tuple[dict[str, t.Any], list[str]]:
    """Return the options of one line, and what is wrong with it."""
    if len(cells) != len(header):
        return {}, [f"{len(cells)} cells for {len(header)} columns; put quotes around a cell that holds a comma"]
    device: dict[str, t.Any] = {}
    wrong: list[str] = []
    for column, cell in zip(header, cells, strict=True):
        value = cell.strip()
        if not value.isprintable():
            wrong.append(f"{column} holds a line break or a control character ({legible(value[:40])})")
        elif column in LISTS and value:
            parts = [part.strip() for part in value.split(";")]
            if not all(parts):
                wrong.append(f"{column} {shown(value)} has a blank between two semicolons")
            device[column] = parts
        elif value:
            device[column] = value
    if not device.get("hostname") and not wrong:
        wrong.append("hostname is blank")
    return device, wrong
