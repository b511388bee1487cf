# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that runs a window again, as far as this run's own command line tells it."""

from __future__ import annotations

import json
import shlex
import typing as t

import yaml
from ansible import constants as C
from ansible import context
from ansible.parsing.splitter import parse_kv

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.todo import WINDOW_PLAYBOOK, extra_var
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import holds_secret


def window_command(arguments: t.Mapping[str, t.Any] | None = None) -> str:
    """Return the command. Only variables of the window are repeated, and none that holds a secret.

    ``arguments`` are those of Ansible's command line, by default this run's.
    """
    given = context.CLIARGS if arguments is None else arguments
    words = [WINDOW_PLAYBOOK]
    sources = [str(source) for source in given.get("inventory") or ()]
    # What the configuration says is found again without being repeated.
    if sources != list(map(str, C.DEFAULT_HOST_LIST)):
        words += [f"-i {shlex.quote(source)}" for source in sources]
    for extra in given.get("extra_vars") or ():
        words += _repeated(str(extra))
    return " ".join(words)


def _repeated(extra: str) -> list[str]:
    """Return the part of one ``-e`` that may be repeated: a file as it is, of the rest what belongs to the window."""
    if extra.startswith("@"):
        return [f"-e {shlex.quote(extra)}"]
    try:
        values = yaml.safe_load(extra) if extra.lstrip().startswith("{") else parse_kv(extra)
    except (ValueError, yaml.YAMLError):
        return []
    kept = {name: value for name, value in values.items() if name.startswith("window_") and not holds_secret(value)}
    plain = {name: value for name, value in kept.items() if isinstance(value, (str, int)) and "\n" not in str(value)}
    words = [extra_var(name, value) for name, value in plain.items()]
    rest = {name: value for name, value in kept.items() if name not in plain}
    return [*words, f"-e {shlex.quote(json.dumps(rest, default=str))}"] if rest else words
