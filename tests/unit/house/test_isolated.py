# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the project's commands inherit from whoever starts them: nothing that changes how a test ends."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.tools.isolated import ROOT

SAY = "import os, signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, sorted(os.environ))"


def test_neither_ignored_signals_nor_pythons_own_variables_are_inherited() -> None:
    command = [sys.executable, "-m", "tests.tools.isolated", sys.executable, "-c", SAY]
    # As a shell starts a job in the background.
    shell = ["bash", "-c", 'trap "" INT HUP; exec "$@"', "bash", *command]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "ZEQUENZE_TOKEN": "a-real-one", "ORDINARY": "yes"}
    said = subprocess.run(shell, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    assert said.startswith("True ")
    assert "'ORDINARY'" in said
    assert "PYTHONUNBUFFERED" not in said
    assert "ZEQUENZE_TOKEN" not in said
