# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All missing packages are named at once, with the command for this interpreter."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils import _libraries
from ansible_collections.netfleet.maintenance.plugins.module_utils._libraries import PACKAGES, missing_libraries

ROOT = Path(__file__).resolve().parents[3]


def hide(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    """Have libraries be missing, whether they are imported already or not."""
    for library in libraries:
        monkeypatch.setitem(sys.modules, library, None)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in libraries else find(name))


def test_nothing_is_said_when_nothing_is_missing() -> None:
    assert missing_libraries(PACKAGES) == ""


@pytest.mark.finding("A14")
def test_one_sentence_names_all_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "sqlalchemy", "icalendar", "dateutil")
    assert missing_libraries(["requests"]) == ""
    assert missing_libraries(["requests", "sqlalchemy"]) == (
        "Missing Python packages: icalendar, python-dateutil, SQLAlchemy. "
        f"Run: {sys.executable} -m pip install -r {_libraries._REQUIREMENTS}"
    )


def test_where_the_collection_is_not_installed_the_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide(monkeypatch, "requests_oauthlib")
    monkeypatch.setattr(_libraries, "_REQUIREMENTS", tmp_path / "requirements.txt")
    assert missing_libraries(["requests_oauthlib"]) == (
        f"Missing Python package: requests-oauthlib. Run: {sys.executable} -m pip install requests-oauthlib"
    )


def test_the_packages_are_those_of_the_requirements() -> None:
    required = re.findall(r"^([\w.-]+)>=", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert sorted(PACKAGES.values()) == sorted(required)
