# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits of a window and of the whole journal: here, and only here, failed devices and those in flight are counted.

Devices are called by the names they are locked under. A device that asks is never counted itself.
"""

from __future__ import annotations

import dataclasses
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import failed_devices
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import is_occurrence

HOUR = 3600.0

# The operations after which a device starts again; the journal knows no system whose names these are.
RESTARTS = ("reboot", "factory", "device_factory")

IN_FLIGHT = ("sending", "accepted", "unknown")


@dataclasses.dataclass(frozen=True)
class Limits:
    """How many devices may be in flight at once, and how many may fail before nothing more starts; None is no limit.

    ``max_in_flight`` and ``max_failures`` count the devices of one window, ``fleet_max_in_flight`` all of the journal.
    ``max_per_hour`` counts the other windows without a schedule that restarted something within the last hour, and
    ``restart_interval`` is in seconds: so long ago must be what anyone else restarted the device for.
    """

    max_in_flight: int | None = None
    max_failures: int | None = None
    fleet_max_in_flight: int | None = None
    max_per_hour: int | None = None
    restart_interval: float | None = None


NO_LIMITS = Limits()


@dataclasses.dataclass(frozen=True)
class OverLimit:
    """A limit that is reached: the gate that it closes, and the sentence about it. A cap opens again by itself."""

    gate: t.Literal["budget", "cap", "fleet_cap", "hourly", "restarted"]
    message: str

    @property
    def may_open(self) -> bool:
        """Whether waiting helps: a device in flight ends, a failure or a restart stays."""
        return self.gate not in ("budget", "hourly", "restarted")


def over_limit(
    connection: t.Any,
    window_id: str | None,
    device: str,
    limits: Limits,
    now: float,
    *,
    restarts: bool = True,
    resolved: tuple[str, str] | None = None,
) -> OverLimit | None:
    """Return the limit that keeps a device from being started at ``now`` (epoch seconds), None when none does.

    ``restarts`` tells whether the device would be restarted, and ``resolved`` its server and its id there, which are
    the same whatever it is called. The connection is to read with; inside a write transaction the answer stays true
    until its end.
    """
    table = schema.OPERATIONS
    if limits.max_failures is not None and window_id is not None:
        failed = _count(connection, failed_devices(window_id, device))
        if failed > limits.max_failures:
            return OverLimit(
                "budget", f"{_devices(failed)} of window {window_id} failed; max_failures is {limits.max_failures}."
            )
    if limits.max_per_hour is not None and window_id is not None and restarts:
        count = len(_restarting(connection, now - HOUR) - {window_id})
        if count >= limits.max_per_hour:
            return OverLimit(
                "hourly",
                f"{count} windows without a schedule restarted devices within the last hour, and at most "
                f"{limits.max_per_hour} may (window_max_per_hour).",
            )
    if limits.restart_interval and restarts:
        last = _restarted_by_others(connection, window_id, device, resolved, now - limits.restart_interval)
        if last is not None:
            return OverLimit(
                "restarted",
                f"{last['window_id'] or 'A task without a window'} restarted the device at {iso(last['claimed_at'])}, "
                f"less than {limits.restart_interval:.0f} s ago (window_restart_interval).",
            )
    flying = sa.select(table.c.lock_name).distinct().where(table.c.lock_name != device, counts_as_flying(now))
    if limits.max_in_flight is not None and window_id is not None:
        count = _count(connection, flying.where(table.c.window_id == window_id))
        if count >= limits.max_in_flight:
            return OverLimit(
                "cap", f"{_devices(count)} of window {window_id} in flight; max_in_flight is {limits.max_in_flight}."
            )
    if limits.fleet_max_in_flight is not None:
        count = _count(connection, flying)
        if count >= limits.fleet_max_in_flight:
            return OverLimit(
                "fleet_cap",
                f"{_devices(count)} of the whole journal in flight; maintenance_max_in_flight is "
                f"{limits.fleet_max_in_flight}.",
            )
    return None


def _restarts(since: float) -> t.Any:
    """Return the condition of a row that restarted something since an instant, or may have."""
    table = schema.OPERATIONS
    return sa.and_(
        table.c.operation.in_(RESTARTS),
        table.c.claimed_at >= since,
        sa.or_(table.c.sent.is_(True), table.c.state.in_(IN_FLIGHT)),
    )


def _restarted_by_others(
    connection: t.Any, window_id: str | None, device: str, resolved: tuple[str, str] | None, since: float
) -> t.Any:
    """Return the newest row of another window, or of none, that restarted a device since an instant, None if none."""
    table = schema.OPERATIONS
    same = table.c.lock_name == device
    if resolved is not None:
        same = sa.or_(same, sa.and_(table.c.server == resolved[0], table.c.device_id == resolved[1]))
    others = sa.or_(table.c.window_id.is_(None), table.c.window_id != window_id)
    found = sa.select(table.c.window_id, table.c.claimed_at).where(same, others, _restarts(since))
    return connection.execute(found.order_by(table.c.claimed_at.desc()).limit(1)).mappings().first()


def _restarting(connection: t.Any, since: float) -> set[str]:
    """Return the ids of windows without a schedule that restarted something since an instant, or may have."""
    table = schema.OPERATIONS
    rows = connection.execute(
        sa.select(table.c.window_id).distinct().where(table.c.window_id.is_not(None), _restarts(since))
    )
    return {row[0] for row in rows if not is_occurrence(row[0], row[0].rpartition("@")[0])}


def counts_as_flying(now: float) -> t.Any:
    """Return the condition of an operation's row that takes a place of a cap at ``now`` (epoch seconds)."""
    return sa.and_(schema.OPERATIONS.c.state.in_(IN_FLIGHT), schema.OPERATIONS.c.busy_until > now)


def _count(connection: t.Any, devices: t.Any) -> int:
    found = sa.select(sa.func.count()).select_from(devices.subquery())
    return int(connection.execute(found).scalar_one())


def _devices(count: int) -> str:
    return "1 other device" if count == 1 else f"{count} other devices"
