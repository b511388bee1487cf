# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter window_rollout: in which order a maintenance window takes its devices."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_rollout
short_description: Order the devices of a maintenance window into batches
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes names of hosts and says which of them a window takes at once, and in which order.
  - A batch that has several devices of one exclusive group is taken in several waves, so that never two of them are
    taken at once.
  - Hosts whose variable C(maintenance_protected) is true, or C(maintenance_managed) false, belong to no batch. They
    come last, to be told why.
positional: hostvars, batches, exclusive_by
options:
  _input:
    description: Names of hosts, in the order in which they are to be taken.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's variable of the same name.
    type: dict
    required: true
  batches:
    description:
      - Sizes of the batches, as numbers of devices or percentages of all of them. The last one repeats.
      - The first of several batches is the canary.
    type: list
    elements: str
    default: ["100%"]
  exclusive_by:
    description: The host variable that says which exclusive group a host belongs to, for example C(pam_site).
    type: str
"""

EXAMPLES = r"""
- name: Show which devices of a window are taken together
  ansible.builtin.debug:
    msg: "{{ (groups['type_SBC'] | netfleet.maintenance.window_rollout(hostvars, [1, '30%'], 'pam_site')).waves }}"
"""

RETURN = r"""
_value:
  description: The order.
  type: dict
  contains:
    hosts:
      description: All hosts in the order in which they are taken.
      type: list
      elements: str
      sample: [lax-sbc-01, lax-sbc-02, lon-sbc-01]
    serial:
      description: How many of them are taken at once, as C(serial) of a play takes it.
      type: list
      elements: int
      sample: [1, 2]
    waves:
      description: The same as lists of hosts.
      type: list
      elements: list
      sample: [[lax-sbc-01], [lax-sbc-02, lon-sbc-01]]
    wave_of:
      description: For each host the number of its wave, from 0.
      type: dict
      sample: {lax-sbc-01: 0, lax-sbc-02: 1, lon-sbc-01: 1}
    groups:
      description: For each host of an exclusive group its name.
      type: dict
      sample: {lax-sbc-01: pam_site=LAX, lax-sbc-02: pam_site=LAX, lon-sbc-01: pam_site=LON}
    canaries:
      description: The names under which the devices of the first of several batches are locked.
      type: list
      elements: str
      sample: [lax-sbc-01]
    previous:
      description: For each wave, the names under which the devices of the batch before are locked.
      type: list
      elements: list
      sample: [[], [lax-sbc-01]]
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import Batch, Target, roll_out
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inert import inert


def window_rollout(
    names: t.Sequence[str],
    hostvars: t.Mapping[str, t.Mapping[str, t.Any]],
    batches: t.Sequence[Batch] | Batch = ("100%",),
    exclusive_by: str | None = None,
) -> dict[str, t.Any]:
    """Order hosts into waves. Raises AnsibleFilterError for sizes that are none, and hosts without the variable."""
    sizes = [batches] if isinstance(batches, (str, int)) else list(batches)
    # Asking for the variables of a host has Ansible gather them, so it is done once.
    known = {str(name): hostvars[name] for name in names}
    targets = [_target(name, variables, exclusive_by or None) for name, variables in known.items()]
    try:
        rollout = roll_out(targets, sizes)
    except MaintenanceError as error:
        raise AnsibleFilterError(str(error)) from None
    locked_as = {name: str(variables.get("sdm_name") or name) for name, variables in known.items()}
    return inert(
        {
            "hosts": [name for wave in rollout.waves for name in wave],
            "serial": [len(wave) for wave in rollout.waves],
            "waves": [list(wave) for wave in rollout.waves],
            "wave_of": {name: number for number, wave in enumerate(rollout.waves) for name in wave},
            "groups": {target.name: target.group for target in targets if target.group is not None},
            "canaries": [locked_as[name] for name in rollout.canaries],
            "previous": [[locked_as[name] for name in rollout.before(wave)] for wave in range(len(rollout.waves))],
        }
    )


def _target(name: str, variables: t.Mapping[str, t.Any], exclusive_by: str | None) -> Target:
    """Read what the variables of a host say about it."""
    group = None
    if exclusive_by is not None:
        value = variables.get(exclusive_by)
        if value is None or value == "":
            raise AnsibleFilterError(
                f"window_exclusive_by is {exclusive_by}, and host {name} has no such variable, so nobody can say which "
                "group it belongs to."
            )
        group = f"{exclusive_by}={value}"
    protected = boolean(variables.get("maintenance_protected") or False, strict=False)
    managed = boolean(variables.get("maintenance_managed", True), strict=False)
    return Target(name, group, protected or not managed)


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Give the filters of this file by name."""
        return {"window_rollout": window_rollout}
