# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that describes the gates of a window."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_gate_options.gates_option``."""

    DOCUMENTATION = r"""
options:
  gates:
    description:
      - What must hold for new work in a maintenance window. It is looked at anew right before each lock of a device
        that is not yet begun and right before each request. What is not given is not looked at.
      - A gate that is shut keeps the device back. Nothing is sent, the message begins with C(not started), the result
        names the gate, and the journal has an event C(gate_blocked).
      - A gate that cannot be looked at is shut. Unlocking, and observing what was sent before, passes no gate.
    type: dict
    suboptions:
      window:
        description:
          - The window's times, as P(netfleet.maintenance.window_occurrence#filter) takes them. It must be open, not
            past its cut-off and not frozen. Its freeze calendars are read anew each time.
        type: dict
      at:
        description: In check mode, the instant to take for now, ISO 8601 with offset. Otherwise the clock counts.
        type: str
      expected_duration:
        description: How many seconds the device takes. They must be left before new work has to end.
        type: float
        default: 0.0
      protected:
        description: Why the device must be left alone. A device with a reason is never started.
        type: str
      canaries:
        description:
          - Devices, by the names they are locked under. The journal must show all of O(gates.operations) done on
            them in this window before any other device is locked.
        type: list
        elements: str
      previous:
        description:
          - The devices of the batch before, by the names they are locked under. If something went wrong with them and
            none has been through O(gates.operations), no device of this batch is locked.
        type: list
        elements: str
      operations:
        description: What is done to each device in this window, for O(gates.canaries) and O(gates.previous).
        type: list
        elements: str
      soak:
        description: How many seconds must have passed since the end of O(gates.previous). They are waited for.
        type: float
        default: 0.0
      live_sessions:
        description:
          - What to do about a live privileged session on the device in senhasegura PAM Core, which is asked unless this
            is V(ignore). V(wait) waits until it ends, V(skip) leaves the device out.
          - One answer tells of all devices. That nobody is at work is taken from what another task of the same run
            asked up to 5 seconds before, but for an operation not from before the device was locked. That somebody is
            at work is asked anew every time, and no answer is never taken for nobody.
        type: str
        choices: [wait, skip, ignore]
        default: ignore
      pam_name:
        description: The names of the devices in PAM Core, one for each in O(name), where they differ.
        type: list
        elements: str
      pam:
        description: How to reach senhasegura PAM Core, as for M(netfleet.maintenance.pam_session_info).
        type: dict
        suboptions:
          api_url:
            description: Address of the appliance. When not set, the environment variable E(SENHASEGURA_URL) is used.
            type: str
          validate_certs:
            description: Whether the certificate of the server is checked.
            type: bool
            default: true
          ca_path:
            description: File or folder with the certificates of the authorities to trust.
            type: path
          client_cert:
            description: Client certificate in PEM form.
            type: path
          client_key:
            description: Key of O(gates.pam.client_cert).
            type: path
          timeout:
            description: Seconds for one call, all in all.
            type: float
            default: 30.0
          client_id:
            description: OAuth 2.0 client. When not set, the environment variable E(SENHASEGURA_CLIENT_ID) is used.
            type: str
          client_secret:
            description: Its secret. When not set, the environment variable E(SENHASEGURA_CLIENT_SECRET) is used.
            type: str
          tenant:
            description: The tenant, on an appliance with several of them.
            type: str
          consumer_key:
            description: OAuth 1.0 key. When not set, the environment variable E(SENHASEGURA_CONSUMER_KEY) is used.
            type: str
          consumer_secret:
            description: Its secret. When not set, the environment variable E(SENHASEGURA_CONSUMER_SECRET) is used.
            type: str
          token_key:
            description: OAuth 1.0 token. When not set, the environment variable E(SENHASEGURA_TOKEN_KEY) is used.
            type: str
          token_secret:
            description: Its secret. When not set, the environment variable E(SENHASEGURA_TOKEN_SECRET) is used.
            type: str
          api_prefix:
            description: Prefix of the web service.
            type: str
            choices: [/iso, /api]
            default: /iso
      timeout:
        description: How many seconds to wait for a gate that may open by itself, such as the end of a live session.
        type: float
        default: 600.0
      interval:
        description: Seconds between two looks at such a gate.
        type: float
        default: 5.0
"""
