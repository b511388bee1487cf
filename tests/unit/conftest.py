# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests share."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import forget
from tests.unit.support.script import Script, VirtualClock


@pytest.fixture
def script() -> Script:
    """An empty page to write the expected conversation on."""
    return Script()


@pytest.fixture
def clock(script: Script) -> VirtualClock:
    """The script's virtual clock."""
    return script.clock


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    """Where this test's journal is."""
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture(scope="session")
def _empty_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "empty.sqlite3"
    Journal.open(str(path), VirtualClock()).close()
    return path


@pytest.fixture
def journal(journal_path: Path, clock: VirtualClock, _empty_journal: Path) -> t.Iterator[Journal]:
    """An empty journal under the script's clock; a copy, because making the tables takes a moment."""
    journal_path.parent.mkdir()
    shutil.copy(_empty_journal, journal_path)
    with Journal.open(str(journal_path), clock) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_secret_of_another_test() -> None:
    forget()


@pytest.fixture(autouse=True)
def _no_proxy_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
