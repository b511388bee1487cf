# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal on both of its databases: one set of tests for what must hold on either, and one for each alone."""
