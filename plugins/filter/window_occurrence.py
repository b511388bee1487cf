# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter window_occurrence: how a maintenance window stands now, or at an instant."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_occurrence
short_description: Tell whether a maintenance window is open, and when it opens next
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes the definition of a maintenance window, as it stands in a window file, and says how the window stands at an
    instant.
  - The weekday of a schedule belongs to the local start, so a window may cross midnight, or the end of a month or year.
  - A start that the wall clock skips, because clocks are set forward, is the first valid instant after the gap.
  - A start that the wall clock shows twice, because clocks are set back, is the first of the two. There is one window,
    with one RV(_value.id), because the id is made of the start in UTC.
  - The length is real elapsed time, whatever the wall clock shows meanwhile.
  - A freeze beats an open window. A calendar that cannot be read completely is an error, so nothing new starts.
options:
  _input:
    description:
      - The keys of a window file. Other keys than these are left alone, and a key without a value counts as left out.
      - Either O(_input.window_schedule) or O(_input.window_id) is needed.
    type: dict
    required: true
    suboptions:
      window_name:
        description: The name of the window, needed with O(_input.window_schedule).
        type: str
      window_schedule:
        description:
          - A recurrence rule of RFC 5545, without C(DTSTART). C(RRULE:) in front is accepted.
          - C(FREQ) is one of V(DAILY), V(WEEKLY), V(MONTHLY) and V(YEARLY), with at most 24 starts a day, and windows
            must not overlap.
          - Times of the day that the rule does not give (C(BYHOUR), C(BYMINUTE)) are 0.
        type: str
      window_schedule_start:
        description:
          - The date from which the rule counts, such as V(2026-01-05). No window opens before it.
          - Without it the rule has no beginning, so it is needed when the days depend on it, which they do with
            C(INTERVAL) and C(COUNT), and when the rule does not say which day of the week, month or year it means.
        type: str
      window_id:
        description: The id of a window that happens once. It is open now when there is no O(_input.window_opens_at).
        type: str
      window_opens_at:
        description: When a window that happens once opens, as ISO 8601 with an offset.
        type: str
      window_duration:
        description:
          - How long the window lasts, such as V(2h), V(90m), V(1h30m) or a number of seconds, and at most 31 days.
          - Needed with O(_input.window_schedule). A window with O(_input.window_id) also needs
            O(_input.window_opens_at), else nothing ends it.
        type: str
      window_cutoff:
        description: How long before the end nothing new may start, written like O(_input.window_duration).
        type: str
        default: "0"
      window_timezone:
        description: The IANA time zone of the schedule, and of whole days in the calendars.
        type: str
        default: UTC
      window_freeze:
        description:
          - Freeze calendars, which are iCalendar files (C(.ics)) or directories of them. New work does not start
            during their events, one-off or recurring, unless the event is cancelled.
        type: list
        elements: path
      window_directory:
        description: What relative paths in O(_input.window_freeze) start at. The default is the working directory.
        type: path
  at:
    description: The instant to look at, as ISO 8601 with an offset. The default is now.
    type: str
  fail:
    description:
      - Whether a definition, an instant or a calendar that cannot be read fails the task. With V(false),
        RV(_value.state) is V(unknown) then, and RV(_value.problem) says why.
    type: bool
    default: true
    version_added: 0.2.0
positional: at
requirements:
  - python-dateutil
  - icalendar, for calendars that name time zones as Windows does
  - tzdata, where the system has no time zone database
"""

EXAMPLES = r"""
- name: Say when the window opens next
  ansible.builtin.debug:
    msg: "{{ (core_window | netfleet.maintenance.window_occurrence).reason }}"
  vars:
    core_window:
      window_name: core-sbc-monthly
      window_schedule: FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0
      window_timezone: Europe/London
      window_duration: 2h
      window_cutoff: 20m
      window_freeze: [calendars/holidays.ics]

- name: Stop outside the window of a change
  ansible.builtin.assert:
    that: change_window.state == 'open'
    fail_msg: "{{ change_window.reason }}"
  vars:
    change:
      window_id: CHG0012345
      window_opens_at: "2026-12-13T02:00:00+00:00"
      window_duration: 2h
    change_window: "{{ change | netfleet.maintenance.window_occurrence }}"

- name: Check a window file for the coming year
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'windows/core.yml') | from_yaml
      | netfleet.maintenance.window_occurrence(at='2027-01-01T00:00:00+00:00') }}"
"""

RETURN = r"""
_value:
  description: How the window stands. Instants are ISO 8601 with the offset that the window's time zone has then.
  type: dict
  contains:
    id:
      description:
        - The id of the occurrence, which is the name and the start in UTC, or O(_input.window_id).
        - It is null when a schedule is closed.
      type: str
      sample: core-sbc-monthly@20261213T020000Z
    name:
      description: The name of the window, or its id when it has no name.
      type: str
      sample: core-sbc-monthly
    state:
      description:
        - V(open) when new work may start, V(cutoff) when it may not any more, V(closed) outside the window.
        - V(frozen) within the window while a freeze is on.
        - V(unknown) when it cannot be read, with O(fail=false).
      type: str
      sample: open
    problem:
      description: Why the window cannot be read; empty when it can.
      type: str
      returned: with O(fail=false)
      sample: ""
    opens_at:
      description: When the occurrence opened, or null.
      type: str
      sample: "2026-12-13T02:00:00+00:00"
    cutoff_at:
      description: From when on no new work may start, or null when nothing ends the window.
      type: str
      sample: "2026-12-13T03:40:00+00:00"
    closes_at:
      description: When the occurrence closes, or null when nothing ends the window.
      type: str
      sample: "2026-12-13T04:00:00+00:00"
    next_opens_at:
      description: When the window opens after this instant, or null when it does not.
      type: str
      sample: "2027-01-10T02:00:00+00:00"
    remaining:
      description:
        - The seconds in which new work may start, which is until the cut-off, or until a freeze that begins before it.
        - It is 0 when no new work may start, and null when nothing limits it.
      type: int
      sample: 6000
    reason:
      description: One sentence for a person.
      type: str
      sample: >-
        open: core-sbc-monthly takes new work until 2026-12-13T03:40:00+00:00 and closes at 2026-12-13T04:00:00+00:00
        (Europe/London)
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._libraries import missing_libraries
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_instant, read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import as_result
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.watchdog import end_with_run
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted

_LIBRARIES = ("dateutil",)


def window_occurrence(definition: object, at: object = None, fail: bool = True) -> dict[str, t.Any]:
    """Return how the window with this definition stands at an instant, or now.

    Raise AnsibleFilterError for a definition, an instant or a calendar that cannot be understood, and without the
    libraries, unless ``fail`` is false.
    """
    end_with_run()
    try:
        found = _occurrence(definition, at)
    except AnsibleFilterError as error:
        if fail:
            raise
        return {"state": "unknown", "id": "", "reason": "", "problem": untrusted(str(error))}
    return found if fail else {**found, "problem": ""}


def _occurrence(definition: object, at: object) -> dict[str, t.Any]:
    missing = missing_libraries(_LIBRARIES)
    if missing:
        raise AnsibleFilterError(missing)
    try:
        window = read_window(definition)
        instant = Clock().now() if at is None else read_instant(at, "at")
        freezes = Freezes(window.freeze, window.directory, window.zone)
        # The reason quotes calendars, which may come from outside.
        return untrusted(as_result(look(window, instant, freezes.between)))
    except MaintenanceError as error:
        # Ansible adds the text of a cause to the message, which says it all already.
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"window_occurrence": window_occurrence}
