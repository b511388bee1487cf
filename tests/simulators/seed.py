# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeding: N devices of a believable telecom fleet, the same ones for the same numbers."""

from __future__ import annotations

import itertools
import random
import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from tests.simulators.world import Device

SITES = (
    ("LAX", "LON", "FRA", "SYD"),
    ("NYC", "AMS", "NRT", "GRU"),
    ("ORD", "MAD", "SIN", "JNB"),
    ("DFW", "ARN", "HKG", "EZE"),
)
"""Rounds of four sites; a round has thirty devices, then the next round begins."""

ROUND = (
    # (site of the round, type): ten devices at the first site, six of them SBC.
    (0, "SBC"), (0, "SBC"), (1, "Gateway"), (2, "CPE"), (0, "SBC"), (1, "SBC"),
    (3, "SBC"), (0, "Gateway"), (2, "SBC"), (1, "CPE"), (0, "SBC"), (3, "Gateway"),
    (2, "Gateway"), (1, "SBC"), (0, "CPE"), (3, "CPE"), (0, "SBC"), (2, "SBC"),
    (1, "Gateway"), (3, "SBC"), (0, "Gateway"), (1, "CPE"), (2, "CPE"), (0, "SBC"),
    (3, "CPE"), (1, "SBC"), (2, "Gateway"), (0, "CPE"), (3, "Gateway"), (1, "CPE"),
)  # fmt: skip

SHORT = {"SBC": "sbc", "Gateway": "gw", "CPE": "cpe"}

PRODUCTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    # type: (vendor, model, prefix of its serial numbers)
    "SBC": (
        ("Oracle", "Acme Packet 3950", "ACME"),
        ("Oracle", "Acme Packet 4600", "ACME"),
        ("Oracle", "Acme Packet 6350", "ACME"),
        ("Ribbon", "SBC 5400", "RBN"),
    ),
    "Gateway": (
        ("AudioCodes", "Mediant 1000B", "AC"),
        ("Cisco", "VG450", "FGL"),
        ("Patton", "SmartNode 4980", "PTN"),
    ),
    "CPE": (
        ("Zyxel", "VMG8825", "S"),
        ("AVM", "FRITZ!Box 7590", "AVM"),
        ("Sagemcom", "Fast 5366", "SGC"),
    ),
}

TAGS = {"SBC": "voice", "Gateway": "voice", "CPE": "access"}


def seeded(count: int, seed: int, *, first: int = 1) -> list[Device]:
    """The devices numbered ``first`` to ``first + count - 1`` of the fleet that belongs to ``seed``."""
    names: Counter[tuple[str, str]] = Counter()
    made = (_device(number, seed, names) for number in range(1, first + count))
    return list(itertools.islice(made, first - 1, None))


def _device(number: int, seed: int, names: Counter[tuple[str, str]]) -> Device:
    from tests.simulators.world import Device  # the world seeds itself, so it cannot be imported above

    chance = random.Random(f"{seed}:{number}")
    round_number, place = divmod(number - 1, len(ROUND))
    which, kind = ROUND[place]
    site = SITES[round_number % len(SITES)][which]
    names[site, kind] += 1
    vendor, model, prefix = chance.choice(PRODUCTS[kind])
    tags = [TAGS[kind], chance.choice(("core", "edge"))]
    if names[site, kind] == 1:
        tags.append("canary")
    return Device(
        number=number,
        name=f"{site.lower()}-{SHORT[kind]}-{names[site, kind]:02d}",
        serial=f"{prefix}{chance.randrange(16**6):06X}{number:05d}",
        ip=_address(number),
        site=site,
        vendor=vendor,
        model=model,
        type=kind,
        tags=tags,
        zequenze_id=810 + number,
        sdm_id=f"ID{40 + number}",
        pam_id=str(2000 + number),
    )


def _address(number: int) -> str:
    """An address nobody has: the documentation networks, first the two small ones, then the large one."""
    block, host = divmod(number - 1, 254)
    if block < 2:
        return f"{('198.51.100', '203.0.113')[block]}.{host + 1}"
    return f"2001:db8::{number:x}"
