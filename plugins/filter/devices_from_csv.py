# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter devices_from_csv: devices to register, from a CSV file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: devices_from_csv
short_description: Read the devices to register from a CSV file
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes the path of a CSV file and returns the list that the playbook C(netfleet.maintenance.register_devices) takes.
  - The first line names the columns, which are options of M(netfleet.maintenance.pam_device), and C(zequenze_name),
    C(sdm_name) and C(sdm_device_id) for the playbook C(netfleet.maintenance.deploy_devices). Only C(hostname) is
    required.
  - A blank cell leaves the option out. C(device_domain), C(device_tags) and C(connectivities) take several values,
    separated by semicolons.
  - Fails with the line number of every problem, such as an unknown column or a hostname that stands there twice. Then
    no device is returned.
options:
  _input:
    description: Path of the file. It must be UTF-8, with commas between the columns.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Show what would be registered
  ansible.builtin.debug:
    msg: "{{ 'fleet.csv' | netfleet.maintenance.devices_from_csv }}"
"""

RETURN = r"""
_value:
  description: One mapping for each device, with the options of M(netfleet.maintenance.pam_device).
  type: list
  elements: dict
  sample:
    - {hostname: dub-sbc-01, ip: 192.0.2.201, site: DUB, connectivities: ["SSH:22", "HTTPS:443"]}
"""

import typing as t
from pathlib import Path

from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.csv_list import read_devices
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted

LARGEST = 64 * 1024 * 1024


def devices_from_csv(path: object) -> list[dict[str, t.Any]]:
    """Return the devices of a CSV file. Raises AnsibleFilterError when it cannot be read or holds a mistake."""
    if not isinstance(path, str) or not path.strip():
        raise AnsibleFilterError("devices_from_csv takes the path of a CSV file.")
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise AnsibleFilterError(f"The CSV file {path} cannot be read: {error.strerror}.") from None
    if len(data) > LARGEST:
        raise AnsibleFilterError(f"The CSV file {path} is larger than {LARGEST // 1024 // 1024} MiB.")
    try:
        return untrusted(read_devices(data, path))
    except BadInput as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"devices_from_csv": devices_from_csv}
