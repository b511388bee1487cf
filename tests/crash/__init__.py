# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The crash bench: runs a maintenance window, breaks it at every place where it can break, and runs it again."""

from __future__ import annotations

import sys

from tests.tools.isolated import ensure_link

# The source under its collection name, for the processes of the bench that are not pytest.
if str(ensure_link()) not in sys.path:
    sys.path.insert(0, str(ensure_link()))
