# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter window_file_problems: which values of a window file are of the wrong kind."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_file_problems
short_description: Tell which values of a window file are of the wrong kind
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes what stands in a window file, and the schema of window files, and gives a sentence for each value that is of
    the wrong kind, such as V(two) where a number must be.
  - The playbook C(netfleet.maintenance.validate_windows) uses it. Unlike a validator of JSON Schema, it needs nothing
    to be installed.
  - How keys go together, and when the window opens, is told by P(netfleet.maintenance.window_occurrence#filter).
options:
  _input:
    description:
      - The keys of a window file. Keys that the schema does not know, and keys without a value, are left alone.
    type: dict
    required: true
  schema:
    description: The schema, which is C(files/window.schema.json) of the role P(netfleet.maintenance.window#role).
    type: dict
    required: true
positional: schema
"""

EXAMPLES = r"""
- name: Refuse a window file with values of the wrong kind
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    schema: "{{ lookup('ansible.builtin.file', 'window.schema.json') | from_json }}"
    problems: >-
      {{ lookup('ansible.builtin.file', 'windows/core.yml') | from_yaml
      | netfleet.maintenance.window_file_problems(schema) }}
"""

RETURN = r"""
_value:
  description: A sentence for each value that is of the wrong kind. Empty when there is none.
  type: list
  elements: str
  sample:
    - window_max_targets 'many' must be a whole number of 1 or more. (Refuse a selection that is larger than this.)
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule import window_file as _window_file
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inert import inert


def window_file_problems(definition: object, schema: t.Mapping[str, t.Any]) -> list[str]:
    """Give a sentence for each value of a window file that is of the wrong kind.

    Raises AnsibleFilterError for a file that is no mapping.
    """
    if not isinstance(definition, t.Mapping):
        raise AnsibleFilterError("A window file must be a mapping with keys such as window_targets.")
    # The sentences quote the file.
    return inert(_window_file.window_file_problems(definition, schema))


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Give the filters of this file by name."""
        return {"window_file_problems": window_file_problems}
