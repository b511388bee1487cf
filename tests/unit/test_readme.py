# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md and CONTRIBUTING.md say what is there: sections, names, versions, links, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.crash.scenes import SCENES
from tests.docs.examples import Command, steps
from tests.tools.cores import CORES

ROOT = Path(__file__).resolve().parents[2]
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
PARTS = {
    "module": "plugins/modules/*.py",
    "callback": "plugins/callback/*.py",
    "filter": "plugins/filter/*.py",
    "inventory": "plugins/inventory/*.py",
    "test": "plugins/test/*.py",
    "role": "roles/*",
    "playbook": "playbooks/*.yml",
    "rulebook": "extensions/eda/rulebooks/*.yml",
    "pattern": "extensions/patterns/*",
}


def section(text: str, heading: str) -> str:
    """Give what stands under a heading of the second level."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def table(text: str, heading: str) -> list[list[str]]:
    """Give the cells of the tables under a heading, without their first two lines."""
    lines = re.findall(r"^\| (.*) \|$", section(text, heading), re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines if not line.startswith("---")][1:]


def test_the_readme_has_the_sections_certification_asks_for() -> None:
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)
    assert all(section(README, heading).strip() for heading in SECTIONS)


def test_the_readme_pairs_each_core_of_the_matrix_with_its_pythons() -> None:
    said = {core: set(pythons.split(", ")) for core, pythons in table(README, "Requirements")}
    assert said == {core: set(pythons) for core, pythons in CORES.items()}


@pytest.mark.parametrize("kind", PARTS)
def test_the_readme_names_all_there_is(kind: str) -> None:
    said = [
        name
        for names, of_kind, _what in table(README, "What is in it")
        if of_kind.removesuffix("s") == kind
        for name in re.findall(r"`(\w+)`", names)
    ]
    # A file beside a playbook that holds its argument specification is no playbook.
    there = [path.stem for path in ROOT.glob(PARTS[kind]) if not path.name.endswith(".meta.yml")]
    assert sorted(said) == sorted(there)


def test_the_readme_names_nothing_of_another_kind() -> None:
    kinds = {kind.removesuffix("s") for _names, kind, _what in table(README, "What is in it")}
    assert kinds == set(PARTS)


def test_every_plugin_folder_is_named_or_not_for_users() -> None:
    named = {pattern.split("/")[1] for pattern in PARTS.values() if pattern.startswith("plugins/")}
    internal = {"action", "doc_fragments", "module_utils", "plugin_utils"}
    assert {path.parent.name for path in ROOT.glob("plugins/*/*.py")} == named | internal


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


def test_every_scene_that_the_readme_names_is_in_the_bench() -> None:
    named = [
        name for names in re.findall(r"test_scenes\.py` \((.*?)\)", README) for name in re.findall(r"`(\w+)`", names)
    ]
    assert len(named) >= 4
    assert set(named) - {scene.__name__ for scene in SCENES} == set()


def test_contributing_says_what_every_target_of_make_does() -> None:
    """Of those that `make help` lists; and it names no target that is not there."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = {name for row in table(CONTRIBUTING, "Commands") for name in re.findall(r"`make ([a-z-]+)", " ".join(row))}
    assert sorted(targets ^ said) == []


def test_contributing_names_all_that_make_test_and_make_lint_run() -> None:
    makefile = (ROOT / "Makefile").read_text()
    rows = {row[0]: " ".join(row) for row in table(CONTRIBUTING, "Commands")}
    for target in ("test", "lint"):
        (parts,) = re.findall(rf"^{target}: (.*?) +## ", makefile, re.MULTILINE)
        assert [part for part in parts.split() if not re.search(rf"`(make )?{part}`", rows[f"`make {target}`"])] == []


def test_contributing_says_what_a_tested_module_is() -> None:
    said = section(CONTRIBUTING, "What a tested module is")
    named = re.findall(r"`((?:tests|docs|meta)/[\w/.]+\.\w+)`", said)
    assert len(named) >= 5
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_names_only_commands_that_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", README)) - targets == set()


def test_every_role_has_its_scenario_and_every_playbook_is_run() -> None:
    """As CONTRIBUTING.md says: by the guide's command, or else by an integration test."""
    roles = {path.name for path in (ROOT / "roles").iterdir()} - {"awx"}
    assert [role for role in sorted(roles) if not (ROOT / f"extensions/molecule/{role}/molecule.yml").exists()] == []
    guide = steps((ROOT / "docs/docsite/rst/guide_playbooks.rst").read_text())
    commands = "\n".join(step.line for step in guide if isinstance(step, Command))
    run = set(re.findall(r"ansible-playbook netfleet\.maintenance\.(\w+)", commands))
    for path in (ROOT / "tests/integration").rglob("test_*.py"):
        run |= set(re.findall(r'"(?:netfleet\.maintenance\.)?(\w+)"', path.read_text()))
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml")}
    assert playbooks - run == set()
