# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab says what to type, and what it needs is what the simulators import."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.isolated import ROOT


@pytest.mark.finding("A12")
def test_the_lab_says_what_to_type_and_stops_when_it_is_told() -> None:
    command = [sys.executable, "-m", "tests.tools.lab"]
    said: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as lab:
        try:
            for line in lab.stdout or ():
                said.append(line)
                if line.startswith("Ctrl-C"):
                    break
        finally:
            lab.send_signal(signal.SIGTERM)
        assert lab.stdout is not None
        assert lab.stdout.read() == "The simulators are stopped.\n"
    assert lab.returncode == 0
    text = "".join(said)
    assert said[0] == "Starting simulators of the three systems with 30 devices ...\n"
    for variable in ("ZEQUENZE_URL", "ORACLE_SDM_PASSWORD", "SENHASEGURA_CLIENT_SECRET", "NETFLEET_JOURNAL"):
        assert f"export {variable}=" in text
    assert len(re.findall(r"^ansible-playbook netfleet\.maintenance\.", text, re.MULTILINE)) == 3


@pytest.mark.finding("A12")
def test_the_requirements_of_the_lab_are_few_and_those_of_the_tests() -> None:
    lab = set(re.findall(r"^([\w-]+)>=", (ROOT / "requirements-lab.txt").read_text(), re.MULTILINE))
    tests = set(re.findall(r"^([\w-]+)>=", (ROOT / "requirements-test.txt").read_text(), re.MULTILINE))
    assert lab == {"ansible-core", "aiohttp", "cryptography", "oauthlib"}
    assert lab - {"ansible-core"} <= tests
    imported = {
        name
        for path in Path(ROOT / "tests/simulators").rglob("*.py")
        for name in re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
    }
    known = {"aiohttp", "oauthlib", "tests", "defusedxml", "cryptography"} | set(sys.stdlib_module_names)
    assert imported <= known, imported - known
