# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for known advisories with pip-audit: in the lowest releases that are allowed, and in those that were tested.

`python -m tests.tools.audit` needs the network. A release that could not be looked up is a failure and no clean answer:
pip-audit itself says "no known vulnerabilities" when it learnt nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from tests.tools.cores import lowest
from tests.tools.isolated import ROOT
from tests.tools.venvs import ready

TOOL = "pip-audit>=2.7\n"
# A release has an advisory; a release could not be looked up.
FOUND, NOT_KNOWN = 1, 2


def listings() -> dict[str, str]:
    """Return the text of each list of exact releases, by what it is."""
    tested = (ROOT / "constraints.txt").read_text()
    return {"lowest": lowest((ROOT / "requirements.txt").read_text()), "tested": tested}


def judged(name: str, answer: str) -> tuple[int, str]:
    """Return an exit code and one sentence for what pip-audit answered (JSON) about a list of releases. Pure."""
    try:
        releases: list[dict[str, t.Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        releases = []
    found = [
        f"{each['name']} {each['version']} ({', '.join(advisory['id'] for advisory in each['vulns'])})"
        for each in releases
        if each.get("vulns")
    ]
    unknown = [each["name"] for each in releases if "vulns" not in each]
    if found:
        return FOUND, f"The {name} releases have known advisories: {'; '.join(found)}. Raise them."
    if unknown or not releases:
        which = "any" if len(unknown) == len(releases) else f"{len(unknown)} ({', '.join(unknown)})"
        return NOT_KNOWN, (
            f"NOT CHECKED: pip-audit could not look up advisories for {which} of the {name} releases. Run it where the "
            "Python package index and its advisories can be reached."
        )
    return 0, f"The {len(releases)} {name} releases have no known advisory."


def main() -> int:
    """Audit every list, print a sentence for each, and return an exit code, that of the worst."""
    try:
        python = ready("audit", Path(sys.executable), TOOL)
    except subprocess.CalledProcessError as error:
        reason = (error.output or "").strip().splitlines()
        print(f"NOT CHECKED: pip-audit cannot be installed: {reason[-1] if reason else 'pip failed'}.")
        return NOT_KNOWN
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text in listings().items():
            path = Path(folder) / f"{name}.txt"
            path.write_text(text)
            audit = [str(python), "-m", "pip_audit", "--no-deps", "--disable-pip", "-f", "json", "-r", str(path)]
            done = subprocess.run(audit, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            code, sentence = judged(name, done.stdout)
            print(sentence)
            worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main())
