# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The test installed: whether Ansible finds a collection."""

from __future__ import annotations

import importlib.util
import typing as t

DOCUMENTATION = r"""
name: installed
short_description: Whether a collection is installed
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Tells whether Ansible finds a collection, on the collections path or in its Python environment.
  - For roles that work with a collection they do not depend on, so that they can say what is missing.
options:
  _input:
    description: The name of the collection, with its namespace.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: See that awx.awx is there before it is used
  ansible.builtin.assert:
    that: "'awx.awx' is netfleet.maintenance.installed"
    fail_msg: The collection awx.awx is not installed.
"""

RETURN = r"""
_value:
  description: Whether it is installed.
  type: bool
  sample: true
"""


def installed(name: str) -> bool:
    """Return whether Ansible finds the collection of this name (``namespace.name``)."""
    try:
        return importlib.util.find_spec(f"ansible_collections.{name}") is not None
    except ModuleNotFoundError:
        # Not even its namespace is there.
        return False


class TestModule:
    """Names the test to Ansible."""

    def tests(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the tests of this file by name."""
        return {"installed": installed}
