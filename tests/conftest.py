# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test relies on: the source importable under its collection name, and nothing of the user's in sight."""

from __future__ import annotations

import os
import sys

from hypothesis import HealthCheck, settings

from tests.tools.isolated import ensure_link, isolated_environment

sys.path.insert(0, str(ensure_link()))

# Before anything imports Ansible, which reads its settings from the environment once.
environment = isolated_environment(os.environ)
os.environ.clear()
os.environ.update(environment)

# Fixtures of every suite.
pytest_plugins = ["tests.fixtures"]

# A slow machine is no failure. `make unit EXAMPLES=1000` looks longer; CI tries the same examples every time, so that
# what it says is about the change and not about luck.
settings.register_profile(
    "netfleet",
    deadline=None,
    max_examples=int(os.environ.get("EXAMPLES", "30")),
    derandomize="EXAMPLES_FIXED" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("netfleet")
