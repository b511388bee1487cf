# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core runs this collection. An older one is refused, because it would work half way."""

from __future__ import annotations

import re
import sys

from ansible.errors import AnsibleError

OLDEST = (2, 16)


def check_core(version: str) -> None:
    """Raise AnsibleError for an ansible-core that is too old."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise AnsibleError(
            f"netfleet.maintenance needs ansible-core {'.'.join(map(str, OLDEST))} or later, and this is {version}. "
            f"Run: {sys.executable} -m pip install --upgrade ansible-core"
        )
