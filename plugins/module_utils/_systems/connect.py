# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three systems of a window: what messages call them, and the client of each, from its connection options."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import TimedWire
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import SYSTEM as ORACLE_SDM
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import SYSTEM as SENHASEGURA
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.sign_in import choose_sign_in
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import SYSTEM as ZEQUENZE

TITLES = {"zequenze": ZEQUENZE, "oracle_sdm": ORACLE_SDM, "senhasegura": SENHASEGURA}


@t.overload
def connect(system: t.Literal["zequenze"], params: t.Mapping[str, t.Any], clock: Clock, store: Store) -> Zequenze:
    """Return the client of Zequenze Control."""


@t.overload
def connect(system: t.Literal["oracle_sdm"], params: t.Mapping[str, t.Any], clock: Clock, store: Store) -> OracleSdm:
    """Return the client of Session Delivery Manager."""


@t.overload
def connect(system: t.Literal["senhasegura"], params: t.Mapping[str, t.Any], clock: Clock, store: Store) -> Senhasegura:
    """Return the client of PAM Core."""


@t.overload
def connect(
    system: str, params: t.Mapping[str, t.Any], clock: Clock, store: Store
) -> Zequenze | OracleSdm | Senhasegura:
    """Return the client of any of them."""


def connect(
    system: str, params: t.Mapping[str, t.Any], clock: Clock, store: Store
) -> Zequenze | OracleSdm | Senhasegura:
    """Return the client of a system, from its connection options. Nothing is sent yet.

    Those who share the store share sign-ins, tables and the rate of calls. Raise BadInput for options that cannot work.
    """
    endpoint = Endpoint.from_params(TITLES[system], params)
    wire = TimedWire(endpoint, HttpTransport(endpoint), clock)
    if system == "zequenze":
        zequenze = Zequenze(wire, params["api_token"])
        zequenze.keep_rate(params.get("rate"), store)
        return zequenze
    if system == "oracle_sdm":
        return OracleSdm(wire, params["username"], params["password"], params["api_version"], store)
    return Senhasegura(wire, choose_sign_in(params, wire, store), str(params["api_prefix"]))
