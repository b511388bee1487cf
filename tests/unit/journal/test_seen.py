# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of a device before and after its window, in the journal and compared."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.seen import (
    changes,
    differing,
    note_seen,
    seen_before,
)

BEFORE = {
    "software": "SCZ9.1.0p3",
    "config_version": "12",
    "serial": "S1",
    "addresses": {"zequenze": "192.0.2.7", "oracle_sdm": "192.0.2.7"},
    "up": True,
    "uptime": 86400.0,
}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({}, []),
        ({"uptime": 12.0}, []),
        ({"software": "SCZ9.1.0p5"}, ["came back with software 'SCZ9.1.0p5', was 'SCZ9.1.0p3'"]),
        ({"config_version": "13"}, ["came back with configuration version '13', was '12'"]),
        ({"serial": "S2"}, ["came back with serial number 'S2', was 'S1'"]),
        (
            {"addresses": {"zequenze": "192.0.2.9", "oracle_sdm": "192.0.2.9"}},
            ["came back with address '192.0.2.9', was '192.0.2.7'"],
        ),
        ({"addresses": {"oracle_sdm": "192.0.2.7"}}, []),
        ({"software": None, "serial": None, "addresses": {}}, []),
        ({"up": False}, []),
    ],
)
def test_only_what_both_show_can_differ(after: dict[str, t.Any], said: list[str]) -> None:
    assert [change.sentence for change in changes(BEFORE, {**BEFORE, **after})] == said
    assert changes({}, {**BEFORE, **after}) == ()


def test_a_device_that_was_down_and_is_up_is_a_change() -> None:
    assert [change.sentence for change in changes({"up": False}, {"up": True})] == ["came back up, was down"]


def test_members_of_a_group_with_different_software_are_named() -> None:
    groups = {
        "ha_pair=lax": {"a": {"software": "p3"}, "b": {"software": "p5"}},
        "ha_pair=fra": {"c": {"software": "p3"}, "d": {"software": "p3"}},
        "ha_pair=ams": {"e": {"software": "p3"}, "f": {}},
    }
    assert differing(groups) == ["The devices of 'ha_pair=lax' run different software: 'a' 'p3', 'b' 'p5'."]


def test_what_was_seen_first_stays_what_was_before(journal: Journal) -> None:
    note_seen(journal, "CHG1", "a", "before", {"software": "p3"})
    note_seen(journal, "CHG1", "a", "after", {"software": "p4"})
    note_seen(journal, "CHG1", "a", "before", {"software": "p4"})
    note_seen(journal, "CHG2", "a", "before", {"software": "p9"})
    assert seen_before(journal, "CHG1") == {"a": {"software": "p3"}}
