# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment as an image, on a base image that is pinned by its digest.

`python -m tests.tools.image BASE_IMAGE TAG` builds the artifact of the release and the image with ansible-builder,
which needs podman or docker. A base image that is named by a tag is refused: what the tag means can change between two
builds.
"""

from __future__ import annotations

import re
import subprocess
import sys

from tests.tools import release
from tests.tools.isolated import ROOT

_PINNED = re.compile(r"[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}")


def problem(base: str) -> str | None:
    """Say why an image is not to be built on this base image, None if it may be. Pure."""
    if _PINNED.fullmatch(base):
        return None
    return (
        f"BASE_IMAGE {base!r} does not name the base image by its digest. Pull the image, read the digest with `podman "
        "image inspect --format '{{ .Digest }}' IMAGE`, and set BASE_IMAGE=IMAGE@sha256:..."
    )


def command(base: str, tag: str) -> list[str]:
    """Return the command that builds the image. Pure."""
    build = ["ansible-builder", "build", "-f", "execution-environment.yml", "-c", ".build/image"]
    return [*build, "--build-arg", f"EE_BASE_IMAGE={base}", "-t", tag]


def main(base: str, tag: str) -> int:
    """Build the image and return an exit code."""
    wrong = problem(base) or ("" if tag else "IMAGE is missing: the name of the image to build, with its tag.")
    if wrong:
        print(wrong)
        return 2
    return release.main([]) or subprocess.run(command(base, tag), cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
