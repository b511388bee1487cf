# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md and CONTRIBUTING.md say what is there: sections, names, versions, links, commands."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.examples import Command, steps
from tests.tools.cores import CORES

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
# What certification asks of a README, in this order.
SECTIONS = (
    "Description",
    "Requirements",
    "Installation",
    "Use cases",
    "Testing",
    "Support",
    "Contributing",
    "Release notes",
    "Related information",
    "License information",
)
LONGEST = 150


def section(text: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def table(text: str, heading: str | None) -> list[list[str]]:
    """Return the cells of the tables under a heading (None: of all tables), without their first two lines."""
    lines = re.findall(r"^\| (.*) \|$", section(text, heading) if heading else text, re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines if not line.startswith("---")][1:]


def test_the_readme_has_the_sections_certification_asks_for() -> None:
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)
    assert all(section(README, heading).strip() for heading in SECTIONS)


def test_the_readme_pairs_each_core_of_the_matrix_with_its_pythons() -> None:
    said = {core: set(pythons.split(", ")) for core, pythons in table(README, "Requirements")}
    assert said == {core: set(pythons) for core, pythons in CORES.items()}


def test_the_readme_is_short_and_its_pictures_show_on_galaxy() -> None:
    assert len(README.splitlines()) <= LONGEST
    assert [picture for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README) if "://" not in picture] == []


def test_the_readme_links_every_guide_and_nothing_that_is_not_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    here = [link for link in links if not link.startswith("https://")]
    assert [link for link in here if not (ROOT / link).exists()] == []
    guides = {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/docsite/rst/*.rst")}
    assert guides - set(here) == set()
    assert {"CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "CHANGELOG.rst"} <= set(here)


def test_every_use_case_is_a_playbook_or_a_rulebook() -> None:
    named = {name for _case, names, _guide in table(README, "Use cases") for name in re.findall(r"`(\w+)`", names)}
    assert named
    folders = ("playbooks", "extensions/eda/rulebooks")
    there = {path.stem for folder in folders for path in (ROOT / folder).glob("*.yml")}
    assert sorted(named - there) == []


def test_every_test_that_proves_a_promise_is_there() -> None:
    guide = (ROOT / "docs/docsite/rst/guide_promises.rst").read_text()
    named = re.findall(r"``(tests/[\w/]+\.py)``", guide)
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_contributing_names_only_what_is_there_and_every_step_of_test_and_check() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", CONTRIBUTING)) <= targets
    for target in ("test", "check"):
        (steps_of,) = re.findall(rf"^{target}: .*\n\t@\$\(STEPS\) (.*)$", makefile, re.MULTILINE)
        (row,) = (" ".join(row) for row in table(CONTRIBUTING, None) if row[0] == f"`make {target}`")
        assert [step for step in steps_of.split() if f"`{step}`" not in row and step not in ("$(LINTERS)", "/")] == []


def test_contributing_names_files_that_are_there() -> None:
    named = re.findall(r"`((?:tests|docs|meta|plugins|extensions)/[\w/.]+)`", CONTRIBUTING)
    assert len(named) >= 10
    assert [path for path in named if not re.search("[A-Z]{4}", path) and not (ROOT / path).exists()] == []


def test_the_readme_names_only_commands_that_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", README)) - targets == set()


def test_every_role_has_its_scenario_and_every_playbook_is_run() -> None:
    """By the guide's command, or else by an integration test."""
    roles = {path.name for path in (ROOT / "roles").iterdir()} - {"awx"}
    assert [role for role in sorted(roles) if not (ROOT / f"extensions/molecule/{role}/molecule.yml").exists()] == []
    guide = steps((ROOT / "docs/docsite/rst/guide_playbooks.rst").read_text())
    commands = "\n".join(step.line for step in guide if isinstance(step, Command))
    run = set(re.findall(r"ansible-playbook netfleet\.maintenance\.(\w+)", commands))
    for path in (ROOT / "tests/integration").rglob("test_*.py"):
        run |= set(re.findall(r'"(?:netfleet\.maintenance\.)?(\w+)"', path.read_text()))
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml")}
    assert playbooks - run == set()
