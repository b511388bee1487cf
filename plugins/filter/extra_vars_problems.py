# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter extra_vars_problems: what a window file that was given with -e must not hold."""

from __future__ import annotations

DOCUMENTATION = r"""
name: extra_vars_problems
short_description: Find templates in the window files of a command line
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Reads the window files that the command line names with C(-e @FILE), and returns a sentence for each template and
    each tag, such as C(!unsafe) or C(!vault), in a variable of a window.
  - The playbooks call it before they use any variable of a window. A window file is data, and what a template says
    would run with the credentials of the run.
  - A file that names no window (C(window_name), C(window_id) or C(window_schedule)) is not a window file. In a job of
    AWX nothing is read, because AWX writes the extra variables of its job template into a file of its own.
options:
  _input:
    description: Arguments of C(-e), or null for those of this run.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Check the window file
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ none | netfleet.maintenance.extra_vars_problems }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: The sentences; empty when nothing is wrong.
  type: list
  elements: str
  sample: []
"""

import typing as t

from ansible import context

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import in_awx
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.window_file import templates_in_extra_vars
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted


def extra_vars_problems(arguments: t.Sequence[str] | None = None) -> list[str]:
    """Return a sentence for each template and tag in the window files among arguments of -e, by default this run's."""
    if arguments is None:
        arguments = [] if in_awx() else context.CLIARGS.get("extra_vars") or ()
    # The sentences quote the files.
    return untrusted(templates_in_extra_vars(str(argument) for argument in arguments))


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"extra_vars_problems": extra_vars_problems}
