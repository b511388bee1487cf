# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages: no lower bound is older than a release with a fix, and nothing floats in CI or an image."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.tools.audit import FOUND, NOT_KNOWN, judged, listings
from tests.tools.isolated import ROOT

# The first release without the advisory named beside it.
FIXED = {
    "requests": "2.33.0",  # CVE-2024-47081, CVE-2026-25645
    "urllib3": "2.7.0",  # CVE-2025-66418, CVE-2025-66471, CVE-2026-21441, CVE-2026-44431, CVE-2026-44432
    "icalendar": "7.2.1",  # GHSA-qjcq-q7h7-r74v
    "aiohttp": "3.14.3",  # CVE-2026-34993, CVE-2026-47265, CVE-2026-54273 to 54280, CVE-2026-69243, CVE-2026-69244
    "cryptography": "50.0.0",  # CVE-2026-26007, CVE-2026-34073, CVE-2026-39892, CVE-2026-69247
    "oauthlib": "3.2.1",  # CVE-2022-36087
    "jinja2": "3.1.6",  # CVE-2025-27516
    "idna": "3.7",  # CVE-2024-3651
}
LISTS = ("requirements.txt", "requirements-test.txt", "requirements-lab.txt")


def named(text: str) -> list[Requirement]:
    return [Requirement(line) for line in text.splitlines() if line[:1].isalpha()]


@pytest.mark.parametrize("path", LISTS)
def test_a_lower_bound_is_not_older_than_the_fix(path: str) -> None:
    found = named((ROOT / path).read_text())
    assert found
    for requirement in found:
        (bound,) = requirement.specifier
        assert bound.operator == ">=", f"{requirement}: lower bounds only, the rest is in constraints.txt"
        assert Version(bound.version) >= Version(FIXED.get(requirement.name.lower(), "0")), str(requirement)


def test_the_constraints_are_exact_allowed_and_cover_what_is_required() -> None:
    pinned = {each.name.lower().replace("_", "-"): each.specifier for each in named(listings()["tested"])}
    for name, specifier in pinned.items():
        (bound,) = specifier
        assert bound.operator == "==", name
        assert Version(bound.version) >= Version(FIXED.get(name, "0")), name
    for requirement in named((ROOT / "requirements.txt").read_text()):
        (bound,) = pinned[requirement.name.lower().replace("_", "-")]
        assert requirement.specifier.contains(bound.version), str(requirement)


def test_the_lowest_releases_are_exact() -> None:
    assert {bound.operator for each in named(listings()["lowest"]) for bound in each.specifier} == {"=="}


CLEAN, BAD, SKIPPED = (
    {"name": "rich", "version": "13.7.0", "vulns": []},
    {"name": "requests", "version": "2.30.0", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]},
    {"name": "tzdata", "skip_reason": "not found"},
)


@pytest.mark.parametrize(
    ("releases", "code", "said"),
    [
        ([CLEAN], 0, "The 1 lowest releases have no known advisory."),
        ([CLEAN, BAD, SKIPPED], FOUND, "known advisories: requests 2.30.0 (CVE-1, CVE-2)."),
        (
            [CLEAN, SKIPPED],
            NOT_KNOWN,
            "NOT CHECKED: pip-audit could not look up advisories for 1 (tzdata) of the lowest",
        ),
        ([SKIPPED], NOT_KNOWN, "NOT CHECKED: pip-audit could not look up advisories for any of the lowest releases."),
        ([], NOT_KNOWN, "NOT CHECKED"),
        (None, NOT_KNOWN, "NOT CHECKED"),
    ],
)
def test_an_audit_that_learnt_nothing_is_no_clean_one(releases: object, code: int, said: str) -> None:
    """What pip-audit calls no known vulnerabilities when nobody answered it."""
    found, sentence = judged("lowest", "" if releases is None else json.dumps({"dependencies": releases}))
    assert (found, said in sentence) == (code, True), sentence


def test_the_examples_for_ci_pin_what_they_run() -> None:
    """Actions by commit, packages through a list of exact releases; and they may do no more than read."""
    folder = ROOT / "examples/gitops"
    workflow = yaml.safe_load((folder / ".github/workflows/windows.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []
    assert "pull_request_target" not in workflow["on"]
    for job in workflow["jobs"].values():
        assert all(
            step["with"]["persist-credentials"] is False for step in job["steps"] if "checkout" in step.get("uses", "")
        )
    for path in (folder / ".github/workflows/windows.yml", folder / "ci/gitlab-ci.yml"):
        for line in re.findall(r"pip install .*", path.read_text()):
            assert line.endswith("-r ci/requirements.txt"), line
    gitlab = yaml.safe_load((folder / "ci/gitlab-ci.yml").read_text())
    assert {job["image"] for job in gitlab.values() if "image" in job} == {"$PYTHON_IMAGE"}, "a tag can change"
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    for path in (folder / "requirements.yml", ROOT / "examples/awx/collections/requirements.yml"):
        collections = yaml.safe_load(path.read_text())["collections"]
        assert [each["version"] for each in collections] == [version], path
    for requirement in named((folder / "ci/requirements.txt").read_text()):
        (bound,) = requirement.specifier
        assert bound.operator == "==", str(requirement)


def test_no_step_of_ci_makes_a_command_of_what_a_change_says() -> None:
    """An expression in ``run`` becomes a part of the command; a variable is to be quoted."""
    folder = ROOT / "examples/gitops"
    jobs = yaml.safe_load((folder / ".github/workflows/windows.yml").read_text())["jobs"].values()
    commands = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    gitlab = yaml.safe_load((folder / "ci/gitlab-ci.yml").read_text())
    commands += [line for job in gitlab.values() for key in ("before_script", "script") for line in job.get(key, [])]
    commands += [path.read_text() for path in (folder / "bin").iterdir()]
    assert len(commands) >= 10
    for command in commands:
        assert "${{" not in command
        # Without comments, what stands in single quotes, and commands whose output is quoted.
        plain = re.sub(r"(?m)^\s*#.*$|'[^']*'", "", command)
        while (simpler := re.sub(r'"\$\((?:[^"()]|"[^"]*")*\)([^"]*)"', r'"\1"', plain)) != plain:
            plain = simpler
        assert "$" not in re.sub(r'"[^"]*"', "", plain), plain


def test_only_a_protected_job_has_credentials() -> None:
    """What checks the files of a change has none; what asks the systems waits for a person."""
    folder = ROOT / "examples/gitops"
    jobs = yaml.safe_load((folder / ".github/workflows/windows.yml").read_text())["jobs"]
    for name, job in jobs.items():
        credentials = "secrets." in yaml.safe_dump(job)
        assert credentials is ("environment" in job), name
        assert not credentials or job["needs"] == "validate"
    gitlab = yaml.safe_load((folder / "ci/gitlab-ci.yml").read_text())
    assert "environment" not in gitlab["validate"]
    assert gitlab["plan"]["needs"] == ["validate"]
    assert {rule["when"] for rule in gitlab["plan"]["rules"]} == {"manual"}
    assert gitlab["plan"]["environment"]
