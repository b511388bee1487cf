# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that runs the hooks of a window that has just begun, so that the window need not wait for them."""

from __future__ import annotations

import json
import sys

from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.hooks import deliver


def main() -> None:
    """Be the process; the message comes as JSON on standard input. Nobody reads what goes wrong here."""
    given = json.load(sys.stdin)
    deliver(given["notification"], given["hooks"], given["timeout"])


if __name__ == "__main__":
    main()
