# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option that says what the inventory knows of a window's devices."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Listed

_OF_DEVICE = ("site", "model", "type", "sdm_name", "zequenze_name")


def listed_options() -> Spec:
    """The option that says what the inventory knows of the devices."""
    return Spec(
        {
            "devices": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    **{key: {"type": "str"} for key in _OF_DEVICE},
                },
            }
        }
    )


def listed(params: t.Mapping[str, t.Any]) -> tuple[Listed, ...]:
    """Read the option of :func:`listed_options`."""
    return tuple(
        Listed(
            device["name"],
            site=device.get("site") or "",
            model=device.get("model") or "",
            type=device.get("type") or "",
            sdm_name=device.get("sdm_name") or "",
            zequenze_name=device.get("zequenze_name") or "",
        )
        for device in params.get("devices") or ()
    )
