# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the doctor as text, and as one HTML page that needs nothing else. Pure."""

from __future__ import annotations

import itertools
import textwrap
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.checks import (
    VERDICTS,
    Check,
    worst,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import Verdict
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.html_page import (
    esc,
    policy,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.style import STYLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

HEADINGS = {**TITLES, "together": "The three systems together", "journal": "Journal", "versions": "Versions"}

_KINDS: t.Mapping[Verdict, tuple[str, str]] = {
    "works": ("done", "✓"),
    "works with limits": ("unknown", "?"),
    "will not work": ("failed", "✗"),
}

_WIDTH = 100

_INDENT = 19

_STYLE = STYLE + "td{vertical-align:top}td:first-child{white-space:nowrap}td b{display:block}"


def headline(checks: t.Sequence[Check]) -> str:
    """Return how many lines have which verdict, in one sentence."""
    counts = {verdict: sum(check.verdict == verdict for check in checks) for verdict in VERDICTS}
    parts = [f"{count} {'works' if count == 1 else 'work'}" for count in [counts["works"]]]
    parts.append(f"{counts['works with limits']} with limits")
    parts.append(f"{counts['will not work']} will not work")
    return f"{len(checks)} checks: {', '.join(parts)}."


def as_table(checks: t.Sequence[Check], addresses: t.Mapping[str, str]) -> str:
    """Return a table for each system, a verdict a line, none longer than 100 columns."""
    lines: list[str] = []
    for system, members in itertools.groupby(checks, key=lambda check: check.system):
        address = addresses.get(system, "")
        lines += ["", f"{HEADINGS[system]}{f' ({legible(address)})' if address else ''}"]
        for check in members:
            lines += _wrapped(f"{check.verdict:<{_INDENT}}", f"{check.check}: {check.found}")
            lines += _wrapped(" " * _INDENT, f"  {check.meaning}") if check.meaning else []
            lines += _wrapped(" " * _INDENT, f"  Cure: {check.cure}") if check.cure else []
    return "\n".join([headline(checks), *lines])


def _wrapped(first: str, text: str) -> list[str]:
    return textwrap.wrap(
        legible(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * (_INDENT + 2),
        break_on_hyphens=False,
    )


def as_html(checks: t.Sequence[Check], addresses: t.Mapping[str, str], at: float) -> str:
    """Return the page; ``at`` is when the checks were made (epoch seconds)."""
    kind, sign = _KINDS[worst(checks)]
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(_STYLE)}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>Check of the systems</title><style>{_STYLE}</style></head><body>",
        f'<header><span class="badge {kind}">{sign} {worst(checks)}</span><h1>Check of the systems</h1>',
        f'<p class="lead">{esc(headline(checks))}</p><p class="soft">Checked at {iso(at)}.</p></header><main>',
    ]
    for system, members in itertools.groupby(checks, key=lambda check: check.system):
        rows = "".join(map(_row, members))
        about = f'<p class="soft mono">{esc(addresses[system])}</p>' if addresses.get(system) else ""
        head = "<thead><tr><th>Verdict</th><th>Check</th><th>What it means for a window</th></tr></thead>"
        parts.append(
            f"<section><h2>{esc(HEADINGS[system])}</h2>{about}<table>{head}<tbody>{rows}</tbody></table></section>"
        )
    return "".join([*parts, "</main></body></html>\n"])


def _row(check: Check) -> str:
    kind, sign = _KINDS[check.verdict]
    cure = f'<p class="{kind}"><b>Cure</b>{esc(check.cure)}</p>' if check.cure else ""
    return (
        f'<tr><td><span class="badge {kind}">{sign} {check.verdict}</span></td>'
        f"<td><b>{esc(check.check)}</b>{esc(check.found)}</td><td>{esc(check.meaning)}{cure}</td></tr>"
    )
