# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is measured: all of it, or little while one is at work on the code."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Numbers of devices per pair, and how often each contender runs."""

    rounds: int = 3
    per_host: int = 200
    uri_hosts: int = 200
    bulk: tuple[int, ...] = (100, 1000, 10_000)
    inventory: tuple[int, ...] = (1000, 10_000)
    sequential: int = 500
    window: int = 200
    register: int = 200
    profiled: int = 200
    flow: int = 60
    flow_uri: int = 20
    growth: tuple[int, ...] = (100, 1000, 10_000)
    waves: int = 1000


QUICK = Sizes(
    rounds=1,
    per_host=60,
    uri_hosts=4,
    bulk=(100, 1000),
    inventory=(1000,),
    sequential=100,
    window=40,
    register=40,
    profiled=30,
    flow=20,
    flow_uri=4,
    growth=(20, 60),
    waves=0,
)
