# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calendars as programs write them, and as none should: read as RFC 5545 says, or refused by name."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import time
import typing as t
import zoneinfo
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look

FOLDER = Path(__file__).parent / "calendars"
CASES: list[dict[str, t.Any]] = json.loads((FOLDER / "cases.json").read_text())
LONDON = zoneinfo.ZoneInfo("Europe/London")
NIGHTLY = ("DTSTART;TZID=Europe/London:20150105T013000", "DURATION:PT1H")


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_a_calendar_freezes_when_it_says_so_or_is_refused(case: dict[str, t.Any]) -> None:
    window = read_window({"window_directory": str(FOLDER), **case["window"]})
    try:
        freezes = Freezes(window.freeze, window.directory, window.zone)
        state = look(window, parse_instant(case["at"]), freezes.between).state
    except BadInput:
        state = "error"
    assert state in case["right"]


def event(*lines: str, uid: str = "1@example.com") -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", "SUMMARY:Freeze", *lines, "END:VEVENT"]


def calendar(*lines: str, head: tuple[str, ...] = ("VERSION:2.0",)) -> bytes:
    return "".join(f"{line}\r\n" for line in ("BEGIN:VCALENDAR", *head, *lines, "END:VCALENDAR")).encode()


def days(path: Path, content: bytes, zone: zoneinfo.ZoneInfo = LONDON) -> list[str]:
    """Return the freezes of December 2026 and January 2027 as their starts in UTC."""
    path.write_bytes(content)
    span = parse_instant("2026-12-01T00:00:00Z"), parse_instant("2027-02-01T00:00:00Z")
    found = Freezes([str(path)], None, zone).between(*span)
    return [dt.datetime.fromtimestamp(each.start, dt.timezone.utc).strftime("%d.%m. %H:%M") for each in found]


def refusal(path: Path, content: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        days(path, content)
    assert str(caught.value).isprintable()
    return str(caught.value).partition("so no new work may start: ")[2]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("DAILY", "'DAILY' is no NAME=VALUE"),
        ("FREQ:DAILY", "'FREQ:DAILY' is no NAME=VALUE"),
        ("FREQ=DAILY,COUNT=10", "must have a FREQ"),
        ("FREQ=DAILY COUNT=10", "must have a FREQ"),
        ("FREQ=WEEKLY;BYDAY:MO,FR", "'BYDAY:MO,FR' is no NAME=VALUE"),
        ("FREQ=DAILY;", "'' is no NAME=VALUE"),
        ("FREQ=DAILY;FREQ=WEEKLY", "has FREQ twice"),
        ("FREQ=DAILY;COUNT=3;COUNT=4", "has COUNT twice"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z", "has both COUNT and UNTIL"),
        ("FREQ=DAILY;COUNT=0", "has COUNT=0, which is outside 1 to"),
        ("FREQ=DAILY;COUNT=-1", "has COUNT=-1, which is no number"),
        ("FREQ=DAILY;INTERVAL=0", "has INTERVAL=0, which is outside 1 to"),
        ("FREQ=MONTHLY;INTERVAL=0", "has INTERVAL=0, which is outside 1 to"),
        ("FREQ=YEARLY;INTERVAL=0", "has INTERVAL=0, which is outside 1 to"),
        ("FREQ=MONTHLY;BYDAY=6MO", "has BYDAY=6MO, whose number is outside 1 to 5"),
        ("FREQ=WEEKLY;BYDAY=2MO", "has BYDAY=2MO, whose number does not go with FREQ=WEEKLY"),
        ("FREQ=DAILY;UNTIL=20141231T000000Z", "has an UNTIL before its DTSTART"),
        ("FREQ=DAILY;UNTIL=tomorrow", "has UNTIL=TOMORROW, which is not written like"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "does not come true within 41 years"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "does not come true within 41 years"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=2", "does not come true within 41 years"),
        ("FREQ=YEARLY;BYYEARDAY=366;BYMONTH=3", "does not come true within 41 years"),
        ("FREQ=DAILY;BYSETPOS=1", "has BYSETPOS and nothing that it could choose from"),
        ("FREQ=YEARLY;BYWEEKNO=20", "has BYWEEKNO without plain weekdays"),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO", "has a BYWEEKNO that counts from the end"),
        ("FREQ=HOURLY", "must have a FREQ"),
        ("FREQ=MINUTELY;INTERVAL=0", "must have a FREQ"),
        ("FREQ=DAILY;SKIP=OMIT", "has 'SKIP', which is no part of an RRULE"),
        ("FREQ=DAILY;BYHOUR=25", "has BYHOUR=25, which is outside 0 to 23"),
        ("FREQ=DAILY;BYSECOND=60", "has BYSECOND=60, which is outside 0 to 59"),
    ],
)
@pytest.mark.parametrize("name", ["RRULE", "EXRULE"])
def test_a_rule_that_is_not_rfc_5545_is_refused(tmp_path: Path, name: str, rule: str, why: str) -> None:
    rules = [f"RRULE:{rule}"] if name == "RRULE" else ["RRULE:FREQ=DAILY", f"EXRULE:{rule}"]
    sentence = refusal(tmp_path / "a.ics", calendar(*event(*NIGHTLY, *rules)))
    assert sentence.startswith(f"the VEVENT 'Freeze' has the {name} '{rule}'")
    assert why in sentence


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("DTSTART;TZID=Europe/London:20261224T090000Z", "DURATION:PT1H"), "has a DTSTART with a TZID and a Z"),
        (("DTSTART;TZID=Europe/London;VALUE=DATE:20261224",), "has a DTSTART that is a day and has a TZID"),
        (("DTSTART;TZID=Mars/Base:20261224T090000", "DURATION:PT1H"), "has the unknown time zone 'Mars/Base'"),
        (("DTSTART;TZID=:20261224T090000", "DURATION:PT1H"), "has the unknown time zone ''"),
        (("DTSTART;VALUE=DATE:20261224T090000", "DURATION:PT1H"), "has a DTSTART that is no DATE"),
        (("DTSTART;VALUE=TEXT:20261224", "DURATION:PT1H"), "has a DTSTART with VALUE=TEXT"),
        (("DTSTART:20261224T250000Z", "DURATION:PT1H"), "has a DTSTART that is not iCalendar"),
        (("DTSTART:20261324", "DURATION:P1D"), "has a DTSTART that is not iCalendar"),
        (("DTSTART;VALUE=DATE:20261224", "DURATION:PT24H"), "begins with a day and has a DURATION that is not in days"),
        ((*NIGHTLY, "DTEND;TZID=Europe/London:20150105T033000"), "has both DTEND and DURATION"),
        ((NIGHTLY[0], "DTEND:20150105T033000"), "has a zone in only one of DTSTART and DTEND"),
        ((NIGHTLY[0], "DURATION:P"), "has a DURATION that is not iCalendar ('P')"),
        ((NIGHTLY[0], "DURATION:PT"), "has a DURATION that is not iCalendar ('PT')"),
        ((NIGHTLY[0], "DURATION:P1W2D"), "has a DURATION that is not iCalendar ('P1W2D')"),
        ((NIGHTLY[0], "DURATION:P1DT"), "has a DURATION that is not iCalendar ('P1DT')"),
        ((NIGHTLY[0], "DURATION:PT0S"), "does not end after its start"),
        ((*NIGHTLY, "RDATE;VALUE=DATE:20261224"), "has an RDATE that is a day where DTSTART is a time"),
        ((*NIGHTLY, "RDATE:20261224T000000Z/PT1H"), "has a RDATE that is not iCalendar"),
        ((*NIGHTLY, "RDATE;VALUE=PERIOD:20261224T000000Z"), "has a RDATE that is not iCalendar"),
        ((*NIGHTLY, "RDATE;VALUE=PERIOD:20261224T000000Z/20261223T000000Z"), "does not end after its start"),
        ((*NIGHTLY, "RDATE:20261224T000000Z,"), "has a RDATE that is not iCalendar ('')"),
        ((*NIGHTLY, "RECURRENCE-ID;RANGE=THISANDFUTURE:20261224T013000Z"), "has a RECURRENCE-ID with a RANGE"),
        ((*NIGHTLY, "RECURRENCE-ID:20261224T013000Z", "RRULE:FREQ=DAILY"), "has a RECURRENCE-ID and recurs"),
        ((*NIGHTLY, "SEQUENCE:new"), "has a SEQUENCE that is no number"),
        ((*NIGHTLY, "STATUS:CANCELLED", "STATUS:CONFIRMED"), "has more than one STATUS"),
        ((*NIGHTLY, "BYDAY:MO,FR"), "has BYDAY as a line of its own"),
        ((*NIGHTLY, "COUNT:3"), "has COUNT as a line of its own"),
        ((*NIGHTLY, "RULE:FREQ=DAILY"), "has the unknown property RULE: did you mean RRULE?"),
        (
            (*NIGHTLY, "BEGIN:VALARM", "END:VALARM", "RRUEL:FREQ=DAILY"),
            "has the unknown property RRUEL: did you mean RRULE?",
        ),
        ((*NIGHTLY, "EXDATES:20261224T013000Z"), "has the unknown property EXDATES: did you mean EXDATE?"),
    ],
)
def test_an_event_that_could_be_read_as_another_is_refused(tmp_path: Path, lines: tuple[str, ...], why: str) -> None:
    sentence = refusal(tmp_path / "a.ics", calendar(*event(*lines)))
    assert sentence.startswith(f"the VEVENT 'Freeze' {why}")
    assert "?." not in sentence


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (calendar(head=("VERSION:1.0",)), "it has the VERSION '1.0', not 2.0."),
        (calendar(head=("VERSION:2.0", "METHOD:CANCEL")), "it has the METHOD 'CANCEL', not PUBLISH or REQUEST."),
        (calendar("BEGIN:VTODO", *event(*NIGHTLY), "END:VTODO"), "it holds a VEVENT inside a VTODO."),
        (calendar("BEGIN:VEVNT", "END:VEVNT"), "it holds a VEVNT, and only a VEVENT can be a freeze."),
        (calendar("BEGIN:VAVAILABILITY", "END:VAVAILABILITY"), "it holds a VAVAILABILITY, and only"),
        (calendar("BEGIN:VTODO", "BEGIN:VEVNT", "END:VEVNT", "END:VTODO"), "it holds a VEVNT inside a VTODO."),
        (calendar(*event(*NIGHTLY, "BEGIN:VEVNT", "END:VEVNT")), "it holds a VEVNT inside a VEVENT."),
        (calendar("BEGIN:VEVENT", "END:VTODO"), "it is not a whole iCalendar file: BEGIN and END do not match."),
        (calendar("BEGIN:VTIMEZONE", "END:VTIMEZONE"), "it has a VTIMEZONE without a TZID."),
        (b"BEGIN:VCALENDAR\r\nSUMMARY:a\rb\r\nEND:VCALENDAR\r\n", "it has a carriage return inside a line."),
        (b'BEGIN:VCALENDAR\r\nX;A="b:c\r\nEND:VCALENDAR\r\n', "it has a line that is not iCalendar"),
    ],
)
def test_a_file_that_is_another_thing_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    assert refusal(tmp_path / "a.ics", content).startswith(why)


def zone(*observances: str, name: str = "Own") -> list[str]:
    return ["BEGIN:VTIMEZONE", f"TZID:{name}", *observances, "END:VTIMEZONE"]


def observance(*lines: str, kind: str = "STANDARD") -> list[str]:
    usual = {"DTSTART": "16010101T000000", "TZOFFSETFROM": "+0100", "TZOFFSETTO": "+0300"}
    given = {line.partition(":")[0]: line.partition(":")[2] for line in lines}
    return [f"BEGIN:{kind}", *(f"{key}:{value}" for key, value in {**usual, **given}.items() if value), f"END:{kind}"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "has neither STANDARD nor DAYLIGHT"),
        (observance("TZOFFSETTO:"), "has a STANDARD without a valid TZOFFSETTO"),
        (observance("TZOFFSETFROM:+25"), "has a STANDARD without a valid TZOFFSETFROM"),
        (observance("TZOFFSETTO:+2400"), "has a STANDARD without a valid TZOFFSETTO"),
        (observance("DTSTART:"), "has a STANDARD without DTSTART"),
        (observance("DTSTART:20260101T000000Z"), "has the DTSTART '20260101T000000Z', which is no local time"),
        (observance("RRULE:FREQ=DAILY"), "has an RRULE 'FREQ=DAILY' that is not yearly"),
        (observance("RRULE:FREQ=SECONDLY"), "has an RRULE 'FREQ=SECONDLY' that must have a FREQ"),
        (observance("RRULE:FREQ=YEARLY;INTERVAL=0"), "has an RRULE 'FREQ=YEARLY;INTERVAL=0' that has INTERVAL=0"),
        (observance(kind="SUMMER"), "has a SUMMER"),
    ],
)
def test_a_zone_that_is_not_whole_is_refused(tmp_path: Path, lines: list[str], why: str) -> None:
    used = event("DTSTART;TZID=Own:20261224T090000", "DURATION:PT1H")
    sentence = refusal(tmp_path / "a.ics", calendar(*zone(*lines), *used))
    assert sentence.startswith(f"the VEVENT 'Freeze' has the time zone 'Own', whose VTIMEZONE {why}")


def test_a_calendar_s_own_zone_counts_and_not_what_another_calls_so(tmp_path: Path) -> None:
    used = event("DTSTART;TZID=Europe/London:20261224T090000", "DURATION:PT1H")
    plain = calendar(*used)
    own = calendar(*zone(*observance(), name="Europe/London"), *used)
    for _again in range(2):
        assert days(tmp_path / "a.ics", own) == ["24.12. 06:00"]
        assert days(tmp_path / "a.ics", plain) == ["24.12. 09:00"]
    both = own + calendar(*zone(*observance("TZOFFSETTO:+0400"), name="Europe/London"), *used)
    assert days(tmp_path / "a.ics", both) == ["24.12. 05:00", "24.12. 06:00"]
    twice = calendar(*zone(*observance()), *zone(*observance("TZOFFSETTO:+0400")), *used)
    assert refusal(tmp_path / "a.ics", twice) == "it defines the time zone 'Own' twice, and differently."


@pytest.mark.parametrize(
    ("lines", "starts"),
    [
        # An UNTIL that is not of DTSTART's kind keeps the last day.
        (("DTSTART;TZID=America/New_York:20261222T200000", "RRULE:FREQ=DAILY;UNTIL=20261224"), ["23", "24", "25"]),
        (
            ("DTSTART;TZID=America/New_York:20261222T200000", "RRULE:FREQ=DAILY;UNTIL=20261224T200000"),
            ["23", "24", "25"],
        ),
        (
            ("DTSTART;TZID=America/New_York:20261222T200000", "RRULE:FREQ=DAILY;UNTIL=20261225T010000Z"),
            ["23", "24", "25"],
        ),
        (("DTSTART;TZID=America/New_York:20261222T200000", "RRULE:FREQ=DAILY;UNTIL=20261225T005959Z"), ["23", "24"]),
        (("DTSTART;VALUE=DATE:20261222", "RRULE:FREQ=DAILY;UNTIL=20261224T000000Z"), ["22", "23", "24"]),
        (("DTSTART;VALUE=DATE:20261222", "RRULE:FREQ=DAILY;UNTIL=20261224"), ["22", "23", "24"]),
        (("DTSTART:20261222T100000Z", "RRULE:FREQ=DAILY;UNTIL=20261224"), ["22", "23", "24"]),
        (("DTSTART:20261222T100000", "RRULE:FREQ=DAILY;UNTIL=20261224T100000Z"), ["22", "23", "24"]),
        # DTSTART is a time of the event whether or not its rule says so.
        (("DTSTART:20261222T100000Z", "RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"), ["22", "24"]),
        # An EXDATE is an instant and not digits, or a day.
        (
            ("DTSTART;TZID=America/New_York:20261222T200000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261223T200000"),
            ["23", "24", "25"],
        ),
        (
            ("DTSTART;TZID=America/New_York:20261222T200000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261224T010000Z"),
            ["23", "25"],
        ),
        (
            ("DTSTART:20261222T100000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20261223T110000"),
            ["22", "24"],
        ),
        (("DTSTART:20261222T100000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261223"), ["22", "24"]),
        (("DTSTART:20261222T100000Z", "RRULE:FREQ=DAILY;COUNT=4", "EXRULE:FREQ=DAILY;INTERVAL=2"), ["23", "25"]),
        (("DTSTART:20261222T100000Z", "RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=WEEKLY;COUNT=2"), ["22", "23", "29"]),
        (("DTSTART:20261222T100000Z", "RDATE:20261224T100000Z,20261226T100000Z"), ["22", "24", "26"]),
    ],
)
def test_when_a_rule_ends_and_what_it_leaves_out(tmp_path: Path, lines: tuple[str, ...], starts: list[str]) -> None:
    length = () if "VALUE=DATE:2026122" in lines[0] else ("DURATION:PT1H",)
    assert [each[:2] for each in days(tmp_path / "a.ics", calendar(*event(*lines, *length)))] == starts


@pytest.mark.parametrize("uid", ["1@example.com", ""])
def test_events_of_one_uid_all_freeze_unless_one_is_newer(tmp_path: Path, uid: str) -> None:
    first = event("DTSTART;VALUE=DATE:20261224", uid=uid)
    second = event("DTSTART;VALUE=DATE:20261228", uid=uid)
    newer = event("DTSTART;VALUE=DATE:20261230", "SEQUENCE:1", uid=uid)
    assert len(days(tmp_path / "a.ics", calendar(*first, *second))) == 2
    assert len(days(tmp_path / "a.ics", calendar(*first, *newer))) == (1 if uid else 2)
    # A time that is replaced is not certainly a time of the other event, so it freezes as well.
    moved = event("RECURRENCE-ID;VALUE=DATE:20261224", "DTSTART;VALUE=DATE:20261226", uid=uid)
    assert len(days(tmp_path / "a.ics", calendar(*first, *second, *moved))) == 3
    assert len(days(tmp_path / "a.ics", calendar(*first, *moved))) == (1 if uid else 2)


def test_a_start_that_the_clocks_skip_is_read_and_not_counted(tmp_path: Path) -> None:
    """RFC 5545 says both, in 3.3.5 and in 3.3.10: so it freezes, and the series is no shorter for it."""
    (tmp_path / "a.ics").write_bytes(
        calendar(*event("DTSTART;TZID=Europe/London:20270327T013000", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=3"))
    )
    found = Freezes([str(tmp_path / "a.ics")], None, LONDON).between(
        parse_instant("2027-03-20T00:00:00Z"), parse_instant("2027-04-10T00:00:00Z")
    )
    assert [dt.datetime.fromtimestamp(each.start, LONDON).strftime("%d. %H:%M") for each in found] == [
        "27. 01:30",
        "28. 02:30",
        "29. 01:30",
        "30. 01:30",
    ]
    assert {each.end - each.start for each in found} == {1800}


def test_folders_are_read_to_their_depth(tmp_path: Path) -> None:
    places = ["a.ics", "deep/er/b.ICAL", "deep/c.icalendar", ".hidden/d.ics"]
    for number, place in enumerate(places):
        (tmp_path / "cal" / place).parent.mkdir(parents=True, exist_ok=True)
        days(tmp_path / "cal" / place, calendar(*event(f"DTSTART;VALUE=DATE:202612{10 + number}")))
    (tmp_path / "cal/notes.txt").write_text("no calendar")
    (tmp_path / "cal/deep/loop").symlink_to(tmp_path / "cal")
    (tmp_path / "elsewhere").mkdir()
    days(tmp_path / "elsewhere/e.ics", calendar(*event("DTSTART;VALUE=DATE:20261220")))
    (tmp_path / "cal/linked").symlink_to(tmp_path / "elsewhere")
    span = parse_instant("2026-12-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z")
    assert len(Freezes(["cal"], str(tmp_path), LONDON).between(*span)) == 5
    # A calendar of the old kind is not passed over.
    (tmp_path / "cal/old.vcs").write_bytes(calendar(head=("VERSION:1.0",)))
    with pytest.raises(BadInput, match=r"old\.vcs"):
        Freezes(["cal"], str(tmp_path), LONDON)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ics")
    with pytest.raises(BadInput, match="it is no file"):
        Freezes([str(tmp_path / "pipe.ics")], None, LONDON)
    with pytest.raises(BadInput, match="it is no file"):
        Freezes(["/dev/zero"], None, LONDON)


def test_a_calendar_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    first = calendar(*event("DTSTART;VALUE=DATE:20261224"))
    for _again in range(3):
        assert days(path, first) == ["24.12. 00:00"]
        # Of one size, and written within one tick of the clock of the file system.
        assert days(path, first.replace(b"20261224", b"20261225")) == ["25.12. 00:00"]


def many(number: int, *lines: str) -> list[str]:
    return [line for each in range(number) for line in event(*lines, uid=str(each))]


OWN = [*observance("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10")]
HEAVY = {
    "daily since 2015": calendar(*many(100, *NIGHTLY, "RRULE:FREQ=DAILY")),
    "daily, counted": calendar(*many(100, *NIGHTLY, "RRULE:FREQ=DAILY;COUNT=10000")),
    "thousands daily": calendar(*many(2000, *NIGHTLY, "RRULE:FREQ=DAILY")),
    "24 a day": calendar(*many(300, *NIGHTLY, f"RRULE:FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))}")),
    "hardly ever": calendar(*many(8000, *NIGHTLY, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO")),
    "for ever": calendar(*event("DTSTART;VALUE=DATE:00010101", "DTEND;VALUE=DATE:99991231", "RRULE:FREQ=DAILY")),
    "many events": calendar(*many(20_000, *NIGHTLY)),
    "many lines": calendar(*["X:1"] * 600_000),
    "parameters": calendar(f"X{';A=b,c' * 400_000}:1"),
    "parameters without end": calendar(*[f"X{';A=' * 20}" + '"b,c' * 20] * 5000),
    "folds": b"BEGIN:VCALENDAR\r\nX:" + b"a\r\n " * 700_000 + b"\r\nEND:VCALENDAR\r\n",
    "depth": b"BEGIN:VCALENDAR\r\n" * 60_000,
    "exceptions": calendar(*event(*NIGHTLY, "RRULE:FREQ=DAILY", f"EXDATE:{','.join(['20261224T013000Z'] * 150_000)}")),
    "dates": calendar(*event(*NIGHTLY, f"RDATE:{','.join(['20261224T013000Z'] * 150_000)}")),
    "names": calendar(*event(*NIGHTLY, *[f"RDATF{number}:1" for number in range(70_000)])),
    "one zone": calendar(*zone(*OWN * 4000), *event("DTSTART;TZID=Own:20261224T000000", "DURATION:PT1H")),
    "many zones": calendar(
        *[line for each in range(300) for line in zone(*OWN * 2, name=f"Z{each}")],
        *[line for each in range(300) for line in event(f"DTSTART;TZID=Z{each}:20261224T000000", "DURATION:PT1H")],
    ),
    "replaced": calendar(*many(9000, *NIGHTLY, "RECURRENCE-ID:20261224T013000Z")),
}


@pytest.mark.parametrize("what", HEAVY)
def test_no_calendar_takes_long(tmp_path: Path, what: str) -> None:
    """Seconds of work, not of a clock on the wall: on a busy machine a second lasts longer."""
    path = tmp_path / "a.ics"
    path.write_bytes(HEAVY[what])
    window = read_window({"window_id": "CHG1", "window_timezone": "Europe/London", "window_freeze": [str(path)]})
    for _look in range(2):
        begun = time.thread_time()
        with contextlib.suppress(BadInput):
            freezes = Freezes(window.freeze, None, window.zone)
            assert look(window, parse_instant("2026-12-24T12:00:00Z"), freezes.between).state in ("open", "frozen")
        assert time.thread_time() - begun < 2


def test_many_files_are_bounded_together(tmp_path: Path) -> None:
    heavy = calendar(*many(40, *NIGHTLY, "RRULE:FREQ=DAILY;COUNT=2000"))
    for number in range(60):
        (tmp_path / f"{number}.ics").write_bytes(heavy.replace(b"Freeze", f"Freeze {number}".encode()))
    begun = time.thread_time()
    with pytest.raises(BadInput, match="to be worked out in time"):
        Freezes([str(tmp_path)], None, LONDON).between(
            parse_instant("2026-12-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z")
        )
    assert time.thread_time() - begun < 2
    for number in range(60, 300):
        (tmp_path / f"{number}.ics").write_bytes(calendar())
    with pytest.raises(BadInput, match="there are more than 200 calendars"):
        Freezes([str(tmp_path)], None, LONDON)
