# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an auditor asks of a run: window files and their commit, addresses of the systems, versions."""

from __future__ import annotations

import os
import pathlib
import platform
import subprocess
import typing as t
import urllib.parse

from ansible import context
from ansible.release import __version__ as core_version

from ansible_collections.netfleet.maintenance.plugins.module_utils._versions import collection_version

_ADDRESSES = {
    "Zequenze Control": "ZEQUENZE_URL",
    "Oracle SDM": "ORACLE_SDM_URL",
    "senhasegura PAM Core": "SENHASEGURA_URL",
}
_GIT_SECONDS = 5


def run_facts(
    arguments: t.Mapping[str, t.Any] | None = None, environment: t.Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the facts by name; ``arguments`` are those of Ansible's command line, by default this run's."""
    given = context.CLIARGS if arguments is None else arguments
    environment = os.environ if environment is None else environment
    facts: dict[str, str] = {}
    files = [str(extra)[1:] for extra in given.get("extra_vars") or () if str(extra).startswith("@")]
    if files:
        facts["Window files"] = ", ".join(files)
        commits = dict.fromkeys(filter(None, map(_commit, files)))
        if commits:
            facts["Git commit"] = ", ".join(commits)
    addresses = {system: _origin(environment.get(variable, "")) for system, variable in _ADDRESSES.items()}
    if any(addresses.values()):
        facts["Systems"] = ", ".join(f"{system} {address}" for system, address in addresses.items() if address)
    facts["Versions"] = (
        f"netfleet.maintenance {collection_version()}, ansible-core {core_version}, Python {platform.python_version()}"
    )
    return facts


def _origin(address: str) -> str:
    """Return an address without what could be a secret."""
    try:
        parts = urllib.parse.urlsplit(address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else ""
    except ValueError:
        return ""


def _commit(path: str) -> str:
    """Return the commit that a file is at, with a note where it differs; empty outside of Git."""
    file = pathlib.Path(path).resolve()

    def git(*words: str) -> str:
        command = ["git", "-C", str(file.parent), *words]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True
        )
        return done.stdout.strip()

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        return f"{commit} (with local changes)" if git("status", "--porcelain", "--", file.name) else commit
    except (OSError, subprocess.SubprocessError):
        return ""
