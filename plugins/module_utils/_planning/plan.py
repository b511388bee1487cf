# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window would do to which device, in which order and why. Pure functions: nothing here asks anybody."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import Target as Taken
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import roll_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Identity, Target

# A device that is not exactly one in both of these cannot be locked or operated.
NEEDED = ("zequenze", "oracle_sdm")


Action = t.Literal["maintain", "skip", "blocked"]


@dataclasses.dataclass(frozen=True)
class Order:
    """What a window is asked to do: ``batches`` are sizes in counts or per cents."""

    window_id: str
    operations: tuple[str, ...]
    batches: tuple[str | int, ...] = ("100%",)
    live_sessions: t.Literal["wait", "skip", "ignore"] = "ignore"


@dataclasses.dataclass(frozen=True)
class State:
    """What is known about a device when the plan is made.

    ``done`` and ``open`` are operations of this window: proven, or sent with an unknown end. ``locked_by`` is another
    holder in the journal, ``users`` is who works on the device through PAM.
    """

    identity: Identity
    done: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    locked_by: str | None = None
    users: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Step:
    """What the window would do to one device: ``operations`` in their order, ``why`` so, and what is worth knowing.

    ``batch`` counts from 1; a batch is taken in one or more waves, none of which has two devices of one exclusive
    group. Devices that are left alone by the inventory come with the last.
    """

    name: str
    batch: int
    wave: int
    action: Action
    operations: tuple[str, ...]
    why: str
    notes: tuple[str, ...]
    zequenze_name: str
    sdm_name: str
    zequenze_id: str | None
    serial: str | None
    sdm_id: str | None
    excluded: bool = False


def plan(order: Order, states: t.Sequence[State]) -> list[Step]:
    """Give a step for every device, in the order of the run. Raises BadInput for batches that cannot be."""
    by_name = {state.identity.target.name: state for state in states}
    rollout = roll_out(
        [Taken(target.name, target.group, target.excluded is not None) for target in map(_target, states)],
        order.batches,
    )
    return [
        _step(order, by_name[name], rollout.batch_of[wave] + 1, wave + 1)
        for wave, names in enumerate(rollout.waves)
        for name in names
    ]


def _target(state: State) -> Target:
    return state.identity.target


def _step(order: Order, state: State, batch: int, wave: int) -> Step:
    identity = state.identity
    action, why = _decide(order, state)
    left = tuple(operation for operation in order.operations if operation not in state.done)
    zequenze, sdm = identity.one("zequenze"), identity.one("oracle_sdm")
    return Step(
        name=identity.target.name,
        batch=batch,
        wave=wave,
        action=action,
        operations=left if action == "maintain" else (),
        why=why,
        notes=tuple(_notes(order, state)) if action == "maintain" else (),
        zequenze_name=identity.target.zequenze_name,
        sdm_name=identity.target.sdm_name,
        zequenze_id=zequenze.id if zequenze else None,
        serial=zequenze.serial if zequenze else None,
        sdm_id=sdm.id if sdm else None,
        excluded=identity.target.excluded is not None,
    )


def _decide(order: Order, state: State) -> tuple[Action, str]:
    """Give what becomes of a device, and why."""
    target = state.identity.target
    if target.excluded is not None:
        return "skip", target.excluded
    doubtful = [system for system in NEEDED if state.identity.one(system) is None]
    if doubtful:
        return "blocked", "it is not exactly one device in every system"
    done = [operation for operation in order.operations if operation in state.done]
    if len(done) == len(order.operations):
        return "skip", f"{', '.join(done)} done already in this window"
    if state.users and order.live_sessions == "skip":
        return "skip", f"live session of {', '.join(state.users)}"
    return "maintain", f"{', '.join(done)} done already in this window" if done else "due in this window"


def _notes(order: Order, state: State) -> t.Iterator[str]:
    """Say what may keep the device from being maintained, or change what happens."""
    row = state.identity.one("zequenze")
    sent = [operation for operation in order.operations if operation in state.open]
    if sent:
        yield f"{', '.join(sent)} was sent before and will be observed, not sent again"
    if state.users and order.live_sessions == "wait":
        yield f"waits for the live session of {', '.join(state.users)}"
    if state.locked_by is not None:
        yield f"locked by {state.locked_by} now"
    if row is not None and row.up is False:
        yield "down according to Zequenze Control"
    if row is not None and row.pending:
        yield "has settings waiting"
