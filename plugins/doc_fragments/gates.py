# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what the gates of a window need: the limits of a bare id, and the connection to PAM Core."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.doc_fragments.connection import ModuleDocFragment as Connection
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.connection import nested
from ansible_collections.netfleet.maintenance.plugins.doc_fragments.senhasegura import ModuleDocFragment as Senhasegura


class ModuleDocFragment:
    """Options of ``_gates/options.py``: ``limits_options`` and ``senhasegura_option``."""

    # With an annotation, because ansible-test reads a plain assignment as text, and this is computed.
    DOCUMENTATION: str = f"""
notes:
  - A window that M(netfleet.maintenance.window_preflight) recorded has gates - its times and freezes, protected
    devices, the canary and the batch before, the soak time, redundancy groups, limits and live sessions. They are
    checked right before each lock for new work and right before each request. If a gate is closed, or cannot be
    checked, nothing is sent to the device, the message begins with C(not started), the result names the gate,
    and the journal has an event C(gate_blocked). Unlocking, and observing what was sent before, passes no gate.
  - A bare window id, which no pre-flight recorded, has no gates and no limits but those of the task.
options:
  max_in_flight:
    description:
      - How many devices of the window may be in flight at once, over all runs and controllers with this journal. Only
        for a window that no pre-flight recorded; otherwise it must be what the record says.
    type: int
  max_failures:
    description:
      - How many devices of the window may fail before nothing more is started. Only for a window that no pre-flight
        recorded; otherwise it must be what the record says.
    type: int
  fleet_max_in_flight:
    description:
      - How many devices of the whole journal may be in flight at once, whatever window or task they belong to. For a
        window that a pre-flight recorded it must be what the record says.
    type: int
  senhasegura:
    description:
      - How to reach senhasegura PAM Core, for live sessions. It is asked only for a recorded window whose
        C(window_live_sessions) is not V(ignore).
      - One query covers all devices. An answer without a session is shared by the tasks of a run for 5 seconds, but an
        operation never takes one from before its device was locked. A session that was found is checked again each
        time, and a failed query never counts as no session.
    type: dict
    suboptions:
{nested("senhasegura", Connection.DOCUMENTATION, Senhasegura.DOCUMENTATION)}
"""
