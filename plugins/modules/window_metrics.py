#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_metrics; its logic is in module_utils/_metrics/window_metrics.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_metrics
short_description: Write metrics of maintenance windows for Prometheus
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Counts the journal and writes the result as a file for the textfile collector of Prometheus' node exporter,
    replaced in one step. On request it also sends it to a Pushgateway.
  - C(netfleet_operations), a gauge by operation, outcome, model and site of what was begun in the last O(look_back)
    days, as it is known now; C(netfleet_operation_success_ratio) of the same by model and site; the counter
    C(netfleet_operations_proven_total) by operation and outcome (done or failed); the histograms
    C(netfleet_operation_duration_seconds) of what is done and C(netfleet_lock_held_seconds); C(netfleet_locks_open),
    C(netfleet_lock_age_seconds) and C(netfleet_locks_lease_over); C(netfleet_window_occurrences) that were due, run,
    missed, frozen or are open; C(netfleet_window_missed_timestamp_seconds), when the newest missed one closed;
    C(netfleet_window_controls), pauses and stops in force;
    C(netfleet_window_devices_left), the devices that the newest occurrence of a window has not maintained; and
    C(netfleet_last_operation_timestamp_seconds).
  - Give the same O(devices), O(windows) and O(window_files) to everything that writes one O(path), best all there are;
    what is left out of one run is missing in the file until the next.
  - Run it from cron as well, best with the playbook C(netfleet.maintenance.metrics). A window that nobody started, and
    a lock that grows old, are only seen by a person who looks.
  - A dashboard for Grafana and alert rules are in C(examples/monitoring) of the source.
options:
  path:
    description:
      - The file, whose name must end with C(.prom) for the textfile collector. Either this or O(pushgateway_url) is
        needed.
    type: path
  windows:
    description:
      - Definitions of scheduled windows, as they stand in window files, to count occurrences that were due and missed.
    type: list
    elements: dict
    default: []
  window_files:
    description:
      - Window files with further definitions. Relative paths start at the working directory. A file without
        C(window_schedule) and C(window_id) defines no window and is passed over. A file that is
        wrong, or whose calendars cannot be read, is a warning and left out.
    type: list
    elements: path
    default: []
  look_back:
    description:
      - How many days back occurrences of windows are counted, and operations shown by outcome. An occurrence is missed
        only when it closed after the window was first seen, which is when the journal first named it or its file was
        written, or when the window has a C(window_schedule_start). What is unknown and was
        begun before is history.
    type: int
    default: 35
  pushgateway_url:
    description:
      - Address of a Pushgateway. The metrics are pushed as the job C(netfleet). What goes wrong with it is a warning.
    type: str
  validate_certs:
    description:
      - Whether the Pushgateway's certificate is checked.
    type: bool
    default: true
  ca_path:
    description:
      - Certificates to trust for the Pushgateway instead of the system's.
    type: path
  at_end:
    description:
      - Do it when this run of Ansible ends, however it ends, instead of now. What goes wrong then is a warning. Without
        effect where the module runs outside of the controller process.
    type: bool
    default: false
extends_documentation_fragment:
  - netfleet.maintenance.journal
  - netfleet.maintenance.listed
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
requirements:
  - prometheus_client
  - python-dateutil
  - icalendar, for calendars that name time zones as Windows does
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
      - The age of open locks changes with every run, and so does what is pushed.
seealso:
  - module: netfleet.maintenance.window_report
"""

EXAMPLES = r"""
- name: Write the metrics, with the windows that have to be run
  netfleet.maintenance.window_metrics:
    path: /var/lib/node_exporter/textfile/netfleet.prom
    window_files: [windows/core.yml, windows/nightly-sync.yml]
    devices: "{{ groups['all'] | netfleet.maintenance.report_devices(hostvars) }}"
  run_once: true
"""

RETURN = r"""
path:
  description: The file.
  returned: success, but for O(at_end=true)
  type: str
  sample: /var/lib/node_exporter/textfile/netfleet.prom
pushed:
  description: Whether a Pushgateway took them.
  returned: success, but for O(at_end=true)
  type: bool
  sample: false
msg:
  description: One sentence for a person.
  returned: success
  type: str
  sample: The metrics are in /var/lib/node_exporter/textfile/netfleet.prom.
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.window_metrics import (
    run_window_metrics,
    window_metrics_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_window_metrics, window_metrics_spec())


if __name__ == "__main__":
    main()
