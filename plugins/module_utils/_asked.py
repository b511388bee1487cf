# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices an ``_info`` module is asked about."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput


def asked_names(params: t.Mapping[str, t.Any]) -> list[str] | None:
    """Give the names that were asked for, None for all devices. Raises BadInput for neither and for both."""
    names: list[str] | None = params.get("name")
    if params["all"]:
        if names:
            raise BadInput("name and all: give one of them, not both.")
        return None
    if not names:
        raise BadInput("name: give at least one name, or all=true for everything.")
    return names
