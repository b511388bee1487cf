# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact of a release: the same commit gives the same bytes, on every machine and at every time.

`python -m tests.tools.release [--output FOLDER]` builds what is committed, not what lies around, after checking that
the changelog has this version. Publishing it is a person's decision and not done here.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import typing as t
from pathlib import Path

import yaml

from tests.tools.isolated import BUILD, ROOT
from tests.tools.venvs import quietly

# https://semver.org, without the build part, which Galaxy does not order by.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")


def build(target: Path, source: Path = ROOT) -> Path:
    """Build the collection in `source` into the empty folder `target`, as Ansible does it, and return the artifact."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    isolated = [sys.executable, "-m", "tests.tools.isolated"]
    quietly([*isolated, "ansible-galaxy", "collection", "build", str(source), "--output-path", str(target)])
    (artifact,) = target.glob("*.tar.gz")
    return artifact


def normalise(artifact: bytes, epoch: int) -> bytes:
    """Return an artifact with the same files whose bytes depend on nothing but their contents and `epoch`. Pure.

    Ansible lists the files in the order of the file system and stamps them with the time of the build. Here they are in
    the order of their names and carry `epoch` (seconds); FILES.json is sorted likewise, and MANIFEST.json names its new
    checksum.
    """
    with tarfile.open(fileobj=io.BytesIO(artifact)) as old:
        entries = {member.name: (member, _content(old, member)) for member in old.getmembers()}
    listing = json.loads(entries["FILES.json"][1])
    listing["files"].sort(key=lambda entry: entry["name"])
    files = _json(listing)
    manifest = json.loads(entries["MANIFEST.json"][1])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    entries["FILES.json"] = (entries["FILES.json"][0], files)
    entries["MANIFEST.json"] = (entries["MANIFEST.json"][0], _json(manifest))
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=epoch) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        # The two indexes first, as Ansible has them.
        for name in sorted(entries, key=lambda name: (name not in ("MANIFEST.json", "FILES.json"), name)):
            member, content = entries[name]
            clean = tarfile.TarInfo(name)
            clean.type, clean.linkname, clean.mode = member.type, member.linkname, member.mode
            clean.mtime, clean.size = epoch, len(content) if member.isfile() else 0
            new.addfile(clean, io.BytesIO(content))
    return packed.getvalue()


def problems(version: str, changelog: t.Mapping[str, t.Any], fragments: t.Sequence[str], written: str) -> list[str]:
    """Say what keeps `version` from being released, given changelog.yaml, the fragments and CHANGELOG.rst. Pure."""
    found = []
    if not _VERSION.fullmatch(version):
        found.append(f"galaxy.yml: {version} is no semantic version.")
    if version not in (changelog.get("releases") or {}):
        found.append(f"changelogs/changelog.yaml has no release {version}; run antsibull-changelog release.")
    elif f"\nv{version}\n" not in written:
        found.append(f"CHANGELOG.rst does not tell of {version}; run antsibull-changelog generate.")
    if fragments:
        found.append(f"Fragments are not part of a release yet: {', '.join(sorted(fragments))}.")
    return found


def main(arguments: list[str]) -> int:
    """Build the release of the last commit and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.release", description=__doc__)
    parser.add_argument("--output", type=Path, default=BUILD / "release", help="the folder for the artifact")
    parser.add_argument("--unready", action="store_true", help="build although the changelog lacks this version")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="netfleet-release-") as folder:
        source = Path(folder) / "source"
        epoch = _check_out(source)
        version = yaml.safe_load((source / "galaxy.yml").read_text())["version"]
        changelogs = source / "changelogs"
        written = source / "CHANGELOG.rst"
        wrong = problems(
            version,
            yaml.safe_load((changelogs / "changelog.yaml").read_text()),
            [path.name for path in changelogs.glob("fragments/*.y*ml")],
            written.read_text() if written.exists() else "",
        )
        if wrong and not options.unready:
            print("release: not ready\n  " + "\n  ".join(wrong))
            return 1
        artifact = build(Path(folder) / "built", source)
        content = normalise(artifact.read_bytes(), epoch)
    options.output.mkdir(parents=True, exist_ok=True)
    target = options.output / artifact.name
    target.write_bytes(content)
    when = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    print(f"release: {target}")
    print(f"release: sha256 {hashlib.sha256(content).hexdigest()}, of the commit of {when:%Y-%m-%d %H:%M} UTC")
    return 0


def _check_out(target: Path) -> int:
    """Put the files of the last commit into `target` and return when that was made (epoch seconds)."""
    target.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(target, filter="data")
    return int(quietly(["git", "log", "-1", "--format=%ct"]))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member) if member.isfile() else None
    return stream.read() if stream else b""


def _json(value: object) -> bytes:
    return json.dumps(value, indent=True, sort_keys=True).encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
