# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fact of an API that the code cites stands in docs/apis, under the section that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = {path.stem: path.read_text() for path in (ROOT / "docs/apis").glob("*.md") if path.stem != "README"}
# In the rooms of a system, `docs/apis, 4.2` means the page of that system.
SYSTEMS = {"oracle_sdm": "oracle_sdm", "senhasegura": "senhasegura", "zequenze": "zequenze_control"}
NUMBERS = r"((?:\d+(?:\.\d+)?(?:, question \d+)?(?:, | and | to )?)+)"


def citations() -> list[tuple[str, str, str]]:
    """Return each citation as file, page and section."""
    found = []
    for folder in ("plugins", "tests"):
        for path in sorted(set((ROOT / folder).rglob("*.py")) - {Path(__file__).resolve()}):
            text = re.sub(r"\s+(?:# )?", " ", path.read_text())
            name = str(path.relative_to(ROOT))
            own = next((page for room, page in SYSTEMS.items() if room in name), "")
            for page, numbers in re.findall(rf"docs/apis(?:/(\w+)\.md)?,? {NUMBERS}", text):
                sections = re.findall(r"\d+(?:\.\d+)?", re.sub(r"question \d+", "", numbers))
                found += [(name, page or own, section) for section in sections]
    return found


def headings(page: str) -> set[str]:
    return set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", PAGES[page], re.MULTILINE))


def test_every_cited_section_exists() -> None:
    cited = citations()
    assert len(cited) > 60
    assert [(name, page, number) for name, page, number in cited if number not in headings(page)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_where_its_client_and_its_simulator_are(page: str) -> None:
    assert "Marks: D documented, E example" in PAGES[page]
    named = re.findall(r"`((?:plugins|tests)/[\w/.]+)`", PAGES[page])
    assert len(named) >= 2
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_sections_are_numbered_without_gaps(page: str) -> None:
    tops = [int(number) for number in re.findall(r"^## (\d+)\. ", PAGES[page], re.MULTILINE)]
    assert tops == list(range(1, len(tops) + 1))
