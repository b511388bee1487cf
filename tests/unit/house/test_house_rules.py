# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the house that a machine can check: what is written in two places must agree, and nothing is left out."""

from __future__ import annotations

import importlib
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.hostile.catalogue import rows

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
COLLECTION = "ansible_collections.netfleet.maintenance.plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
SYSTEMS = ("oracle_sdm", "senhasegura", "zequenze")

Documentation = dict[str, t.Any]


def documentation(module: str) -> Documentation:
    return dict(yaml.safe_load(importlib.import_module(f"{COLLECTION}.modules.{module}").DOCUMENTATION))


def documented_options(module: str) -> dict[str, dict[str, t.Any]]:
    """Return every option a module documents, those of its fragments included."""
    page = documentation(module)
    options: dict[str, dict[str, t.Any]] = {}
    for name in page.get("extends_documentation_fragment", []):
        _namespace, _collection, fragment, *variant = name.split(".")
        page_of = importlib.import_module(f"{COLLECTION}.doc_fragments.{fragment}").ModuleDocFragment
        text = getattr(page_of, variant[0].upper() if variant else "DOCUMENTATION")
        options |= dict(yaml.safe_load(text).get("options", {}))
    return options | dict(page.get("options", {}))


def accepted_options(module: str) -> dict[str, dict[str, t.Any]]:
    return dict(importlib.import_module(f"{COLLECTION}.action.{module}").ActionModule.spec().options)


@pytest.mark.finding("A15")
@pytest.mark.parametrize("module", MODULES)
def test_documented_options_are_the_accepted_options(module: str) -> None:
    documented, accepted = documented_options(module), accepted_options(module)
    assert sorted(documented) == sorted(accepted)
    for name, rule in accepted.items():
        page = documented[name]
        for key, otherwise in (("type", "str"), ("default", None), ("choices", None), ("elements", None)):
            assert page.get(key, otherwise) == rule.get(key, otherwise), f"{module}.{name}: {key}"
        assert sorted(page.get("aliases", [])) == sorted(rule.get("aliases", [])), f"{module}.{name}: aliases"
        assert bool(page.get("required")) == bool(rule.get("required")), f"{module}.{name}: required"


@pytest.mark.parametrize("module", MODULES)
def test_every_environment_variable_is_documented(module: str) -> None:
    documented = documented_options(module)
    for name, rule in accepted_options(module).items():
        for variable in rule["fallback"][1] if "fallback" in rule else ():
            said = str(documented[name]["description"]) + str(documented[name].get("env", ""))
            assert variable in said, f"{module}.{name} does not mention {variable}"


@pytest.mark.parametrize("module", MODULES)
def test_every_secret_is_hidden(module: str) -> None:
    for name, rule in accepted_options(module).items():
        if re.search(r"password|secret|token", name):
            assert rule.get("no_log") is True, f"{module}.{name}"


@pytest.mark.finding("F12c")
def test_action_groups_are_the_modules_and_what_they_reach() -> None:
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]
    assert sorted(groups["all"]) == MODULES
    assert sorted(groups) == ["all", *SYSTEMS]
    for system in SYSTEMS:
        members = {
            module
            for module in MODULES
            if f"netfleet.maintenance.{system}" in documentation(module).get("extends_documentation_fragment", [])
        }
        assert set(groups[system]) == members, system
        for module in members:
            fragments = documentation(module)["extends_documentation_fragment"]
            assert f"netfleet.maintenance.attributes.actiongroup_{system}" in fragments, module


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_action_and_its_tests(module: str) -> None:
    action = (PLUGINS / "action" / f"{module}.py").read_text()
    assert f"logic = staticmethod(run_{module})" in action
    assert f"spec = staticmethod({module}_spec)" in action
    assert list((ROOT / "tests/unit").rglob(f"test_{module}*.py")), "a unit test"
    assert any(
        re.search(rf'"(netfleet\.maintenance\.)?{module}"', path.read_text())
        for path in (ROOT / "tests/integration").rglob("test_*.py")
    ), "an integration test"


def test_every_action_is_a_module() -> None:
    assert sorted(path.stem for path in (PLUGINS / "action").glob("*.py")) == MODULES


def test_every_row_that_a_test_carries_is_in_the_catalogue_of_faults() -> None:
    carried = {
        (path.name, int(number))
        for path in (ROOT / "tests").rglob("test_*.py")
        for numbers in re.findall(r"mark\.row\(([\d, ]+)\)", path.read_text())
        for number in numbers.split(",")
    }
    assert carried
    assert [(name, number) for name, number in sorted(carried) if number not in rows()] == []


def test_no_fault_falls_out_of_the_catalogue() -> None:
    """Who drops a row, or writes it so that it is not read as one, drops what must be held."""
    groups = (range(1, 66), range(99, 103), range(106, 111), range(116, 119), range(201, 230))
    assert list(rows()) == [number for group in groups for number in group]


@pytest.mark.parametrize("role", ROLES)
def test_every_option_of_a_role_is_documented_with_its_default(role: str) -> None:
    options = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    defaults_file = ROOT / f"roles/{role}/defaults/main.yml"
    defaults = yaml.safe_load(defaults_file.read_text()) or {} if defaults_file.exists() else {}
    for name, value in defaults.items():
        assert options["options"][name].get("default") == value, f"{role}: {name}"
    for name in options["options"]:
        assert name.startswith(f"{role}_"), f"{role}: {name} lacks the role's name"


def test_logic_does_not_know_ansible() -> None:
    """Only the face may import it (and the shared options, for the one helper that reads the environment)."""
    allowed = {"_module/run.py", "_module/options.py"}
    for path in (PLUGINS / "module_utils").rglob("*.py"):
        if path.relative_to(PLUGINS / "module_utils").as_posix() not in allowed:
            assert not re.search(r"^\s*(from|import) ansible(\.|\s)", path.read_text(), re.M), path.name


def test_every_file_says_whose_it_is() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    files = [ROOT / name for name in listed if name.endswith((".py", ".yml", ".sh", ".toml"))]
    assert files
    # Fragments and the changelog are written by a tool that does not keep comments.
    unmarked = [
        str(path.relative_to(ROOT))
        for path in files
        if path.exists()
        and "changelogs" not in path.parts
        and "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text()[:400]
    ]
    assert unmarked == []


def test_what_a_page_requires_is_what_the_collection_requires() -> None:
    """A page may name a package without a bound, and none that is older than the one that is installed with us."""
    installed = dict(re.findall(r"^([\w.-]+)>=([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    installed["PyYAML"] = ""  # comes with ansible-core
    named = 0
    for path in PLUGINS.rglob("*.py"):
        for block in re.findall(r"^requirements:\n((?:  - .*\n)+)", path.read_text(), re.MULTILINE):
            for package, bound in re.findall(r"^  - ([\w.-]+)(?: >= ([\d.]+))?$", block, re.MULTILINE):
                named += 1
                assert package in installed, f"{path.name}: {package}"
                assert installed[package].startswith(bound), f"{path.name}: {package} >= {bound}"
    assert named > 5


def test_the_devices_of_a_window_are_looked_up_once_before_it_runs() -> None:
    """Conditions are evaluated again for every task, and the look-up reads the whole inventory each time."""
    check = (ROOT / "roles/window/tasks/check.yml").read_text()
    variables = yaml.safe_load((ROOT / "roles/window/vars/main.yml").read_text())
    assert check.count("__window_selected") == 1
    users = {name for name, value in variables.items() if "__window_selected" in str(value)}
    assert users == {"__window_devices"}
    assert check.count("__window_devices") == 0
