# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter window_targets: the hosts that a pattern selects, or why the pattern is refused.

Every playbook reads its targets through this one filter: window_targets, drift_targets and incident_device alike.
"""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_targets
short_description: Select the devices of a maintenance window, or say why the selection is refused
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes a host pattern and returns the inventory names that it selects, in the order of the inventory.
  - Ansible ignores blank parts and unknown names in a pattern, and reads a pattern without names as all hosts. This
    filter refuses them instead, each in one sentence, so that a window never touches other devices than were meant.
  - Refused are a missing or blank pattern, a separator or operator without a name (C(,), C(:), C(&), C(!), C(~)), a
    name or glob that fits nothing in the inventory, a value that is not text, a regular expression that fits the empty
    text, a pattern that selects no device, and a C(--limit) that leaves out a selected device.
options:
  _input:
    description: The host pattern, for example V(site_LAX:&type_SBC).
    type: raw
    required: true
  groups:
    description: The groups of the inventory with their hosts, which Ansible calls C(groups).
    type: dict
    required: true
  option:
    description: The variable that holds the pattern; the sentence names it.
    type: str
    default: window_targets
  limit:
    description: What C(--limit) holds, which Ansible calls C(ansible_limit).
    type: str
    default: ""
  slices:
    description:
      - Number of runs that have a part of the inventory each. With more than 1, a name that is not in the inventory is
        of another part, so it is no problem, and neither is a pattern that selects no device.
    type: int
    default: 1
positional: groups, option, limit, slices
"""

EXAMPLES = r"""
- name: Refuse targets that are not in the inventory
  ansible.builtin.assert:
    that: selected.problem == ''
    fail_msg: "{{ selected.problem }}"
  vars:
    selected: >-
      {{ window_targets | default('lax-sbc-01')
      | netfleet.maintenance.window_targets(groups, limit=ansible_limit | default('')) }}
"""

RETURN = r"""
_value:
  description: The selection.
  type: dict
  contains:
    hosts:
      description: The names of the selected hosts; empty when the pattern is refused.
      type: list
      elements: str
      sample: [lax-sbc-01, lax-sbc-02]
    problem:
      description: Why the pattern is refused; empty when it is not.
      type: str
      sample: "window_targets names 'nosuch-01', which is not in the inventory. Names are case-sensitive."
"""

import typing as t

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.selection import (
    left_out_by_limit,
    nothing_selected,
    selection_problem,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted


def window_targets(
    pattern: object,
    groups: t.Mapping[str, t.Sequence[str]],
    option: str = "window_targets",
    limit: str | None = "",
    slices: object = 1,
) -> dict[str, t.Any]:
    """Return the hosts that a pattern selects, and the sentence that refuses it; one of the two is empty."""
    hosts = list(groups.get("all", ()))
    known = set(hosts)
    sliced = str(slices).strip().isdecimal() and int(str(slices)) > 1
    problem = selection_problem(option, pattern, hosts, groups, in_part=sliced)
    selected: list[str] = []
    if not problem:
        # The name localhost is a host for Ansible even where the inventory does not have it.
        selected = [name for name in _selected(str(pattern), groups) if name in known]
        problem = "" if selected or sliced else nothing_selected(option, str(pattern))
    if selected and limit and limit.strip():
        limited = set(_selected(limit, groups))
        left_out = [name for name in selected if name not in limited]
        problem = left_out_by_limit(option, limit, left_out) if left_out else ""
    return {"hosts": [] if problem else untrusted(selected), "problem": untrusted(problem)}


def _selected(pattern: str, groups: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """Return the hosts that Ansible selects with a pattern."""
    manager = InventoryManager(DataLoader(), parse=False)
    for group, hosts in groups.items():
        manager.add_group(group)
        for host in hosts:
            manager.add_host(host, group=group)
    try:
        return [host.name for host in manager.get_hosts(pattern=pattern)]
    except AnsibleError:
        return []


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"window_targets": window_targets}
