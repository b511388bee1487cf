# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the project's own tools decide: which versions are tested, when a release is ready, and what is a finding."""

from __future__ import annotations

import io
import json
import tarfile
import typing as t

import yaml

from tests.tools import cores, importer, release, scenarios, site
from tests.tools.isolated import ROOT

PYTHONS = {"3.10", "3.11", "3.12", "3.13"}


def chosen(here: set[str], tag: str) -> list[tuple[str, str]]:
    """The cores with the Pythons that a tag stands for, where ``here`` are the Pythons of the machine."""
    return [(core, python) for python, core, tags in cores.tagged(here) if tag in tags]


def test_the_matrix_has_every_core_once_and_what_cannot_run() -> None:
    matrix = chosen(PYTHONS, "matrix")
    able = [(core, python) for core, python in matrix if python in PYTHONS]
    assert [core for core, _python in able] == list(cores.CORES)
    assert {python for _core, python in able} == PYTHONS
    assert set(matrix) - set(able) == {(core, "3.14") for core, pythons in cores.CORES.items() if "3.14" in pythons}


def test_every_python_of_every_core_can_be_asked_for() -> None:
    assert len(cores.tagged(PYTHONS)) == sum(map(len, cores.CORES.values()))


def test_the_ends_are_what_the_machine_can_run() -> None:
    assert chosen({"3.10", "3.13"}, "ends") == [("2.16", "3.10"), ("2.21", "3.13")]
    assert chosen({"3.10"}, "ends") == [("2.16", "3.10")]
    assert chosen(set(), "ends") == []


def test_the_floor_of_the_matrix_is_the_promised_one() -> None:
    promised = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"]
    assert promised == f">={cores.OLDEST}.0"


def test_lower_bounds_become_pins() -> None:
    text = "# a>=1\nSQLAlchemy>=2.0.30\nrequests[socks]>=2.32\ntzdata\n"
    assert cores.lowest(text) == "# a>=1\nSQLAlchemy==2.0.30\nrequests[socks]==2.32\ntzdata\n"


def test_only_warnings_and_errors_of_the_importer_are_findings() -> None:
    said = "Loading role lock\nWARNING: plugins/x.py:1:1: W291\nERROR: broken\nNo WARNING here\n"
    assert importer.findings(said) == ["WARNING: plugins/x.py:1:1: W291", "ERROR: broken"]


def test_warnings_about_other_projects_are_not_ours() -> None:
    elsewhere = "rst/x_module.rst:60: WARNING: undefined label: 'action_plugins' [ref.ref]"
    guide = "rst/docsite/troubleshooting.rst:60: WARNING: undefined label: 'action_plugins' [ref.ref]"
    ours = (
        "rst/x_module.rst:60: WARNING: undefined label: 'ansible_collections.netfleet.maintenance.y_module' [ref.ref]"
    )
    assert site.findings("\n".join([elsewhere, "reading", guide, ours])) == [guide, ours]


def test_every_role_without_a_scenario_is_named() -> None:
    assert scenarios.missing({"lock", "sync"}, {"lock", "default"}) == ["sync"]


def _artifact(files: dict[str, str], order: list[str], mtime: int) -> bytes:
    listing = {"files": [{"name": name} for name in order], "format": 1}
    manifest = {"file_manifest_file": {"name": "FILES.json", "chksum_sha256": "as built"}}
    contents = {"MANIFEST.json": json.dumps(manifest), "FILES.json": json.dumps(listing)}
    contents |= {name: files[name] for name in order}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(content), mtime, "builder"
            archive.addfile(member, io.BytesIO(content.encode()))
        link = tarfile.TarInfo("LICENSES/x")
        link.type, link.linkname = tarfile.SYMTYPE, "../LICENSE"
        archive.addfile(link)
    return packed.getvalue()


def test_a_release_is_the_same_whatever_the_file_system_and_the_time() -> None:
    files = {"b.py": "b", "a.py": "a"}
    one = release.normalise(_artifact(files, ["b.py", "a.py"], 1), 1700000000)
    two = release.normalise(_artifact(files, ["a.py", "b.py"], 2), 1700000000)
    assert one == two
    other = release.normalise(_artifact({**files, "a.py": "x"}, ["a.py", "b.py"], 2), 1700000000)
    assert other != one
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        assert archive.getnames() == ["FILES.json", "MANIFEST.json", "LICENSES/x", "a.py", "b.py"]
        assert archive.getmember("LICENSES/x").linkname == "../LICENSE"
        assert {(member.mtime, member.uname) for member in archive.getmembers()} == {(1700000000, "")}


def test_a_release_needs_its_changelog() -> None:
    ready: dict[str, t.Any] = {"releases": {"1.2.0": {}}}
    told = "Title\n\nv1.2.0\n======\n"
    assert release.problems("1.2.0", ready, [], told) == []
    assert "no semantic version" in release.problems("1.2", ready, [], told)[0]
    assert "has no release" in release.problems("1.3.0", ready, [], told)[0]
    assert "does not tell" in release.problems("1.2.0", ready, [], "Title\n")[0]
    assert "42.yml" in release.problems("1.2.0", ready, ["42.yml"], told)[0]
