# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that reach all three systems of a window."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.doc_fragments.connection import ModuleDocFragment as Connection
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.connection import nested
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.oracle_sdm import ModuleDocFragment as OracleSdm
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.senhasegura import ModuleDocFragment as Senhasegura
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.zequenze import ModuleDocFragment as Zequenze


class ModuleDocFragment:
    """Options of ``_window_systems.systems_options``."""

    # With an annotation, because ansible-test reads a plain assignment as text, and this is computed.
    DOCUMENTATION: str = f"""
options:
  zequenze:
    description:
      - How to reach Zequenze Control. The options are those of M(netfleet.maintenance.device_info).
    type: dict
    suboptions:
{nested("zequenze", Connection.DOCUMENTATION, Zequenze.DOCUMENTATION)}
  oracle_sdm:
    description:
      - How to reach Oracle Session Delivery Manager. The options are those of M(netfleet.maintenance.device_lock_info).
    type: dict
    suboptions:
{nested("oracle_sdm", Connection.DOCUMENTATION, OracleSdm.DOCUMENTATION)}
  senhasegura:
    description:
      - How to reach senhasegura PAM Core. The options are those of M(netfleet.maintenance.pam_device_info).
    type: dict
    suboptions:
{nested("senhasegura", Connection.DOCUMENTATION, Senhasegura.DOCUMENTATION)}
  systems:
    description:
      - The systems that are asked. By default Zequenze Control and Session Delivery Manager, which every window needs,
        and PAM Core where its address is known.
      - PAM Core is not asked for its list again where this run has read it within the last five minutes, for example to
        make its inventory. What Ansible has cached of an inventory is never used.
    type: list
    elements: str
    choices: [zequenze, oracle_sdm, senhasegura]
requirements:
  - urllib3 >= 2.7
  - requests >= 2.33
  - defusedxml
  - requests-oauthlib >= 1.3.1
"""
