# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that reach Zequenze Control."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_options.zequenze_options``."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the Zequenze Control API, up to and with C(/api/v1).
      - When not set, the environment variable E(ZEQUENZE_URL) is used.
    type: str
    default: https://control.zequenze.com/api/v1
  api_token:
    description:
      - API token, made by a person in the portal's administration panel.
      - When not set, the environment variable E(ZEQUENZE_TOKEN) is used.
    type: str
    required: true
  rate:
    description:
      - Most calls in a time, such as V(100/min), V(5/s) or V(6000/h). All devices and tasks of a run keep it together,
        and wait for their turns beyond O(timeout).
      - Set it a little lower than the limit of the platform, which others use too. Without it, calls are made as they
        come; where the platform answers 429, they wait as long as it asks.
      - When not set, the environment variable E(ZEQUENZE_RATE) is used.
    type: str
"""
