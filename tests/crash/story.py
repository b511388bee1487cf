# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of a case that broke a promise, for whoever looks for the reason: what was sent, happened and was said."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import open_existing
from tests.crash.lane import Lane, Run
from tests.crash.points import named, process_of
from tests.crash.verdict import Record
from tests.tools.isolated import BUILD

FOLDER = BUILD / "crash"

_numbers = itertools.count(1)


def keep(title: str, lane: Lane, seen: Record, runs: t.Sequence[Run]) -> str:
    """Write the story of the present world into the build folder and give the file's path."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"broken-{next(_numbers)}.txt"
    path.write_text("\n".join([title, "", *_happened(lane, seen), "", *_said(runs), ""]), encoding="utf-8")
    return str(path)


def _happened(lane: Lane, seen: Record) -> list[str]:
    """Return requests, effects and journal events in the order of time."""
    lines: list[tuple[float, str]] = []
    for request in seen.requests:
        sender = process_of(request)
        who = f"{sender.run} {sender.step}" if sender else "somebody"
        last = request["phases"][-1] if request["phases"] else "nothing"
        lines.append((request["at"], f"{who:28} {named(request)} -> {request['status']} (came to {last})"))
    for effect in seen.effects:
        what = " ".join(str(effect[key]) for key in ("operation", "cause", "account") if effect.get(key))
        lines.append((effect["at"], f"{'':28}     * {effect['effect']} {what}"))
    journal = open_existing(str(lane.journal()), Clock())
    if journal is not None:
        with journal:
            for row in reading.events(journal, reading.Filter()):
                process = f"process {row['sender']['pid']} of run {row['sender']['run']}"
                lines.append((row["at"], f"{'':28}     = {row['kind']} {row['data']} by {process}"))
    return [f"{str(iso(at))[11:23]} {text}" for at, text in sorted(lines)]


def _said(runs: t.Sequence[Run]) -> list[str]:
    lines = []
    for run in runs:
        lines.append(f"{run.label} (process {run.pid}) ended with {run.status}")
        for line in run.said():
            result = line["result"]
            devices = [
                {key: value for key, value in device.items() if key in ("state", "outcome", "healthy", "message")}
                for device in result.get("devices", [])
            ]
            words = {key: result[key] for key in ("failed", "msg", "kept") if result.get(key)}
            lines.append(f"  {line['step']:20} {words} {devices}")
    return lines
