# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that reach Oracle Session Delivery Manager."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_options.oracle_sdm_options``."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the Session Delivery Manager, for example C(https://sdm.example.com:8443). The path C(/rest) and the
        version are added.
      - When not set, the environment variable E(ORACLE_SDM_URL) is used.
    type: str
    required: true
  username:
    description:
      - Account that locks and unlocks devices. Use an account that nothing else uses - the server identifies lock
        owners by account only.
      - When not set, the environment variable E(ORACLE_SDM_USERNAME) is used.
    type: str
    required: true
  password:
    description:
      - Password of O(username).
      - When not set, the environment variable E(ORACLE_SDM_PASSWORD) is used.
    type: str
    required: true
  api_version:
    description:
      - Version of the REST interface. Releases 8.0 and 8.1 speak V(v1.1), all later ones V(v1.3).
    type: str
    default: v1.3
requirements:
  - defusedxml
"""
