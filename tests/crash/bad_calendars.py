# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes in which the calendar of a window turns bad while the window runs: whatever it is, no lock is left."""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

from tests.crash import playbook, verdict
from tests.crash.lane import Lane, LaneError
from tests.crash.scene_parts import OURS, REBOOT, judged, killed, must
from tests.crash.steps import FAILED

_NIGHTLY = ("DTSTART;TZID=Europe/London:20150105T013000", "DURATION:PT1H")


def _event(*lines: str, uid: str = "1@example.com") -> str:
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", f"UID:{uid}", *_NIGHTLY, *lines, "END:VEVENT"))


def _calendar(*events: str, version: str = "2.0") -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:{version}\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


GOOD = _calendar()

BAD: dict[str, bytes | None] = {
    "a rule without a step": _calendar(_event("RRULE:FREQ=DAILY;INTERVAL=0")),
    "a rule that never comes true": _calendar(_event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")),
    "a hundred series": _calendar(*(_event("RRULE:FREQ=DAILY;COUNT=9999", uid=str(number)) for number in range(100))),
    "no rule": _calendar(_event("RRULE:DAILY")),
    "a rule that ends before it begins": _calendar(_event("RRULE:FREQ=DAILY;UNTIL=20140101T000000Z")),
    "a zone and a Z": _calendar(_event("EXDATE;TZID=Europe/London:20270105T013000Z")),
    "an old version": _calendar(_event(), version="1.0"),
    "half a file": _calendar(_event())[:-20],
    "no text": b"\x00\xff" * 1000,
    "a pipe": None,
}
"""What the calendar is replaced by; None is a pipe that nobody writes to."""

HANGS = "{{ lookup('ansible.builtin.pipe', 'touch %s; exec sleep 600') }}"
"""A calendar whose path never comes: where it is asked for first, nothing after it is done."""


def _replace(path: Path, content: bytes | None) -> None:
    path.unlink()
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content)


def _good_calendar(lane: Lane) -> Path:
    path = lane.journal().parent / "freeze.ics"
    path.write_bytes(GOOD)
    return path


def turns_bad_and_the_run_goes_on(lane: Lane, content: bytes | None) -> list[str]:
    """The calendar is replaced right before the reboot: no reboot is sent, and the lock is returned."""
    lane.afresh()
    path = _good_calendar(lane)
    run = lane.start(OURS, freeze=str(path), pause_before="reboot").go().wait_for_pause()
    _replace(path, content)
    run.release().wait().settle()
    seen = verdict.record(lane, lane.device, [run])
    problems = must(run.status == FAILED, "the run did not say that its calendar cannot be read")
    problems += must(not seen.sent("PUT reboot"), "a reboot was sent although the calendar could not be read")
    return problems + judged(lane, [run])


def turns_bad_and_the_run_dies(lane: Lane, content: bytes | None) -> list[str]:
    """The calendar is replaced and the run is killed behind its reboot: the rerun refuses, and returns the lock."""
    lane.afresh()
    path = _good_calendar(lane)
    run = killed(lane, OURS, "kill", REBOOT, freeze=str(path))
    _replace(path, content)
    again = lane.start(OURS, freeze=str(path)).go().wait().settle()
    problems = must(again.status == FAILED, "the rerun did not say that its calendar cannot be read")
    return problems + judged(lane, [run, again])


def turns_bad_before_the_playbook(lane: Lane, content: bytes | None) -> list[str]:
    """The same, and the rerun is the playbook, which reads the window by itself."""
    lane.afresh()
    path = _good_calendar(lane)
    run = killed(lane, OURS, "kill", REBOOT, freeze=str(path))
    _replace(path, content)
    again = playbook.start(lane, OURS, window_freeze=[str(path)]).go().wait().settle()
    problems = must(again.status == FAILED, "the rerun did not say that its calendar cannot be read")
    return problems + judged(lane, [run, again])


def never_comes(lane: Lane) -> list[str]:
    """The rerun waits for its calendar without end: the device is unlocked before that."""
    lane.afresh()
    path = _good_calendar(lane)
    run = killed(lane, OURS, "kill", REBOOT, freeze=str(path))
    _wait_for(lane, lambda: any(row["effect"] == "up" for row in lane.simulator.ledger(system="zequenze")))
    asked = path.with_name("asked")
    again = playbook.start(lane, OURS, window_freeze=[HANGS % asked]).go()
    _wait_for(lane, asked.exists)
    locks = lane.simulator.state()["oracle_sdm"]["locks"]
    again.stop().settle()
    return must(not locks, f"the rerun waits for its calendar with locks on {list(locks)}") + judged(lane, [run, again])


def _wait_for(lane: Lane, happened: t.Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        if time.monotonic() > until:
            raise LaneError("what the scene waits for did not happen within 60 s")
        time.sleep(0.02)
