# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the API of AWX, and the real modules of awx.awx to talk to it."""
