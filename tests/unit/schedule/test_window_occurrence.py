# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter window_occurrence as a template meets it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.filter import window_occurrence as plugin
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._libraries import PACKAGES
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted

WINDOW: dict[str, t.Any] = {
    "window_name": "core-sbc-monthly",
    "window_targets": "site_LAX:&type_SBC",
    "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0",
    "window_timezone": "Europe/London",
    "window_duration": "2h",
    "window_cutoff": "20m",
    "window_operations": ["sync", "reboot"],
}
KEYS = ["id", "name", "state", "opens_at", "cutoff_at", "closes_at", "next_opens_at", "remaining", "reason"]
CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example.com//tests//EN
BEGIN:VEVENT
UID:1@example.com
DTSTAMP:20260101T000000Z
SUMMARY:{{ holidays }}
DTSTART;VALUE=DATE:20261213
END:VEVENT
END:VCALENDAR
"""


def window_occurrence(definition: object, at: object = None) -> dict[str, t.Any]:
    """Call the filter by the name that templates use."""
    found: dict[str, t.Any] = plugin.FilterModule().filters()["window_occurrence"](definition, at)
    return found


def test_the_filter_gives_the_keys_of_the_contract() -> None:
    found = window_occurrence(WINDOW, at="2026-12-13T02:00:00+00:00")

    assert list(found) == KEYS
    assert (found["id"], found["state"]) == ("core-sbc-monthly@20261213T020000Z", "open")


def test_without_an_instant_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "now", lambda _self: parse_instant("2026-12-13T03:45:00Z"))

    assert window_occurrence(WINDOW)["state"] == "cutoff"
    assert window_occurrence({"window_id": "CHG1"})["state"] == "open"


@pytest.mark.row(102)
def test_the_calendars_are_read_each_time(tmp_path: pathlib.Path) -> None:
    window = {**WINDOW, "window_freeze": ["holidays.ics"], "window_directory": str(tmp_path)}
    at = "2026-12-13T02:00:00Z"
    with pytest.raises(AnsibleFilterError, match=r"holidays\.ics' cannot be read, so no new work may start"):
        window_occurrence(window, at)
    (tmp_path / "holidays.ics").write_text(CALENDAR.replace("1213\n", "1224\n"))
    assert window_occurrence(window, at)["state"] == "open"
    (tmp_path / "holidays.ics").write_text(CALENDAR)
    assert window_occurrence(window, at)["state"] == "frozen"
    # Also where there is nothing to freeze: a broken calendar is found before its time comes.
    (tmp_path / "holidays.ics").write_text("broken")
    with pytest.raises(AnsibleFilterError, match="cannot be read"):
        window_occurrence(window, "2026-11-01T00:00:00Z")


@pytest.mark.parametrize(
    ("definition", "at", "sentence"),
    [
        (
            {**WINDOW, "window_timezone": "Mars/Base"},
            None,
            "window_timezone 'Mars/Base' is not a time zone this machine knows:"
            " write an IANA name such as Europe/London.",
        ),
        (WINDOW, "", "at '' is not an instant with an offset, such as 2026-11-21T02:00:00+00:00."),
        (WINDOW, "today", "at 'today' is not an instant with an offset, such as 2026-11-21T02:00:00+00:00."),
        (
            WINDOW,
            "2026-12-13 02:00",
            "at '2026-12-13 02:00' is not an instant with an offset, such as 2026-11-21T02:00:00+00:00.",
        ),
        (WINDOW, "9999-12-31T00:00:00Z", "at '9999-12-31T00:00:00Z' is not between the years 2000 and 2999."),
        ({}, None, "A window needs a window_schedule, or a window_id when it happens once."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(definition: object, at: object, sentence: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        window_occurrence(definition, at)

    assert str(caught.value) == sentence


def test_what_a_calendar_says_is_no_template(tmp_path: pathlib.Path) -> None:
    (tmp_path / "holidays.ics").write_text(CALENDAR)
    found = window_occurrence({**WINDOW, "window_freeze": str(tmp_path)}, "2026-12-13T02:00:00Z")

    assert "{{ holidays }}" in found["reason"]
    for key in ("reason", "state"):
        # How a core marks such a text differs, and `inert` knows.
        assert type(found[key]) is type(untrusted(str(found[key])))


@pytest.mark.parametrize("library", ["dateutil"])
def test_a_missing_library_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        AnsibleFilterError, match=rf"Missing Python package: .*{PACKAGES[library]}.* Run: .* -m pip inst"
    ):
        window_occurrence(WINDOW)


def test_the_documentation_names_what_the_filter_gives() -> None:
    documented = list(yaml.safe_load(plugin.RETURN)["_value"]["contains"])
    assert [key for key in documented if key != "problem"] == KEYS


@pytest.mark.parametrize(
    ("definition", "at", "problem"),
    [
        ({**WINDOW, "window_timezone": "Europe/Londn"}, None, "window_timezone 'Europe/Londn' is not a time zone"),
        ({**WINDOW, "window_freeze": ["nosuch.ics"]}, None, "'nosuch.ics' cannot be read"),
        (WINDOW, "yesterday", "yesterday"),
        ([], None, "must be a mapping"),
    ],
)
def test_what_cannot_be_read_is_a_state_where_that_is_asked_for(
    definition: t.Any, at: str | None, problem: str
) -> None:
    found = plugin.window_occurrence(definition, at, fail=False)
    assert (found["state"], found["id"]) == ("unknown", "")
    assert problem in found["problem"]
    with pytest.raises(AnsibleFilterError) as failed:
        plugin.window_occurrence(definition, at)
    assert str(failed.value) == found["problem"]
    assert plugin.window_occurrence(WINDOW, "2026-12-13T02:00:00Z", fail=False)["problem"] == ""


def test_the_documentation_has_its_name() -> None:
    assert yaml.safe_load(plugin.DOCUMENTATION)["name"] == "window_occurrence"


def test_a_real_template_uses_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "holidays.ics").write_text(CALENDAR)
    (tmp_path / "window.yml").write_text(
        yaml.safe_dump({"window": {**WINDOW, "window_freeze": ["holidays.ics"]}, "once": {"window_id": "4711"}})
        + "early: {window_id: CHG1, window_opens_at: 2026-12-13T02:00:00+00:00, window_duration: 1h}\n"
    )
    states = [
        "(window | {} (at='2026-12-13T02:00:00Z'))",
        "(once | {})",
        "(early | {} ('2026-12-13T01:00:00+00:00'))",
    ]
    expression = ", ".join(states).format(*["netfleet.maintenance.window_occurrence"] * len(states))
    done = subprocess.run(
        ["ansible", "localhost", "-e", "@window.yml", "-m", "debug", "-a", f"msg={{{{ [{expression}] }}}}"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.partition("=> ")[2])["msg"]
    assert [seen["state"] for seen in found] == ["frozen", "open", "closed"]
    assert [seen["id"] for seen in found] == ["core-sbc-monthly@20261213T020000Z", "4711", "CHG1"]
    assert "the freeze '{{ holidays }}' until 2026-12-14T00:00:00+00:00" in found[0]["reason"]
