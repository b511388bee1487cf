# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-builder makes of the collection: an image gets the collection and the Python packages it needs."""

from __future__ import annotations

import os
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.tools import image, release
from tests.tools.image import command, problem
from tests.tools.isolated import ROOT, isolated_environment
from tests.tools.release import build
from tests.tools.venvs import quietly

VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
PINNED = f"centos@sha256:{'0123456789abcdef' * 4}"
# What PostgreSQL is spoken to with, the same that the tests of the journal use.
DRIVER = "psycopg[binary]>=3.2.1"
CREATE = (
    "ansible-builder",
    "create",
    "-f",
    "execution-environment.yml",
    "-c",
    "context",
    "--output-filename",
    "Containerfile",
)


def names(requirements: str) -> set[str]:
    """Return the packages that a requirements file names."""
    return {re.split(r"[<>=~\[ ;#]", line)[0].lower() for line in requirements.splitlines() if line[:1].isalpha()}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("built") / "dist")


def run(*command: str, cwd: Path) -> str:
    return quietly(list(command), isolated_environment(os.environ), cwd)


def test_builder_finds_every_python_package_the_collection_needs(artifact: Path, tmp_path: Path) -> None:
    install = ["ansible-galaxy", "collection", "install", str(artifact), "--offline", "--no-deps", "--force"]
    run(*install, "-p", str(tmp_path), cwd=tmp_path)
    run(
        *("ansible-builder", "introspect", str(tmp_path)),
        *("--write-pip", str(tmp_path / "pip.txt"), "--write-bindep", str(tmp_path / "bindep.txt")),
        cwd=tmp_path,
    )
    assert names((tmp_path / "pip.txt").read_text()) == names((ROOT / "requirements.txt").read_text())


def test_the_build_context_holds_this_version_of_the_collection(artifact: Path, tmp_path: Path) -> None:
    definition = (ROOT / "execution-environment.yml").read_text()
    (collection,) = yaml.safe_load(definition)["dependencies"]["galaxy"]["collections"]
    constraints, copied = yaml.safe_load(definition)["additional_build_files"]
    name = f"netfleet-maintenance-{VERSION}.tar.gz"
    assert (copied["src"], collection["name"]) == (f".build/release/{name}", f"release/{name}")
    (tmp_path / "execution-environment.yml").write_text(definition)
    (tmp_path / constraints["src"]).write_bytes((ROOT / constraints["src"]).read_bytes())
    released = tmp_path / copied["src"]
    released.parent.mkdir(parents=True)
    released.write_bytes(artifact.read_bytes())
    run(*CREATE, cwd=tmp_path)
    build_folder = tmp_path / "context/_build"
    assert (build_folder / collection["name"]).read_bytes() == artifact.read_bytes()
    listed = yaml.safe_load((build_folder / "requirements.yml").read_text())
    assert listed["collections"] == [collection]
    # For the journal of a controller, which the collection alone does not need.
    assert (build_folder / "requirements.txt").read_text().split() == [DRIVER]
    assert DRIVER in (ROOT / "requirements-dev.txt").read_text().splitlines()
    steps = (tmp_path / "context/Containerfile").read_text().replace("\\\n", " ")
    assert re.search(r"ansible-galaxy collection install .*-r requirements\.yml", steps)
    assert "introspect.py introspect" in steps
    # Every stage that installs packages takes the releases that were tested.
    assert (build_folder / "constraints/constraints.txt").read_bytes() == (ROOT / "constraints.txt").read_bytes()
    assert steps.count("ENV PIP_CONSTRAINT=/usr/share/netfleet/constraints.txt") >= 2
    assert steps.index("PIP_CONSTRAINT") < steps.index("pip install")
    # What `make image` gives for the base image is what the image stands on.
    (argument,) = [part.split("=")[0] for part in command(PINNED, "tag") if part.endswith(PINNED)]
    assert re.search(rf'^ARG {argument}="centos:stream9"$', steps, re.MULTILINE)
    assert re.search(rf"^FROM \$\{{?{argument}\}}? as base$", steps, re.MULTILINE | re.IGNORECASE)


def test_a_definition_with_a_wrong_key_is_noticed(tmp_path: Path) -> None:
    """Builder itself is the judge of the test above: it refuses what it does not know."""
    (tmp_path / "execution-environment.yml").write_text("version: 3\ndependences: {}\n")
    with pytest.raises(subprocess.CalledProcessError):
        run(*CREATE, cwd=tmp_path)


@pytest.mark.parametrize(
    "base", ["", "centos:stream9", "centos", "centos@sha256:0123", f"{PINNED}0", f" {PINNED}", "--help"]
)
def test_an_image_is_built_on_a_base_of_a_known_digest_only(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def built(*_arguments: object, **_more: object) -> t.NoReturn:
        raise AssertionError("something was built")

    monkeypatch.setattr(release, "main", built)
    monkeypatch.setattr(subprocess, "run", built)
    assert image.main(base, "tag") == 2
    assert "BASE_IMAGE" in str(problem(base))
    assert problem(PINNED) is None
    assert problem(PINNED.replace("centos", "localhost:5000/centos/centos:stream9")) is None
    assert image.main(PINNED, "") == 2
