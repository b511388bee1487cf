# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names of devices agree over the systems, and which do not. Pure; names match exactly."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import (
    Known,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import folded, shown


@dataclasses.dataclass(frozen=True)
class Difference:
    """A name that does not stand for one device in each system: how many devices each has of it."""

    name: str
    counts: t.Mapping[str, int]
    alike: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Return what is wrong, without a full stop."""
        missing = [TITLES[system] for system, count in self.counts.items() if not count]
        several = [f"{TITLES[system]} has {count}" for system, count in self.counts.items() if count > 1]
        parts = [f"not in {' and '.join(missing)}"] if missing else []
        parts += several
        if self.alike:
            parts.append(f"but {' and '.join(map(shown, self.alike))} is nearly the same name")
        return f"{shown(self.name)} {', '.join(parts)}"


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How many names stand for one device in each system, and the others."""

    agree: int
    differ: tuple[Difference, ...]


def agreement(lists: t.Mapping[str, t.Sequence[Known]]) -> Agreement:
    """Return which names the systems share; a name that differs in case, blanks or Unicode form only is another one."""
    counts = {system: collections.Counter(row.name for row in rows if row.name) for system, rows in lists.items()}
    names = sorted(set().union(*counts.values()))
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(folded(name), []).append(name)
    differ = []
    for name in names:
        of_each = {system: counter[name] for system, counter in counts.items()}
        if set(of_each.values()) != {1}:
            twins = tuple(other for other in alike[folded(name)] if other != name)
            differ.append(Difference(name, of_each, twins))
    return Agreement(len(names) - len(differ), tuple(differ))
