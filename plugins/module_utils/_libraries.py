# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python packages are missing, all of them in one sentence, with the command that installs them here."""

from __future__ import annotations

import importlib
import importlib.util
import pathlib
import shlex
import sys
import typing as t

# What the collection imports, and the package that has it (requirements.txt).
PACKAGES = {
    "dateutil": "python-dateutil",
    "defusedxml": "defusedxml",
    "icalendar": "icalendar",
    "prometheus_client": "prometheus_client",
    "requests": "requests",
    "requests_oauthlib": "requests-oauthlib",
    "rich": "rich",
    "sqlalchemy": "SQLAlchemy",
    "tzdata": "tzdata",
    "urllib3": "urllib3",
}

_REQUIREMENTS = pathlib.Path(__file__).parents[2] / "requirements.txt"


def missing_libraries(needed: t.Iterable[str]) -> str:
    """Return a sentence when one of the needed libraries cannot be imported, else an empty text.

    It names all packages of the collection that are missing, so that one command is enough.
    """
    broken = [library for library in needed if not _imports(library)]
    if not broken:
        return ""
    missing = [library for library in PACKAGES if library not in broken and importlib.util.find_spec(library) is None]
    packages = sorted({PACKAGES.get(library, library) for library in (*broken, *missing)}, key=str.lower)
    # On a machine that a task is delegated to, the collection itself is not installed.
    what = f"-r {shlex.quote(str(_REQUIREMENTS))}" if _REQUIREMENTS.is_file() else " ".join(packages)
    noun = "package" if len(packages) == 1 else "packages"
    command = f"{shlex.quote(sys.executable or 'python3')} -m pip install {what}"
    return f"Missing Python {noun}: {', '.join(packages)}. Run: {command}"


def _imports(library: str) -> bool:
    try:
        importlib.import_module(library)
    except ImportError:
        return False
    return True
