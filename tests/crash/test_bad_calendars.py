# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A calendar that turns bad in mid-run keeps no device locked."""

from __future__ import annotations

import pytest

from tests.crash import bad_calendars
from tests.crash.bad_calendars import BAD
from tests.crash.lane import Lane


@pytest.mark.parametrize("what", BAD)
def test_a_calendar_that_turns_bad_keeps_no_device_locked(lane: Lane, what: str) -> None:
    assert bad_calendars.turns_bad_and_the_run_goes_on(lane, BAD[what]) == []
    assert bad_calendars.turns_bad_and_the_run_dies(lane, BAD[what]) == []


@pytest.mark.parametrize("what", ["a rule without a step", "a pipe"])
def test_nor_does_it_when_the_rerun_is_the_playbook(lane: Lane, what: str) -> None:
    assert bad_calendars.turns_bad_before_the_playbook(lane, BAD[what]) == []


def test_a_rerun_unlocks_before_it_waits_for_its_calendar(lane: Lane) -> None:
    assert bad_calendars.never_comes(lane) == []
