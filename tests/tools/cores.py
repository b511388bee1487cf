# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ansible-cores that the collection is tested on, and what of them a machine can run; noxfile.py runs them."""

from __future__ import annotations

import re

# Each core with the Pythons its controller runs on (ansible-core support matrix). Where one is enough, the first one of
# those that are here is taken, and so every Python once.
CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.12", "3.11", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
}
OLDEST = next(iter(CORES))


def tagged(here: set[str]) -> list[tuple[str, str, list[str]]]:
    """Return every core with each of its Pythons and its tags, for the Pythons that are ``here`` ("3.12"). Pure.

    A Python that is not here is in the matrix, too: nox then says that it is skipped.
    """
    pairs = []
    first = {core: next((python for python in pythons if python in here), None) for core, pythons in CORES.items()}
    able = [core for core, python in first.items() if python]
    ends = {*able[:1], *able[-1:]}
    for core, pythons in CORES.items():
        for python in pythons:
            tags = ["matrix"] if python == first[core] or python not in here else []
            if python == first[core] and core in ends:
                tags.append("ends")
            pairs.append((python, core, tags))
    return pairs


def lowest(requirements: str) -> str:
    """Pin each requirement with a lower bound to that bound. Pure."""
    return re.sub(r"^([\w.\[\]-]+)>=", r"\1==", requirements, flags=re.MULTILINE)
