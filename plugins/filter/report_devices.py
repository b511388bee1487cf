# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter report_devices: what the inventory knows of hosts, as reports and metrics want it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report_devices
short_description: Tell reports what the inventory knows of devices
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes names of hosts and gives the option O(netfleet.maintenance.window_report#module:devices), from the variables
    that the inventory P(netfleet.maintenance.pam_devices#inventory) sets.
positional: hostvars
options:
  _input:
    description: Names of hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's variable of the same name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Report a window with the sites and models of its devices
  netfleet.maintenance.window_report:
    window_id: CHG0012345
    dest: /srv/reports
    devices: "{{ groups['site_LAX'] | netfleet.maintenance.report_devices(hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: One entry for each host, in the order given. What is not known is left out.
  type: list
  elements: dict
  sample:
    - {name: lax-sbc-01, site: LAX, model: Acme Packet 4600, type: SBC}
"""

import typing as t

from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted

_VARIABLES = {
    "site": "pam_site",
    "model": "pam_model",
    "type": "pam_type",
    "sdm_name": "sdm_name",
    "zequenze_name": "zequenze_name",
}


def report_devices(names: t.Sequence[str], hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return the devices of these names with what their host variables say."""
    return untrusted([_device(name, hostvars[name]) for name in names])


def _device(name: str, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    known = {key: variables.get(variable) for key, variable in _VARIABLES.items()}
    return {"name": str(name), **{key: str(value) for key, value in known.items() if value not in (None, "")}}


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"report_devices": report_devices}
