#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_silence; its logic is in module_utils/_notify/window_silence.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_silence
short_description: Silence alerts while a maintenance window runs
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Makes a silence in Alertmanager that is a short lease, has it renewed while this run of Ansible lives, and has it
    ended with the run. After a crash of the controller it ends by itself, after O(lease) seconds at most.
  - It never fails, because no maintenance depends on it. What goes wrong is a warning.
  - In a window, run it from C(window_before_window), as C(examples/notifications/silence.yml) of the source does.
  - Where the module runs outside of the controller process, the silence is not renewed.
options:
  api_url:
    description:
      - Address of Alertmanager, without C(/api/v2).
    type: str
    required: true
  token:
    description:
      - Bearer token, where one is needed.
    type: str
  allow_plain_http:
    description:
      - Whether O(token) may be sent unencrypted, to an address that begins with C(http://).
    type: bool
    default: false
  validate_certs:
    description:
      - Whether Alertmanager's certificate is checked.
    type: bool
    default: true
  ca_path:
    description:
      - Certificates to trust instead of the system's.
    type: path
  timeout:
    description:
      - Seconds one call may take in all.
    type: float
    default: 5.0
  window_id:
    description:
      - The window, which the comment of the silence names.
    type: str
    required: true
  matchers:
    description:
      - Which alerts are silenced. All matchers must fit. Those that would silence everything are refused.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of a label.
        type: str
        required: true
      value:
        description: Its value.
        type: str
        required: true
      regex:
        description: Whether the value is a regular expression.
        type: bool
        default: false
  lease:
    description:
      - Seconds the silence lasts without being renewed. It is renewed at every third of it.
    type: float
    default: 300.0
extends_documentation_fragment:
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
requirements:
  - urllib3 >= 2.7
  - requests >= 2.33
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - Within one run of Ansible the same silence is made once.
"""

EXAMPLES = r"""
- name: Silence what is known to be down in a maintenance window
  netfleet.maintenance.window_silence:
    api_url: https://alertmanager.example.com
    window_id: CHG0012345
    matchers:
      - {name: site, value: LAX}
      - {name: alertname, value: "DeviceDown|DeviceRebooted", regex: true}
  run_once: true
"""

RETURN = r"""
silence_id:
  description: The silence's id in Alertmanager; null when there is none.
  returned: always
  type: str
  sample: 0d6e2a4e-6a59-4d0c-8d0a-6f9a4c4a1c11
renewed:
  description: Whether it is renewed while this run lives.
  returned: always
  type: bool
  sample: true
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.window_silence import (
    run_window_silence,
    window_silence_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_silence, window_silence_spec())


if __name__ == "__main__":
    main()
