# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else: no network, no server, and for reading no script either.

Names and messages come from outside. Every one of them passes ``html.escape`` here, none becomes an id, a class or a
part of a script, and the page's content security policy allows only the style and the script that are in it.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import html
import itertools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import DeviceReport
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.overview import earlier, overview, runs_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.style import (
    LIVE_SCRIPT,
    SCRIPT,
    STYLE,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.svg import PATTERNS, Axis, lanes, stripe
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.todo import ToDo
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import (
    MEANING,
    SIGNS,
    WORDS,
    clock_time,
    date_and_time,
    devices,
    happenings,
    headline,
    is_utc,
    length,
    reason_of,
    told_control,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

# So many devices that need a person are shown with their details unfolded.
MOST_UNFOLDED = 20

MOST_NAMES = 60

_VERDICTS = {
    "done": ("done", "All done"),
    "attention": ("failed", "Needs attention"),
    "running": ("running", "In progress"),
    "nothing": ("not_started", "Nothing done"),
}


@dataclasses.dataclass(frozen=True)
class Live:
    """A page that is written again and again: when this one was (epoch seconds), and every how many it reloads."""

    written_at: float
    every: int


def as_html(report: Report, live: Live | None = None) -> str:
    """Return the report as the text of an HTML page; ``live`` makes it one that reloads itself."""
    title = esc(report.asked.name or report.asked.window_id)
    script = SCRIPT if live is None else SCRIPT + LIVE_SCRIPT
    reload = "" if live is None else f'<noscript><meta http-equiv="refresh" content="{live.every}"></noscript>'
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(STYLE, script)}">',
        reload,
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}: maintenance report</title><style>{STYLE}</style></head><body>{PATTERNS}",
        _head(report, title, live),
        f"<main>{_to_do(report)}{overview(report)}{earlier(report)}{_facts(report)}{_gates(report)}{_devices(report)}</main>",
        f"<script>{script}</script></body></html>\n",
    ]
    return "".join(parts)


def esc(text: object) -> str:
    """Return text for between tags or inside a quoted attribute, with tricks made visible."""
    return html.escape(legible(str(text)), quote=True)


def policy(style: str, script: str = "") -> str:
    """Return the content security policy of a page that has this style and this script, and loads nothing."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    scripts = f"script-src 'sha256-{digest(script)}'; " if script else ""
    return f"default-src 'none'; style-src 'sha256-{digest(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def _head(report: Report, title: str, live: Live | None) -> str:
    kind, word = _VERDICTS[report.verdict]
    tiles = "".join(
        f'<li class="tile {outcome}"><b>{number}</b>{SIGNS[outcome]} {WORDS[outcome]}</li>'
        for outcome, number in report.counts.items()
    )
    if report.locks_left:
        tiles += f'<li class="tile failed"><b>{report.locks_left}</b>! Still locked</li>'
    return (
        f'<header><span class="badge {kind}">{SIGNS[kind]} {word}</span><h1>{title}</h1>'
        f'<p class="lead">{esc(headline(report))}</p>{_live(report, live)}'
        f'<ul class="tiles" aria-label="Devices by outcome">{tiles}</ul></header>'
    )


def _live(report: Report, live: Live | None) -> str:
    """Say when a live page was written, and that it loads itself again; the script adds how long ago that was."""
    if live is None:
        return ""
    return (
        f'<p class="live" id="live" data-written="{live.written_at:.0f}" data-every="{live.every}">Live page, written '
        f'at {_instant(report, live.written_at)}<span id="age"></span>. It loads itself again every {live.every} s.</p>'
    )


def _facts(report: Report) -> str:
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in _pairs(report))
    return f'<section><h2>Facts</h2><dl class="facts">{facts}</dl></section>'


def _pairs(report: Report) -> t.Iterator[tuple[str, str]]:
    asked = report.asked
    yield "Window", esc(asked.window_id)
    for key, name in (("opens_at", "Opened"), ("cutoff_at", "Cut-off"), ("closes_at", "Closes")):
        if asked.occurrence.get(key):
            yield name, _bound(report, str(asked.occurrence[key]))
    if report.started_at is not None:
        yield "Began", _instant(report, report.started_at)
    if report.as_of is not None:
        took = "" if report.started_at is None else f", {length(report.as_of - report.started_at)} after it began"
        yield "Last update", _instant(report, report.as_of) + took
    if asked.operations:
        yield "Operations", esc(", ".join(asked.operations))
    for control in report.controls:
        yield control.state.capitalize(), esc(told_control(control))
    runs = runs_of(report, report.zone)
    if runs:
        yield "Run by", "<br>".join(map(esc, runs))
    for name, value in asked.facts:
        yield esc(name), esc(value)
    if report.remarks:
        yield "Remarks", "<br>".join(map(esc, report.remarks))


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
    parts = []
    for command, members in itertools.groupby(report.to_do, key=lambda todo: todo.command):
        parts += [_card(todo) for todo in members]
        if command:
            parts.append(
                f'<div class="command"><pre><code>{esc(command)}</code></pre>'
                '<button type="button" class="copy" hidden>Copy</button></div>'
            )
    return f"<section><h2>Left to do</h2>{''.join(parts)}</section>"


def _card(todo: ToDo) -> str:
    names = ", ".join(esc(name) for name in todo.devices[:MOST_NAMES])
    more = f" and {len(todo.devices) - MOST_NAMES} more" if len(todo.devices) > MOST_NAMES else ""
    kind = {"unknown": "unknown", "queued": "unknown", "again": "incomplete"}.get(todo.kind, "failed")
    return (
        f'<div class="card {kind}"><p><b>{devices(len(todo.devices))}.</b> {esc(todo.why)}</p>'
        f"<p>{names}{more}</p></div>"
    )


def _gates(report: Report) -> str:
    if not report.gates:
        return ""
    rows = "".join(
        f"<tr><td>{_instant(report, gate.at)}</td><td>{esc(gate.gate)}</td><td>{esc(gate.message)}</td></tr>"
        for gate in report.gates
    )
    head = "<thead><tr><th>When</th><th>Gate</th><th>Why</th></tr></thead>"
    return f"<section><h2>Closed gates</h2><table>{head}<tbody>{rows}</tbody></table></section>"


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
    why = f'<span class="w {device.outcome}">{esc(reason_of(device))}</span>' if attention or device.changes else ""
    return (
        f'<details class="d" data-outcome="{device.outcome}" data-site="{esc(device.site)}" '
        f'data-model="{esc(device.model)}" data-type="{esc(device.type)}"{is_open}><summary>'
        f'<span class="n">{esc(device.name)}<small>{esc(about)}</small>{locked}</span>'
        f'<span><span class="badge {device.outcome}">{SIGNS[device.outcome]} {WORDS[device.outcome]}</span></span>'
        f'<span class="stripe">{stripe(device, axis)}</span><span class="t">{length(took)}</span>{why}</summary>'
        f"<div>{_seen(device)}{lanes(device, axis.end)}{_table(report, device)}</div></details>"
    )


_SEEN = {
    "software": "Software",
    "config_version": "Configuration version",
    "serial": "Serial number",
    "platform": "Platform",
    "up": "Up",
    "uptime": "Uptime",
}


def _seen(device: DeviceReport) -> str:
    """Return what the systems showed of a device before the window and after it, as a table; empty for nothing."""
    before, after = _shown(device.before), _shown(device.after)
    rows = "".join(
        f"<tr><td>{esc(name)}</td><td>{esc(before.get(name, chr(8211)))}</td>"
        f"<td{_marked(before.get(name), after.get(name))}>{esc(after.get(name, chr(8211)))}</td></tr>"
        for name in dict.fromkeys([*before, *after])
    )
    head = "<thead><tr><th></th><th>Before</th><th>After</th></tr></thead>"
    return f"<table>{head}<tbody>{rows}</tbody></table>" if device.after and rows else ""


def _shown(facts: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return what was seen of a device under the names that a reader knows."""
    shown = {title: facts[key] for key, title in _SEEN.items() if facts.get(key) is not None}
    if "Uptime" in shown:
        shown["Uptime"] = length(float(shown["Uptime"]))
    if "Up" in shown:
        shown["Up"] = "yes" if shown["Up"] else "no"
    for system, address in sorted((facts.get("addresses") or {}).items()):
        shown[f"Address in {_SYSTEMS.get(system, system)}"] = address
    return {name: str(value) for name, value in shown.items()}


_SYSTEMS = {"zequenze": "Zequenze Control", "oracle_sdm": "Oracle SDM", "senhasegura": "PAM Core"}


def _marked(before: str | None, after: str | None) -> str:
    return ' class="unknown"' if before and after and before != after else ""


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
