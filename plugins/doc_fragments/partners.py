# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection to Zequenze Control by which the partners of a device are checked."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.doc_fragments.connection import ModuleDocFragment as Connection
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.connection import nested
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.zequenze import ModuleDocFragment as Zequenze


class ModuleDocFragment:
    """Options of ``_gates/options.py``: ``zequenze_option``."""

    # With an annotation, because ansible-test reads a plain assignment as text, and this is computed.
    DOCUMENTATION: str = f"""
options:
  zequenze:
    description:
      - How to reach Zequenze Control, for the other members of a device's redundancy group. It is asked only for a
        recorded window with such groups, or with C(window_min_interval).
    type: dict
    suboptions:
{nested("zequenze", Connection.DOCUMENTATION, Zequenze.DOCUMENTATION)}
"""
