# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile wires, bodies and names: each row of catalogue.md is held by a test that carries its number."""
