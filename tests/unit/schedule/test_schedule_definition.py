# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window file may say about time, and the one clear sentence for everything else."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import typing as t
import zoneinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.rule import Rule, read_rule

SCHEDULED: dict[str, t.Any] = {
    "window_name": "core",
    "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2",
    "window_duration": "2h",
}
ONCE: dict[str, t.Any] = {"window_id": "CHG0012345"}


def refusal(definition: object) -> str:
    """Return the sentence with which a definition is refused."""
    with pytest.raises(BadInput) as caught:
        read_window(definition)
    return str(caught.value)


def test_the_defaults_of_a_schedule() -> None:
    window = read_window(SCHEDULED)

    assert (window.name, window.zone.key, window.duration, window.cutoff) == ("core", "UTC", 7200, 0)
    assert (window.window_id, window.opens_at, window.freeze, window.directory) == (None, None, (), None)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_key_without_a_value_counts_as_left_out(nothing: object) -> None:
    keys = ("window_id", "window_opens_at", "window_cutoff", "window_timezone", "window_freeze", "window_directory")

    assert read_window({**SCHEDULED, **dict.fromkeys(keys, nothing)}) == read_window(SCHEDULED)


def test_keys_that_have_nothing_to_do_with_time_are_left_alone() -> None:
    other = {
        "window_targets": "all",
        "window_batches": [1, "10%"],
        "window_operations": {"no": "matter"},
        "x": object(),
    }

    assert read_window({**SCHEDULED, **other}) == read_window(SCHEDULED)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2h", 7200),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2H", 7200),
        ("45s", 45),
        ("1d2h3m4s", 93784),
        ("3600", 3600),
        (3600, 3600),
        ("31d", 2678400),
    ],
)
def test_lengths_of_time(written: object, seconds: int) -> None:
    assert read_window({**SCHEDULED, "window_duration": written}).duration == seconds
    assert read_window({**SCHEDULED, "window_duration": "31d", "window_cutoff": "0"}).cutoff == 0


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "h",
        "2 hours",
        "1h30",
        "30m1h",
        "-1h",
        "1.5h",
        "PT2H",
        "\u0662h",
        True,
        1.5,
        ["2h"],
        "999999999h",
        "9" * 5000,
    ],
)
def test_what_is_no_length_of_time(written: object) -> None:
    sentence = refusal({**SCHEDULED, "window_cutoff": written})

    assert sentence.startswith("window_cutoff '")
    assert sentence.endswith("is not a length of time such as 2h, 90m, 1h30m or 3600 (seconds).")


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"window_duration": "0m"}, "window_duration '0m' leaves no time at all."),
        ({"window_duration": 0}, "window_duration '0' leaves no time at all."),
        ({"window_duration": "32d"}, "window_duration '32d' is longer than 31 days."),
        ({"window_cutoff": "2h"}, "window_cutoff '2h' must be shorter than window_duration '2h'."),
        ({"window_cutoff": 7201}, "window_cutoff '7201' must be shorter than window_duration '2h'."),
        (
            {"window_id": "CHG1"},
            "window_id is for a window that happens once, so window_schedule must not be there too.",
        ),
        (
            {"window_opens_at": "2026-12-13T02:00:00Z"},
            "window_opens_at is for a window that happens once, so window_schedule must not be there too.",
        ),
        ({"window_schedule": None}, "A window needs a window_schedule, or a window_id when it happens once."),
        ({"window_duration": None}, "window_duration is missing, and a window with a window_schedule needs it."),
        ({"window_name": None}, "window_name is missing, and a window with a window_schedule needs it."),
        ({"window_name": ["core"]}, "window_name '['core']' must be text."),
        (
            {"window_name": True},
            "window_name 'True' is not text to YAML, which may have changed it. Put the value in quotes.",
        ),
        (
            {"window_name": "core\n"},
            r"window_name 'core\n' must be one line of at most 200 letters, without blanks around it.",
        ),
        ({"window_freeze": {"a": 1}}, None),
        ({"window_freeze": [1]}, None),
        ({"window_freeze": [" "]}, None),
    ],
)
def test_what_a_schedule_may_not_say(keys: dict[str, t.Any], sentence: str | None) -> None:
    wanted = sentence or (
        f"window_freeze '{keys.get('window_freeze')}' must be a list of paths of calendars (.ics) or directories."
    )

    assert refusal({**SCHEDULED, **keys}) == wanted


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            {"window_opens_at": "2026-12-13T02:00:00"},
            "window_opens_at '2026-12-13T02:00:00' is not an instant with an offset,"
            " such as 2026-11-21T02:00:00+00:00.",
        ),
        (
            {"window_opens_at": dt.datetime(2026, 12, 13, 2)},
            "window_opens_at '2026-12-13T02:00:00' is not an instant with an offset,"
            " such as 2026-11-21T02:00:00+00:00.",
        ),
        (
            {"window_opens_at": "1999-12-31T23:59:59Z"},
            "window_opens_at '1999-12-31T23:59:59Z' is not between the years 2000 and 2999.",
        ),
        (
            {"window_schedule_start": "2026-01-05"},
            "window_schedule_start is for a window_schedule, and this window has a window_id instead.",
        ),
        (
            {"window_id": " CHG1"},
            "window_id ' CHG1' must be one line of at most 200 letters, without blanks around it.",
        ),
    ],
)
def test_what_a_window_that_happens_once_may_not_say(keys: dict[str, t.Any], sentence: str) -> None:
    assert refusal({**ONCE, **keys}) == sentence


def test_yaml_s_own_dates_are_understood() -> None:
    opens = dt.datetime(2026, 12, 13, 2, tzinfo=dt.timezone.utc)

    assert read_window({"window_id": "4711", "window_opens_at": opens}).opens_at == opens.timestamp()
    rule = read_window({**SCHEDULED, "window_schedule_start": dt.date(2026, 1, 5)}).rule
    assert rule is not None
    assert rule.start == dt.date(2026, 1, 5)


@pytest.mark.parametrize("start", ["05/01/2026", "2026-02-30", "2026-01-05T02:00", "20260105", dt.datetime(2026, 1, 5)])
def test_what_is_no_start_date(start: object) -> None:
    sentence = refusal({**SCHEDULED, "window_schedule_start": start})

    assert sentence.startswith("window_schedule_start '")
    assert sentence.endswith("' is not a date such as 2026-01-05.")


@pytest.mark.parametrize("definition", [None, "FREQ=DAILY", ["window_id"], 5])
def test_a_definition_is_a_mapping(definition: object) -> None:
    assert refusal(definition).startswith("A window definition must be a mapping")


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Base",
        "Europe",
        "../etc/passwd",
        "/etc/localtime",
        "localtime",
        "right/UTC",
        "Factory",
        "BST",
        "a" * 300,
        "\0",
    ],
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    sentence = refusal({**SCHEDULED, "window_timezone": name})

    assert sentence.startswith("window_timezone '")
    assert sentence.endswith("is not a time zone this machine knows: write an IANA name such as Europe/London.")


def test_a_machine_without_a_zone_database_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> zoneinfo.ZoneInfo:
        raise zoneinfo.ZoneInfoNotFoundError

    monkeypatch.setattr(zoneinfo, "ZoneInfo", nothing)
    monkeypatch.setattr(zoneinfo, "available_timezones", set)

    assert refusal(SCHEDULED) == (
        "window_timezone 'UTC' cannot be read because this machine has no time zone database:"
        " install the Python package tzdata."
    )


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("daily", "is not an RRULE such as FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2: 'DAILY' is no NAME=VALUE"),
        ("FREQ=DAILY;", "is not an RRULE such as FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2: '' is no NAME=VALUE"),
        ("BYDAY=SU", "must have a FREQ, which is one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=HOURLY", "must have a FREQ, which is one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=MINUTELY;INTERVAL=30", "must have a FREQ, which is one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=SECONDLY", "must have a FREQ, which is one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=DAILY;FREQ=WEEKLY", "has FREQ twice"),
        ("FREQ=DAILY;BYHOURS=2", "has 'BYHOURS', which is no part of an RRULE"),
        ("FREQ=YEARLY;BYEASTER=0", "has 'BYEASTER', which is no part of an RRULE"),
        (
            "DTSTART=20200101T000000;FREQ=DAILY",
            "must not have a DTSTART: write window_schedule_start and BYHOUR instead",
        ),
        (
            "DTSTART:20200101\nRRULE:FREQ=DAILY",
            "must not have a DTSTART: write window_schedule_start and BYHOUR instead",
        ),
        ("FREQ=DAILY;BYHOUR=24", "has BYHOUR=24, which is outside 0 to 23"),
        ("FREQ=DAILY;BYHOUR=-1", "has BYHOUR=-1, which is no number"),
        ("FREQ=DAILY;BYHOUR=2,", "has BYHOUR=, which is no number"),
        ("FREQ=DAILY;BYMINUTE=60", "has BYMINUTE=60, which is outside 0 to 59"),
        ("FREQ=DAILY;BYSECOND=1", "has BYSECOND=1, which is outside 0 to 0"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "has BYMONTHDAY=0, which is outside 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "has BYMONTHDAY=-32, which is outside 1 to 31"),
        ("FREQ=MONTHLY;BYDAY=6SU", "has BYDAY=6SU, whose number is outside 1 to 5"),
        ("FREQ=MONTHLY;BYDAY=0SU", "has BYDAY=0SU, whose number is outside 1 to 5"),
        ("FREQ=MONTHLY;BYDAY=2SU,MO", "has weekdays with and without a number in BYDAY; write either kind"),
        ("FREQ=MONTHLY;BYDAY=SUN", "has BYDAY=SUN, which is no weekday such as SU, 2SU or -1SU"),
        ("FREQ=WEEKLY;BYDAY=2SU", "has BYDAY=2SU, whose number does not go with FREQ=WEEKLY"),
        ("FREQ=DAILY;BYDAY=2SU", "has BYDAY=2SU, whose number does not go with FREQ=DAILY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "has BYMONTHDAY, which does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYYEARDAY=1", "has BYYEARDAY, which does not go with FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "has BYWEEKNO, which does not go with FREQ=MONTHLY"),
        ("FREQ=DAILY;BYSETPOS=2", "has BYSETPOS, which does not go with FREQ=DAILY"),
        ("FREQ=WEEKLY;BYDAY=SU;WKST=1SU", "has WKST=1SU, which is no weekday"),
        (
            "FREQ=YEARLY;BYWEEKNO=20",
            "must say with BYDAY, without numbers, which days of the weeks in BYWEEKNO it means",
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=2SU",
            "must say with BYDAY, without numbers, which days of the weeks in BYWEEKNO it means",
        ),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "has both COUNT and UNTIL, and only one may end it"),
        ("FREQ=DAILY;COUNT=1,2", "has more than one COUNT"),
        (
            "FREQ=DAILY;UNTIL=20271301",
            "has UNTIL=20271301, which is not written like 20271231, 20271231T235959 or 20271231T235959Z",
        ),
        (
            "FREQ=DAILY;UNTIL=2027-01-01",
            "has UNTIL=2027-01-01, which is not written like 20271231, 20271231T235959 or 20271231T235959Z",
        ),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40", "starts more than 24 times a day"),
        (
            "FREQ=DAILY;INTERVAL=2",
            "has an INTERVAL, so window_schedule_start must give the date from which it counts",
        ),
        ("FREQ=DAILY;COUNT=2", "has a COUNT, so window_schedule_start must give the date from which it counts"),
        (
            "FREQ=WEEKLY;BYHOUR=2",
            "does not say on which day (BYDAY or BYMONTHDAY, say),"
            " so window_schedule_start must give the date from which it counts",
        ),
        (
            "FREQ=YEARLY;BYMONTH=6",
            "does not say on which day (BYDAY or BYMONTHDAY, say),"
            " so window_schedule_start must give the date from which it counts",
        ),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "never comes true"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never comes true"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1;BYDAY=SU", "never comes true"),
    ],
)
def test_what_a_rule_may_not_say(rule: str, problem: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_rule(rule, None)

    assert str(caught.value).endswith(f"' {problem}.")
    assert str(caught.value).startswith("window_schedule '")


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0",
        " rrule:freq=monthly;byday=2su;byhour=2;byminute=0 ",
        "FREQ=MONTHLY;INTERVAL=1;BYDAY=+2SU;BYHOUR=02;BYMINUTE=00;BYSECOND=0;WKST=MO",
        "FREQ=MONTHLY;BYDAY=SU;BYSETPOS=2;BYHOUR=2",
        "FREQ=DAILY;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14;BYHOUR=2",
    ],
)
def test_ways_to_write_the_second_sunday_of_the_month(rule: str) -> None:
    starts = read_rule(rule, None).starts(zoneinfo.ZoneInfo("UTC"), dt.date(2026, 11, 1))

    assert [dt.datetime.fromtimestamp(next(starts), dt.timezone.utc).isoformat() for _ in range(3)] == [
        "2026-11-08T02:00:00+00:00",
        "2026-12-13T02:00:00+00:00",
        "2027-01-10T02:00:00+00:00",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=22",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO,SU",
        "FREQ=YEARLY;BYYEARDAY=1,-1",
        "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=1,13",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    ],
)
@given(floor=st.dates(dt.date(2020, 1, 1), dt.date(2060, 1, 1)))
@example(floor=dt.date(2027, 1, 1))
def test_a_rule_without_a_start_date_gives_the_same_starts_wherever_one_begins_to_look(
    rule: str, floor: dt.date
) -> None:
    zone = zoneinfo.ZoneInfo("Europe/London")
    read = read_rule(rule, None)
    midnight = dt.datetime(floor.year, floor.month, floor.day, tzinfo=zone).timestamp()
    earlier = (start for start in read.starts(zone, floor - dt.timedelta(days=777)) if start >= midnight)

    assert list(itertools.islice(read.starts(zone, floor), 3)) == list(itertools.islice(earlier, 3))


@pytest.mark.parametrize("rule", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31"])
def test_a_rule_that_never_comes_true_is_refused(rule: str) -> None:
    with pytest.raises(BadInput, match="never comes true"):
        read_rule(rule, None)


@given(st.text(alphabet="FREQ=DAILYWKMONTHSU;BYTPC:,+-0123456789Z\n ", max_size=60) | st.text(max_size=30))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        assert isinstance(read_rule(text, dt.date(2026, 1, 5)), Rule)
