# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else: no network, no server, and for reading no script either.

Names and messages come from outside. Every one of them passes ``html.escape`` here, none becomes an id, a class or a
part of a script, and the page's content security policy allows only the style and the script that are in it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import html
import itertools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import DeviceReport
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.style import SCRIPT, STYLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.svg import PATTERNS, Axis, lanes, stripe
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import (
    MEANING,
    SIGNS,
    WORDS,
    clock_time,
    date_and_time,
    happenings,
    headline,
    is_utc,
    length,
    reason_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

# So many devices that need a person are shown with their details unfolded.
MOST_UNFOLDED = 20


MOST_NAMES = 60


_VERDICTS = {
    "done": ("done", "All done"),
    "attention": ("failed", "Needs attention"),
    "running": ("running", "Under way"),
    "nothing": ("not_started", "Nothing done"),
}


def as_html(report: Report) -> str:
    """Give the report as the text of an HTML page."""
    title = esc(report.asked.name or report.asked.window_id)
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}: maintenance report</title><style>{STYLE}</style></head><body>{PATTERNS}",
        _head(report, title),
        f"<main>{_to_do(report)}{_gates(report)}{_devices(report)}</main>",
        f"<script>{SCRIPT}</script></body></html>\n",
    ]
    return "".join(parts)


def esc(text: object) -> str:
    """Give text for between tags or inside a quoted attribute, with tricks made visible."""
    return html.escape(legible(str(text)), quote=True)


def _policy() -> str:
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(STYLE)}'; script-src 'sha256-{digest(SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _head(report: Report, title: str) -> str:
    kind, word = _VERDICTS[report.verdict]
    tiles = "".join(
        f'<li class="tile {outcome}"><b>{number}</b>{SIGNS[outcome]} {WORDS[outcome]}</li>'
        for outcome, number in report.counts.items()
    )
    if report.locks_left:
        tiles += f'<li class="tile failed"><b>{report.locks_left}</b>! Still locked</li>'
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in _facts(report))
    return (
        f'<header><span class="badge {kind}">{SIGNS[kind]} {word}</span><h1>{title}</h1>'
        f'<p class="lead">{esc(headline(report))}</p><ul class="tiles" aria-label="Devices by outcome">{tiles}</ul>'
        f'<dl class="facts">{facts}</dl></header>'
    )


def _facts(report: Report) -> t.Iterator[tuple[str, str]]:
    asked = report.asked
    yield "Window", esc(asked.window_id)
    for key, name in (("opens_at", "Opened"), ("cutoff_at", "Cut-off"), ("closes_at", "Closes")):
        if asked.occurrence.get(key):
            yield name, _bound(report, str(asked.occurrence[key]))
    if report.started_at is not None:
        yield "Began", _instant(report, report.started_at)
    if report.as_of is not None:
        took = "" if report.started_at is None else f", {length(report.as_of - report.started_at)} after it began"
        yield "Told up to", _instant(report, report.as_of) + took
    if asked.operations:
        yield "Wanted", esc(", ".join(asked.operations))
    for run in report.runs:
        job = f", AWX job {run.job} launched by {run.launched_by or 'somebody unknown'}" if run.job else ""
        yield "Run by", esc(f"{run.user or 'somebody unknown'} on {run.host}, process {run.run}{job}")


def _bound(report: Report, text: str) -> str:
    """Show a bound of the window; what is no instant is shown as it was given."""
    try:
        return _instant(report, parse_instant(text))
    except (ValueError, OverflowError):
        return esc(text)


def _instant(report: Report, instant: float) -> str:
    utc = dt.datetime.fromtimestamp(instant, dt.timezone.utc).isoformat(timespec="seconds")
    return f'<time datetime="{utc}">{esc(date_and_time(instant, report.zone))}</time>'


def _to_do(report: Report) -> str:
    if not report.to_do:
        return ""
    cards = []
    for todo in report.to_do:
        names = ", ".join(esc(name) for name in todo.devices[:MOST_NAMES])
        more = f" and {len(todo.devices) - MOST_NAMES} more" if len(todo.devices) > MOST_NAMES else ""
        command = f"<pre><code>{esc(todo.command)}</code></pre>" if todo.command else ""
        kind = {"unknown": "unknown", "again": "incomplete"}.get(todo.kind, "failed")
        cards.append(
            f'<div class="card {kind}"><p><b>{len(todo.devices)} '
            f"{'device' if len(todo.devices) == 1 else 'devices'}.</b> {esc(todo.why)}</p>"
            f"<p>{names}{more}</p>{command}</div>"
        )
    return f"<section><h2>Left to do by hand</h2>{''.join(cards)}</section>"


def _gates(report: Report) -> str:
    if not report.gates:
        return ""
    rows = "".join(
        f"<tr><td>{_instant(report, gate.at)}</td><td>{esc(gate.gate)}</td><td>{esc(gate.message)}</td></tr>"
        for gate in report.gates
    )
    head = "<thead><tr><th>When</th><th>Gate</th><th>Why</th></tr></thead>"
    return f"<section><h2>Gates that kept work back</h2><table>{head}<tbody>{rows}</tbody></table></section>"


def _devices(report: Report) -> str:
    if not report.devices:
        return "<section><h2>Devices</h2><p>The journal shows no device of this window.</p></section>"
    axis = Axis(report.started_at or 0.0, report.as_of or 0.0)
    unfolded = itertools.count()
    groups = []
    for outcome, members in itertools.groupby(report.devices, key=lambda device: device.outcome):
        rows = "".join(_device(report, device, axis, unfolded) for device in members)
        word, number = WORDS[outcome], report.counts[outcome]
        groups.append(f'<section data-title="{word}"><h3>{word} ({number})</h3>{rows}</section>')
    return f'<section><h2>Devices</h2>{_filters(report)}{_LEGEND}<div id="devices">{"".join(groups)}</div></section>'


def _filters(report: Report) -> str:
    chips = "".join(
        f'<label class="chip {outcome}" title="{MEANING[outcome]}"><input type="checkbox" value="{outcome}" '
        f'data-word="{WORDS[outcome]}" checked> {SIGNS[outcome]} {WORDS[outcome]} {number}</label>'
        for outcome, number in report.counts.items()
    )
    return (
        '<div class="bar" id="filters" role="search" aria-label="Filter the devices" hidden>'
        '<input type="search" placeholder="Name, site, model or reason" aria-label="Name, site, model or reason">'
        f'{chips}<label>Group by <select aria-label="Group by"><option value="outcome">outcome</option>'
        '<option value="site">site</option><option value="model">model</option><option value="type">type</option>'
        '</select></label><output id="count" aria-live="polite"></output></div>'
    )


_LEGEND = (
    '<p class="legend" aria-hidden="true">'
    '<span><svg><rect class="k" y="5" width="26" height="4"/></svg>lock held</span>'
    '<span><svg><rect class="wait running" y="3" width="26" height="8"/></svg>waited to begin</span>'
    '<span><svg><rect class="b done" y="2" width="26" height="10"/></svg>sent, until proven</span>'
    '<span><svg><rect class="b failed" y="2" width="26" height="10"/></svg>failed</span>'
    '<span><svg><rect class="b unknown" y="2" width="26" height="10"/></svg>unknown</span></p>'
)


def _device(report: Report, device: DeviceReport, axis: Axis, unfolded: t.Iterator[int]) -> str:
    attention = device.outcome != "done" or device.locked
    is_open = " open" if attention and device.started_at is not None and next(unfolded) < MOST_UNFOLDED else ""
    took = None if device.started_at is None else (device.ended_at or device.started_at) - device.started_at
    about = " · ".join(text for text in (device.site, device.model) if text)
    locked = '<small class="failed">! still locked</small>' if device.locked and device.outcome != "running" else ""
    why = f'<span class="w {device.outcome}">{esc(reason_of(device))}</span>' if attention else ""
    return (
        f'<details class="d" data-outcome="{device.outcome}" data-site="{esc(device.site)}" '
        f'data-model="{esc(device.model)}" data-type="{esc(device.type)}"{is_open}><summary>'
        f'<span class="n">{esc(device.name)}<small>{esc(about)}</small>{locked}</span>'
        f'<span><span class="badge {device.outcome}">{SIGNS[device.outcome]} {WORDS[device.outcome]}</span></span>'
        f'<span class="stripe">{stripe(device, axis)}</span><span class="t">{length(took)}</span>{why}</summary>'
        f"<div>{lanes(device, axis.end)}{_table(report, device)}</div></details>"
    )


def _table(report: Report, device: DeviceReport) -> str:
    told = happenings(device)
    if not told:
        return '<p class="soft">The journal shows nothing of this device in this window.</p>'
    zones = (
        [("UTC", dt.timezone.utc)]
        if is_utc(report.zone)
        else [(report.zone.key, report.zone), ("UTC", dt.timezone.utc)]
    )
    rows = []
    for instant, what, state, details in told:
        times = "".join(f'<td class="mono">{clock_time(instant, zone)}</td>' for _name, zone in zones)
        evidence = "<br>".join(esc(text) for text in details)
        rows.append(
            f'<tr>{times}<td class="{state}"><span class="sign" aria-hidden="true">{SIGNS[state]}</span>'
            f"{esc(what)}</td>"
            f"<td>{evidence}</td></tr>"
        )
    heads = "".join(f"<th>{esc(name)}</th>" for name, _zone in zones)
    return f"<table><thead><tr>{heads}<th>What</th><th>Evidence</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
