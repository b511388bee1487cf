# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of made-up fleets, in which devices went every way a device can go."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Asked, Listed, Report, build
from tests.unit.support.report_bench import Story
from tests.unit.support.script import VirtualClock

WINDOW = "core-sbc-monthly@20261121T020000Z"
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "</style></script><svg onload=alert(3)>")
SITES = ("LAX", "LON", "FRA")
MODELS = ("Acme Packet 4600", "SBC 5400", "Mediant 1000B")


def fleet(number: int) -> Report:
    """Return the report of a window over so many devices: most are done, some went each other way."""
    troubled = [f"lax-sbc-{each:02d}" for each in range(1, 9)]
    good = [*HOSTILE, *(f"dev-{each:04d}" for each in range(len(HOSTILE) + len(troubled), number))]
    names = [*troubled, *good]
    listed = tuple(
        Listed(name, site=SITES[index % len(SITES)], model=MODELS[index // 3 % len(MODELS)], type="SBC")
        for index, name in enumerate(names)
    )
    asked = Asked(
        window_id=WINDOW,
        name="core-sbc-monthly",
        timezone="Europe/London",
        occurrence={
            "opens_at": "2026-11-21T02:00:00+00:00",
            "cutoff_at": "2026-11-21T03:40:00+00:00",
            "closes_at": "2026-11-21T04:00:00+00:00",
        },
        devices=listed,
        operations=("sync", "reboot", "hold"),
        rerun="ansible-playbook netfleet.maintenance.maintenance_window -i fleet.pam.yml -e @windows/core.yml",
    )
    return build(asked, *_rows(troubled, good[:10], good[10:]), lambda _row: False)


def _rows(troubled: list[str], told: list[str], copied: list[str]) -> tuple[list[Row], list[Row], list[Row]]:
    """Write the story of some devices into a journal and give its rows, with copies for all the others."""
    clock = VirtualClock()
    with tempfile.TemporaryDirectory() as folder, Journal.open(str(Path(folder) / "journal"), clock) as journal:
        journal.sender |= {"user": "ops", "host": "ops-01", "run": 4711, "job": "812", "launched_by": "jdoe"}
        story = Story(journal, clock, WINDOW)
        story.done(troubled[0])
        for name in told:
            story.done(name)
            # Batches overlap: the next device begins while this one is held.
            clock.sleep(-70)
        clock.sleep(70)
        story.failed(troubled[1])
        story.unknown(troubled[2])
        story.busy(troubled[3], tries=3)
        story.left_locked(troubled[4])
        with journal.writing() as connection:
            about = {"window_id": WINDOW, "device": troubled[5], "device_id": "8"}
            message = "not started: 3 other devices have failed, more than max_failures (2) allows."
            journal.add_event(connection, "gate_blocked", about, gate="max_failures", message=message)
        everything = reading.Filter()
        locks, operations, events = (
            read(journal, everything) for read in (reading.locks, reading.operations, reading.events)
        )
    model = told[-1]
    for rows in (locks, operations, events):
        mine = [row for row in rows if row["device"] == model]
        rows += [{**row, "device": name} for name in copied for row in mine]
    return locks, operations, events
