# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter window_file_problems: what is wrong with window files, and how each of their windows stands."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_file_problems
short_description: Check window files
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Reads window files and returns for each file everything that is wrong with it, and how its window stands. Files are
    read as data. No template in them is rendered.
  - Every key must be known, and its value of the right kind. Keys for tasks of your own begin with C(x_).
  - A value that YAML reads as something other than what stands in the file is refused, such as V(010) (8), V(2:00)
    (120), V(NO) (false) and a C(window_id) without quotes.
  - Templates, tags such as C(!vault) and C(!unsafe), keys that stand there twice, and names that two files share are
    refused.
  - The playbook C(netfleet.maintenance.validate_windows) uses it.
options:
  _input:
    description: Paths of window files. Relative paths start at the working directory.
    type: list
    elements: path
    required: true
  at:
    description: The instant at which to judge the windows, as ISO 8601 with an offset. The default is now.
    type: str
positional: at
requirements:
  - python-dateutil
  - icalendar, for calendars that name time zones as Windows does
  - tzdata, where the system has no time zone database
seealso:
  - plugin: netfleet.maintenance.window_occurrence
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Refuse window files that are wrong
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' | ') }}"
  vars:
    problems: >-
      {{ ['windows/core.yml'] | netfleet.maintenance.window_file_problems | map(attribute='problems') | flatten }}
"""

RETURN = r"""
_value:
  description: The files in the order given.
  type: list
  elements: dict
  contains:
    path:
      description: The path as it was given.
      type: str
      sample: windows/core.yml
    problems:
      description: A sentence for each thing that is wrong with the file, which names the file and the key.
      type: list
      elements: str
      sample: ["windows/core.yml: Unknown key window_max_failure. Did you mean window_max_failures?"]
    reason:
      description: How the window stands, empty when something is wrong with the file.
      type: str
      sample: "closed: core-sbc-monthly opens next at 2026-12-13T02:00:00+00:00 (Europe/London)"
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.filter.window_occurrence import window_occurrence
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.window_file import (
    read_text,
    same_names,
    text_of,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted


def window_file_problems(paths: object, at: object = None) -> list[dict[str, t.Any]]:
    """Return for each window file what is wrong with it, and how its window stands at an instant, or now."""
    if isinstance(paths, str):
        paths = [paths]
    if not isinstance(paths, (list, tuple)):
        raise AnsibleFilterError("Give window_file_problems a list of paths of window files.")
    checked: list[dict[str, t.Any]] = []
    named = []
    for path in map(str, paths):
        values, problems, reason = _checked(path, at)
        named.append((path, values))
        checked.append({"path": path, "problems": [f"{path}: {problem}" for problem in problems], "reason": reason})
    if checked:
        # Of all the files together, so of none of them alone.
        checked[-1]["problems"] += same_names(named)
    # The sentences quote the files.
    return untrusted(checked)


def _checked(path: str, at: object) -> tuple[dict[str, t.Any], list[str], str]:
    """Return the values of a file, what is wrong with it, and how its window stands."""
    try:
        values, problems = read_text(text_of(path))
    except BadInput as error:
        return {}, [str(error)], ""
    if problems:
        return values, problems, ""
    try:
        return values, [], window_occurrence(values, at)["reason"]
    except AnsibleFilterError as error:
        return values, [str(error)], ""


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"window_file_problems": window_file_problems}
