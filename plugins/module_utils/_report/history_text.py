# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of a fleet as lines for a terminal, and as an HTML page. Pure; names cannot play tricks."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.html_page import esc, policy
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.style import STYLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import length
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

# A terminal is no place for a thousand rows; the files have them all.
MOST_ROWS = 20

Data = t.Mapping[str, t.Any]

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def tables(data: Data) -> list[Table]:
    """Return the parts of a history as tables: a title, heads and rows of text; parts without rows are left out."""
    heads = ("Windows", "Done", "Failed", "Left", "Success", "Took")
    found: list[Table] = []
    for key, title in (("by_site", "Site"), ("by_model", "Model"), ("by_device", "Device")):
        rows = [
            (row["name"], *(str(row[name]) for name in ("windows", "done", "failed", "left")), *_rates(row))
            for row in data[key]
        ]
        found.append((f"By {title.lower()}", (title, *heads), rows))
    operations: list[tuple[str, ...]] = [
        (
            row["name"],
            *(str(row[name]) for name in ("done", "unproven", "failed")),
            *_rates(row),
            length(row["longest"]),
        )
        for row in data["by_operation"]
    ]
    found.append(
        ("By operation", ("Operation", "Done", "Not proven", "Failed", "Success", "Took", "Longest"), operations)
    )
    often: list[tuple[str, ...]] = [
        (row["device"], str(row["failed"]), str(row["in_a_row"]), ", ".join(row["windows"]), row["why"])
        for row in data["failed_often"]
    ]
    found.append(("Failed in several windows", ("Device", "Failed", "In a row", "Windows", "Last reason"), often))
    compared = data["comparison"]
    if compared is not None:
        rows = [(row["device"], row["was"], row["is"], row["why"]) for row in compared["devices"]]
        rows.insert(0, ("success", *(_percent(compared["success_ratio"][when]) for when in ("was", "is")), ""))
        rows.insert(1, ("a device took", *(length(compared["seconds"][when]) for when in ("was", "is")), ""))
        title = f"{compared['window']} compared with {compared['previous'] or 'no earlier window'}"
        found.append((title, ("", "Before", "Now", "Why"), rows))
    due: list[tuple[str, ...]] = [(row["device"], row["last_done_at"] or "never") for row in data["due"]]
    found.append(("Due", ("Device", "Maintained last"), due))
    return [table for table in found if table[2]]


def headline(data: Data) -> str:
    """Return the history in one sentence."""
    period = f"{str(data['since'])[:10]} to {str(data['until'])[:10]}"
    windows = "1 window" if data["windows"] == 1 else f"{data['windows']} windows"
    devices = "1 device" if data["devices"] == 1 else f"{data['devices']} devices"
    return f"{period}: {windows} of {devices}, {_percent(data['success_ratio'])} of the devices maintained."


def _rates(row: Data) -> tuple[str, str]:
    return _percent(row["success_ratio"]), length(row["seconds"])


def _percent(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio * 100:.0f}%"


def as_lines(data: Data, most: int | None = MOST_ROWS) -> list[str]:
    """Return the history as lines of text in columns, of each table at most so many rows."""
    lines = [headline(data)]
    for title, heads, rows in tables(data):
        shown = rows if most is None else rows[:most]
        cells = [heads, *([legible(cell) for cell in row] for row in shown)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
        lines += ["", legible(title)]
        lines += [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        ]
        if len(rows) > len(shown):
            lines.append(f"and {len(rows) - len(shown)} more")
    return lines


def as_text(data: Data) -> str:
    """Return the whole history as text."""
    return "\n".join(as_lines(data, None)) + "\n"


def as_html(data: Data) -> str:
    """Return the whole history as an HTML page that needs nothing else."""
    sections = []
    for title, heads, rows in tables(data):
        head = "".join(f"<th>{esc(name)}</th>" for name in heads)
        body = "".join(f"<tr>{''.join(f'<td>{esc(cell)}</td>' for cell in row)}</tr>" for row in rows)
        sections.append(
            f"<section><h2>{esc(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
        )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(STYLE)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>Fleet history</title><style>{STYLE}</style></head><body><header><h1>Fleet history</h1>"
        f'<p class="lead">{esc(headline(data))}</p></header><main>{"".join(sections)}</main></body></html>\n'
    )
