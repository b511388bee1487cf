# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the collection is, measured beside what a user would write without it; see README.md."""
