# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/patterns: what Automation Platform reads must fit the pattern's playbooks and the window's options.

The rules are those of the Ansible pattern specification, version 3.0.0.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PATTERNS = sorted(path for path in (ROOT / "extensions/patterns").iterdir() if path.is_dir())


def definition(pattern: Path) -> dict[str, t.Any]:
    return dict(json.loads((pattern / "meta/pattern.json").read_text()))


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda path: path.name)
def test_the_definition_has_what_the_specification_asks(pattern: Path) -> None:
    found = definition(pattern)
    assert found["name"] == pattern.name
    assert re.fullmatch(r"[a-z0-9_]{1,64}", found["name"])
    assert len(found["title"]) <= 64
    assert not found["short_description"].endswith(".")
    assert (pattern / "README.md").exists()
    resources = found["aap_resources"]
    environment = resources["controller_execution_environment"]
    assert re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+", environment["image_name"])
    templates = resources["controller_job_templates"]
    assert [template["primary"] for template in templates].count(True) == 1
    for template in templates:
        assert (pattern / "playbooks" / template["playbook"]).exists()
        assert template["execution_environment"] == environment["name"]
        assert set(template["labels"]) <= set(resources["controller_labels"])


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda path: path.name)
def test_a_survey_asks_for_what_the_playbook_takes(pattern: Path) -> None:
    window = yaml.safe_load((ROOT / "roles/window/meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    playbook = (ROOT / "playbooks/maintenance_window.yml").read_text()
    for template in definition(pattern)["aap_resources"]["controller_job_templates"]:
        if "survey" not in template:
            continue
        path = pattern / "playbooks" / template["playbook"].replace(".yml", ".meta.yml")
        (spec,) = yaml.safe_load(path.read_text())["argument_specs"].values()
        asked = {question["variable"]: question for question in template["survey"]["spec"]}
        assert asked.keys() == spec["options"].keys()
        for name, question in asked.items():
            option = window["options"].get(name)
            assert option or name in playbook, name
            if option and "choices" in option:
                # A factory reset is a playbook of its own, which needs an approval.
                allowed = [choice for choice in option["choices"] if choice not in ("factory", "device_factory")]
                assert question["choices"] == allowed == spec["options"][name]["choices"]
                assert question["default"].splitlines() == option["default"]
