# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter playbook_variables: the variables of a playbook, read and checked."""

from __future__ import annotations

DOCUMENTATION = r"""
name: playbook_variables
short_description: Read the variables of a playbook, and say what is wrong with them
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Reads the variables of a playbook, such as C(window_*), C(incident_*), C(drift_*) or C(report_*). The playbooks of
    this collection use it before anything else.
  - Numbers and lists given as text are read. A blank or null value counts as left out. An unknown variable and a value
    of the wrong kind are problems, because each would silently drop a check or a limit.
  - So is a value that YAML changes in what the run was given with C(-e), such as C(010), which is 8. The text and the
    files of C(-e) are read for this.
options:
  _input:
    description: The variables that begin with O(kind), with their values.
    type: dict
    required: true
  kind:
    description:
      - How the names of the variables begin. With V(control) they are those of C(pause_window), C(resume_window) and
        C(stop_window), with V(release) those of C(release_device), and with V(files) those of C(validate_windows).
    type: str
    choices:
      - awx
      - control
      - deploy
      - doctor
      - drift
      - files
      - history
      - incident
      - recover
      - register
      - release
      - report
      - status
      - window
    required: true
  names:
    description:
      - The names of all variables of the run, among which a misspelt beginning such as C(icident_port) is found.
    type: list
    elements: str
    default: []
positional: kind, names
"""

EXAMPLES = r"""
- name: Refuse variables that are wrong
  ansible.builtin.assert:
    that: read.problem == ''
    fail_msg: "{{ read.problem }}"
  vars:
    names: "{{ query('ansible.builtin.varnames', '^drift_') }}"
    read: >-
      {{ dict(names | zip(query('ansible.builtin.vars', *names)))
      | netfleet.maintenance.playbook_variables('drift') }}
"""

RETURN = r"""
_value:
  description: The variables, or what is wrong with them.
  type: dict
  contains:
    values:
      description: The variables that have a value, each of its kind.
      type: dict
      sample: {incident_port: 5060}
    problem:
      description: What is wrong, a sentence for each problem; empty when all is well.
      type: str
      sample: Unknown variable incident_prot. Did you mean incident_port?
"""

import functools
import pathlib
import typing as t

import yaml
from ansible import context
from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.filter.devices_from_csv import devices_from_csv
from ansible_collections.netfleet.maintenance.plugins.module_utils._libraries import missing_libraries
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.csv_list import problems_of_devices
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.description import (
    BadDescription,
    read_description,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.playbook_variables import (
    VARIABLES,
    Rule,
    read_playbook_variables,
    rules_of_role,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.variables import problems_of_names
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.window_file import (
    changed_in_extra_vars,
    names_in_extra_vars,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted

_ROLES = pathlib.Path(__file__).parents[2] / "roles"

# The roles whose argument specification describes the variables of a playbook.
_DESCRIBED = ("report", "recover", "awx")

# Playbooks whose variables hold entries for pam_device.
_LISTING = ("register", "deploy")


def playbook_variables(given: t.Mapping[str, t.Any], kind: str, names: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """Return the variables that have a value, and the sentences about what is wrong.

    Raise AnsibleFilterError for a kind that no playbook has, and without the libraries.
    """
    extra_vars = [*map(str, context.CLIARGS.get("extra_vars") or ())]
    if kind == "window":
        values, problems = _of_window(given)
    else:
        role = _of_role(kind) if kind in _DESCRIBED else None
        if role is None and kind not in VARIABLES:
            raise AnsibleFilterError(f"playbook_variables knows no variables that begin with {kind!r}.")
        values, problems = read_playbook_variables(kind, given, names, role, names_in_extra_vars(extra_vars))
    if kind in _LISTING and not problems:
        problems = _of_devices(values)
    # A misspelt window_id would choose other windows, whatever the playbook.
    problems += problems_of_names(name for name in names if name not in given)
    changed = changed_in_extra_vars(extra_vars, kind)
    if kind == "deploy":
        changed += changed_in_extra_vars(extra_vars, "register")
    # Of a value that YAML changed, what stands in the text says more than what became of it.
    told = [problem for problem in problems if not any(f"{problem.split()[0]} " in each for each in changed)]
    return {"values": values, "problem": untrusted(" ".join([*changed, *told]))}


def _of_devices(values: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the devices to register, of a list or of a spreadsheet."""
    problems = problems_of_devices(values.get("register_devices", []), values.get("register_defaults", {}))
    if "register_devices_csv" in values:
        try:
            devices_from_csv(values["register_devices_csv"])
        except AnsibleFilterError as error:
            problems.append(str(error))
    return problems


def _of_window(given: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[str]]:
    """Return the variables of a window that have a value, and what is wrong; no values when something is."""
    missing = missing_libraries(("dateutil",))
    if missing:
        raise AnsibleFilterError(missing)
    try:
        return dict(read_description(given).given), []
    except BadDescription as error:
        return {}, list(error.problems)


@functools.lru_cache(maxsize=8)
def _of_role(role: str) -> dict[str, Rule] | None:
    """Return the rules for the options of a role of this collection, None when there is no such role."""
    specification = _ROLES / role / "meta/argument_specs.yml"
    if not specification.is_file():
        return None
    entries = yaml.safe_load(specification.read_text(encoding="utf-8"))["argument_specs"].values()
    return rules_of_role({name: option for entry in entries for name, option in entry["options"].items()})


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"playbook_variables": playbook_variables}
