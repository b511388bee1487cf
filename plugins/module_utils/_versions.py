# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions of the collection, of Ansible, Python and the libraries are at work."""

from __future__ import annotations

import importlib.metadata
import json
import pathlib
import platform
import re

_COLLECTION = pathlib.Path(__file__).parents[2]

_PACKAGES = ("ansible-core", "requests", "urllib3", "SQLAlchemy", "psycopg", "defusedxml", "requests-oauthlib")


def collection_version() -> str:
    """Return the version of this collection, from its manifest or its source."""
    try:
        manifest = json.loads((_COLLECTION / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, LookupError, TypeError, ValueError):
        pass
    try:
        found = re.search(r"^version: *(\S+)", (_COLLECTION / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        found = None
    return found[1] if found else "unknown"


def versions() -> dict[str, str]:
    """Return the versions by name; a package that is not there is left out."""
    found = {"netfleet.maintenance": collection_version(), "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
