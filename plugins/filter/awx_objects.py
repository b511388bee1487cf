# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter awx_objects: which objects of AWX belong to maintenance windows, and whether their names are free."""

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_objects
short_description: Compare the objects of AWX with those that maintenance windows need
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes what AWX has, and says whether the names that the role P(netfleet.maintenance.awx#role) needs are free, and
    which of its workflows belong to windows that are gone.
  - Names are compared without case. An object is ours when its description ends with RV(_value.mark).
options:
  _input:
    description:
      - The objects of AWX by the name of their list. C(unified_job_templates) are those of the organization,
        C(credentials) and C(inventories) those of all organizations.
    type: dict
    required: true
  prefix:
    description: First word of the names of all objects.
    type: str
    required: true
  organization:
    description: Organization of all objects.
    type: str
    required: true
  windows:
    description: The names of the windows, as their files say (C(window_name), or C(window_id)).
    type: list
    elements: str
    default: []
positional: prefix, organization, windows
seealso:
  - plugin: netfleet.maintenance.awx_schedule
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Refuse names that are taken
  ansible.builtin.assert:
    that: there.problem == ''
    fail_msg: "{{ there.problem }}"
  vars:
    there: "{{ objects | netfleet.maintenance.awx_objects('netfleet', 'Default', ['core-sbc-monthly']) }}"
    objects:
      unified_job_templates: []
      credentials: []
      inventories: []
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: What follows for a set-up.
  type: dict
  contains:
    problem:
      description: Why nothing can be made under these names; empty when all can be.
      type: str
      sample: ""
    left_over:
      description: Names of workflows that an earlier set-up made for windows that are not listed any more.
      type: list
      elements: str
      sample: [netfleet core-sbc-weekly]
    missing:
      description: Names that AWX does not have yet.
      type: list
      elements: str
      sample: [netfleet core-sbc-monthly plan]
    mark:
      description: The sentence with which the descriptions of our objects end.
      type: str
      sample: Made by setup_awx with the prefix netfleet.
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.awx_objects import (
    left_over,
    mark_of,
    names_problem,
    shared_names,
    window_names,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted


def awx_objects(
    there: object, prefix: str, organization: str, windows: t.Sequence[object] | None = None
) -> dict[str, t.Any]:
    """Return what follows for a set-up from what AWX has. Raises AnsibleFilterError for other input."""
    if not isinstance(there, t.Mapping):
        raise AnsibleFilterError("Give awx_objects a mapping of the lists of AWX.")
    names = [str(window) for window in windows or ()]
    wanted = {**shared_names(prefix)}
    for name in names:
        wanted |= window_names(prefix, name)
    known = {str(item["name"]) for item in there.get("unified_job_templates", ())}
    found = {
        "problem": names_problem(prefix, organization, names, there),
        "left_over": left_over(prefix, names, there),
        # An inventory source belongs to an inventory, and may be in no list of an organization.
        "missing": [name for name, kind in wanted.items() if name not in known and kind != "inventory_source"],
        "mark": mark_of(prefix),
    }
    # The names are AWX's.
    return dict(untrusted(found))


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"awx_objects": awx_objects}
