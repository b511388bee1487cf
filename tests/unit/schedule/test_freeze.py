# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Freeze calendars: which events freeze when, and that nothing half understood is read as a smaller calendar."""

from __future__ import annotations

import contextlib
import datetime as dt
import pathlib
import typing as t
import zoneinfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freeze, Freezes

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.com//tests//EN")
FOOT = ("END:VCALENDAR",)
# Offset +05:00 under a name that no database has.
OWN_ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Data Centre",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0500",
    "TZOFFSETTO:+0500",
    "TZNAME:DC",
    "END:STANDARD",
    "END:VTIMEZONE",
)
Write = t.Callable[..., pathlib.Path]


def event(*lines: str, uid: str = "1@example.com") -> tuple[str, ...]:
    """Return the lines of one event."""
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", "SUMMARY:Holidays", *lines, "END:VEVENT")


@pytest.fixture
def write(tmp_path: pathlib.Path) -> Write:
    """Write a file of lines below the test's directory and give its path."""

    def made(*lines: str, name: str = "holidays.ics") -> pathlib.Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
        return path

    return made


def spans(path: pathlib.Path, start: str, end: str, zone: zoneinfo.ZoneInfo = NEW_YORK) -> list[tuple[str, str]]:
    """Return the freezes of a calendar between two ISO instants, in UTC to the minute."""
    found = Freezes([str(path)], None, zone).between(parse_instant(start), parse_instant(end))
    return [(in_utc(freeze.start), in_utc(freeze.end)) for freeze in found]


def in_utc(instant: float) -> str:
    """Write an instant as 2026-12-24T05:00."""
    return dt.datetime.fromtimestamp(instant, dt.timezone.utc).isoformat()[:16]


def problem(path: pathlib.Path) -> str:
    """Return why a calendar cannot be read."""
    with pytest.raises(BadInput) as caught:
        Freezes([str(path)], None, NEW_YORK).between(
            parse_instant("2026-12-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z")
        )
    sentence = str(caught.value)
    assert sentence.startswith(f"window_freeze '{path}' cannot be read, ")
    assert sentence.endswith(".")
    assert sentence.isprintable()
    return sentence.partition("so no new work may start: ")[2]


@pytest.mark.parametrize(
    ("lines", "freeze"),
    [
        (("DTSTART:20261220T120000Z", "DTEND:20261221T130000Z"), ("2026-12-20T12:00", "2026-12-21T13:00")),
        (("DTSTART:20261220T120000Z", "DURATION:P1DT1H"), ("2026-12-20T12:00", "2026-12-21T13:00")),
        # Days, and times without a zone, are those of the window's zone.
        (("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"), ("2026-12-24T05:00", "2026-12-27T05:00")),
        (("DTSTART;VALUE=DATE:20261224",), ("2026-12-24T05:00", "2026-12-25T05:00")),
        (("DTSTART:20261220T120000", "DTEND:20261221T130000"), ("2026-12-20T17:00", "2026-12-21T18:00")),
        (
            ("DTSTART;TZID=Europe/Berlin:20261220T120000", "DTEND;TZID=Europe/Berlin:20261221T130000"),
            ("2026-12-20T11:00", "2026-12-21T12:00"),
        ),
        (
            ("DTSTART;TZID=Data Centre:20261220T120000", "DTEND;TZID=Data Centre:20261221T130000"),
            ("2026-12-20T07:00", "2026-12-21T08:00"),
        ),
        # Whether an event shows as busy or free says nothing about a freeze: holidays usually show as free.
        (
            ("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227", "TRANSP:TRANSPARENT", "STATUS:TENTATIVE"),
            ("2026-12-24T05:00", "2026-12-27T05:00"),
        ),
    ],
)
def test_when_an_event_freezes(write: Write, lines: tuple[str, ...], freeze: tuple[str, str]) -> None:
    path = write(*HEAD, *OWN_ZONE, *event(*lines), *FOOT)

    assert spans(path, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z") == [freeze]
    assert spans(path, f"{freeze[0]}:00Z", f"{freeze[0]}:01Z") == [freeze]
    assert spans(path, f"{freeze[1]}:00Z", "2027-01-01T00:00:00Z") == []
    assert spans(path, "2026-12-01T00:00:00Z", f"{freeze[0]}:00Z") == []


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
def test_a_whole_day_is_the_day_of_the_window_s_zone(write: Write, zone: str) -> None:
    path = write(*HEAD, *event("DTSTART;VALUE=DATE:20261224"), *FOOT)
    there = zoneinfo.ZoneInfo(zone)
    midnight = dt.datetime(2026, 12, 24, tzinfo=there).timestamp()

    for instant, frozen in ((-1, False), (0, True), (86399, True), (86400, False)):
        found = Freezes([str(path)], None, there).between(midnight + instant, midnight + instant + 1)
        assert bool(found) is frozen


def test_a_freeze_knows_its_event_and_its_file(write: Write) -> None:
    path = write(*HEAD, *event("DTSTART:20261220T120000Z", "DTEND:20261221T120000Z"), *FOOT)
    start, end = parse_instant("2026-12-20T12:00:00Z"), parse_instant("2026-12-21T12:00:00Z")

    assert Freezes([str(path)], None, NEW_YORK).between(start, end) == [Freeze(start, end, "Holidays", str(path))]


def test_events_recur_with_their_exceptions(write: Write) -> None:
    path = write(
        *HEAD,
        *event(
            "DTSTART;VALUE=DATE:20201224",
            "DTEND;VALUE=DATE:20201227",
            "RRULE:FREQ=YEARLY",
            "EXDATE;VALUE=DATE:20271224",
            "RDATE;VALUE=DATE:20270704",
        ),
        # In 2028 it is moved, in 2029 cancelled.
        *event("RECURRENCE-ID;VALUE=DATE:20281224", "DTSTART;VALUE=DATE:20281220", "DTEND;VALUE=DATE:20281221"),
        *event("RECURRENCE-ID;VALUE=DATE:20291224", "DTSTART;VALUE=DATE:20291224", "STATUS:CANCELLED"),
        *FOOT,
    )

    assert spans(path, "2026-01-01T00:00:00Z", "2031-01-01T00:00:00Z") == [
        ("2026-12-24T05:00", "2026-12-27T05:00"),
        ("2027-07-04T04:00", "2027-07-07T04:00"),
        ("2028-12-20T05:00", "2028-12-21T05:00"),
        ("2030-12-24T05:00", "2030-12-27T05:00"),
    ]


def test_a_recurring_event_keeps_its_local_time(write: Write) -> None:
    path = write(
        *HEAD,
        *event(
            "DTSTART;TZID=Europe/London:20260105T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20260706T070000Z"
        ),
        *FOOT,
    )

    assert spans(path, "2026-03-22T00:00:00Z", "2026-04-05T00:00:00Z") == [
        ("2026-03-23T08:00", "2026-03-23T09:00"),
        ("2026-03-30T07:00", "2026-03-30T08:00"),
    ]
    assert spans(path, "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z") == [("2026-07-06T07:00", "2026-07-06T08:00")]


def test_cancelled_events_do_not_freeze(write: Write) -> None:
    path = write(*HEAD, *event("DTSTART;VALUE=DATE:20261224", "STATUS:cancelled"), *FOOT)

    assert spans(path, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "lines",
    [
        (*HEAD, *FOOT),
        (*HEAD, *FOOT, *HEAD, *FOOT),
        (*HEAD, "BEGIN:VTODO", "UID:2@example.com", "SUMMARY:Buy a cake", "END:VTODO", *FOOT),
        ("\ufeffBEGIN:VCALENDAR", *HEAD[1:], *FOOT),
    ],
)
def test_a_calendar_without_events_freezes_nothing(write: Write, lines: tuple[str, ...]) -> None:
    assert spans(write(*lines), "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z") == []


def test_all_calendars_of_a_file_and_of_a_directory_count(write: Write, tmp_path: pathlib.Path) -> None:
    write(
        *HEAD,
        *event("DTSTART;VALUE=DATE:20261224"),
        *FOOT,
        *HEAD,
        *event("DTSTART;VALUE=DATE:20261228"),
        *FOOT,
        name="a/b.ics",
    )
    write(*HEAD, *event("DTSTART;VALUE=DATE:20261226"), *FOOT, name="a/c.ICS")
    write("not a calendar", name="a/README.md")
    other = write(*HEAD, *event("DTSTART;VALUE=DATE:20261222"), *FOOT, name="d.ics")
    span = parse_instant("2026-12-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z")

    found = Freezes(["a", str(other)], str(tmp_path), NEW_YORK).between(*span)

    assert [in_utc(freeze.start)[8:10] for freeze in found] == ["22", "24", "26", "28"]


def test_relative_paths_start_at_the_directory_or_where_we_are(
    write: Write, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(*HEAD, *event("DTSTART;VALUE=DATE:20261224"), *FOOT, name="calendars/a.ics")
    span = parse_instant("2026-12-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert len(Freezes(["calendars/a.ics"], str(tmp_path), NEW_YORK).between(*span)) == 1
    assert len(Freezes(["~/calendars/a.ics"], "/nowhere", NEW_YORK).between(*span)) == 1
    monkeypatch.chdir(tmp_path / "calendars")
    assert len(Freezes(["a.ics"], None, NEW_YORK).between(*span)) == 1
    with pytest.raises(BadInput, match=r"'calendars/a\.ics' cannot be read.*: No such file or directory\.$"):
        Freezes(["calendars/a.ics"], None, NEW_YORK)


@pytest.mark.row(102)
def test_a_path_that_holds_no_calendar_is_an_error(tmp_path: pathlib.Path) -> None:
    (tmp_path / "calendars").mkdir()

    assert problem(tmp_path / "absent.ics") == "No such file or directory."
    nothing = "the folder has no calendar (*.ics, *.ical) in it."
    assert problem(tmp_path / "calendars") == nothing
    (tmp_path / "calendars" / "a.ics").mkdir()
    assert problem(tmp_path / "calendars") == nothing


@pytest.mark.row(102)
def test_one_broken_calendar_among_good_ones_is_an_error(write: Write, tmp_path: pathlib.Path) -> None:
    write(*HEAD, *FOOT, name="good.ics")
    write("garbage", name="worse.ics")

    with pytest.raises(BadInput, match=r"worse\.ics"):
        Freezes([str(tmp_path)], None, NEW_YORK)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "it is not a whole iCalendar file, from BEGIN:VCALENDAR to END:VCALENDAR."),
        (("hello world",), ""),
        (("<html>", "<title>Sign in</title>", "</html>"), ""),
        # The parser reads these three as calendars without events.
        ((*HEAD, *event("DTSTART;VALUE=DATE:20261224")), "it is not a whole iCalendar file"),
        ((*HEAD, "BEGIN:VEVENT", "DTSTART;VALUE=DATE:20261224"), "it is not a whole iCalendar file"),
        ((*HEAD, *FOOT, *HEAD, *event("DTSTART;VALUE=DATE:20261224")), "it is not a whole iCalendar file"),
        (event("DTSTART;VALUE=DATE:20261224"), "it holds a VEVENT outside a VCALENDAR."),
        ((*HEAD, "BEGIN:VFREEBUSY", "UID:3@example.com", "END:VFREEBUSY", *FOOT), "it holds a VFREEBUSY"),
        ((*HEAD, "JUNK JUNK", *FOOT), ""),
        ((*HEAD, *FOOT, "garbage"), ""),
        (
            (*HEAD, "CALSCALE:JULIAN", *event("DTSTART;VALUE=DATE:20261224"), *FOOT),
            "it has the CALSCALE 'JULIAN', not GREGORIAN.",
        ),
        ((*HEAD, "X-WR-TIMEZONE:Mars/Base", *event("DTSTART:20261224T000000Z", "DURATION:P1D"), *FOOT), ""),
    ],
)
def test_a_file_that_is_no_whole_calendar_is_an_error(write: Write, lines: tuple[str, ...], reason: str) -> None:
    assert problem(write(*lines)).startswith(reason)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("DTSTART:2026-12-20", "DTEND:20261221T000000Z"), "has a DTSTART that is not iCalendar"),
        (("DTSTART:20261220T000000Z", "DTEND:tomorrow"), "has a DTEND that is not iCalendar"),
        (("DTSTART:20261220T000000Z", "DURATION:10 days"), "has a DURATION that is not iCalendar"),
        (("DTSTART;VALUE=DATE:20261220", "RRULE:FREQ=SOMETIMES"), "has the RRULE 'FREQ=SOMETIMES', which must have a"),
        (("DTSTART;VALUE=DATE:20261220", "RRULE:FREQ=DAILY", "EXDATE:x"), "has a EXDATE that is not iCalendar"),
        (("DTEND:20261221T000000Z",), "has no DTSTART."),
        (("DTSTART:20261220T000000Z",), "does not end after its start."),
        (("DTSTART:20261220T000000Z", "DTEND:20261220T000000Z"), "does not end after its start."),
        (("DTSTART:20261220T000000Z", "DTEND:20261210T000000Z"), "does not end after its start."),
        (("DTSTART;VALUE=DATE:20261220", "DTEND;VALUE=DATE:20261220"), "does not end after its start."),
        (("DTSTART;VALUE=DATE:20261220", "DTEND:20261225T000000Z"), "does not end after its start."),
        (("DTSTART:20261220T000000Z", "DURATION:-P1D"), "does not end after its start."),
        (("DTSTART:20261220T000000Z", "DTSTART:20261120T000000Z", "DURATION:P1D"), "has more than one DTSTART."),
        (("DTSTART:20261220T000000Z", "DURATION:P1D", "DURATION:P2D"), "has more than one DURATION."),
        (
            ("DTSTART;TZID=Mars/Base:20261220T000000", "DTEND;TZID=Mars/Base:20261225T000000"),
            "has the unknown time zone 'Mars/Base'.",
        ),
        (
            ("DTSTART;VALUE=DATE:20261220", "RDATE;TZID=Mars/Base:20261225T000000"),
            "has the unknown time zone 'Mars/Base'.",
        ),
        (
            ("DTSTART:20201220T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY"),
            "has the RRULE 'FREQ=SECONDLY', which must have a FREQ",
        ),
        (
            ("DTSTART:20201220T000000Z", "DURATION:PT1S", "RRULE:FREQ=HOURLY"),
            "has the RRULE 'FREQ=HOURLY', which must have a FREQ",
        ),
    ],
)
def test_an_event_that_is_not_certain_is_an_error(write: Write, lines: tuple[str, ...], reason: str) -> None:
    assert problem(write(*HEAD, *event(*lines), *FOOT)).startswith(f"the VEVENT 'Holidays' {reason}")


def test_a_file_that_is_no_text_or_too_large_is_an_error(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.ics").write_bytes(b"BEGIN:VCALENDAR\r\nX:\xff\xfe\r\nEND:VCALENDAR\r\n")
    assert "can't decode byte 0xff" in problem(tmp_path / "a.ics")
    (tmp_path / "b.ics").write_bytes(b"BEGIN:VCALENDAR\r\n" + b"X:1\r\n" * 1_100_000 + b"END:VCALENDAR\r\n")
    assert problem(tmp_path / "b.ics") == "the calendars of the window are larger than 3 MiB together."


WHOLE = "\r\n".join((*HEAD, *event("DTSTART;VALUE=DATE:20261224", "RRULE:FREQ=YEARLY"), *FOOT, ""))


@pytest.mark.row(102)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, len(WHOLE) - 3))
def test_a_calendar_cut_short_anywhere_is_an_error(tmp_path: pathlib.Path, length: int) -> None:
    path = tmp_path / "cut.ics"
    path.write_bytes(WHOLE[:length].encode())

    assert problem(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(WHOLE)), junk=st.binary(min_size=1, max_size=8))
@example(place=0, junk=b"BEGIN:X\r\n")
def test_a_calendar_with_junk_in_it_is_read_or_refused_with_a_sentence(
    tmp_path: pathlib.Path, place: int, junk: bytes
) -> None:
    path = tmp_path / "junk.ics"
    path.write_bytes(WHOLE[:place].encode() + junk + WHOLE[place:].encode())

    with contextlib.suppress(BadInput):
        found = Freezes([str(path)], None, NEW_YORK).between(0, parse_instant("2027-01-01T00:00:00Z"))
        assert all(freeze.end > freeze.start for freeze in found)
