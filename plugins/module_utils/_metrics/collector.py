# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal as Prometheus metrics: counted again every time, so that nothing is lost and nothing counts twice.

What may become less is a gauge: an operation whose outcome was unknown may be proven later, one that failed may be sent
again. Counters and histograms count only what stays as it is: that something was proven.
"""

from __future__ import annotations

import collections
import typing as t

try:
    import prometheus_client as prometheus
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Control
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import UNPROVEN
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import HOLD, PROVEN
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import is_open, lease_over
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.totals import (
    LOCK_BOUNDS,
    OPERATION_BOUNDS,
    Spread,
    Totals,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.windows import Counted
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import Alive, step_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Listed

Row = t.Mapping[str, t.Any]

Windows = t.Mapping[str, Counted]


# Counted from 0 on: Prometheus takes no notice of a series that begins with 1.
OPERATIONS = ("sync", "reconf", "reboot", "device_factory", "factory", HOLD)


# Series by device are bounded, however large the fleet is.
MOST_DEVICES = 50


class JournalMetrics:
    """A collector for prometheus_client, made of the journal's rows."""

    def __init__(
        self,
        locks: t.Sequence[Row],
        operations: t.Sequence[Row],
        devices: t.Sequence[Listed],
        windows: Windows,
        totals: Totals,
        now: float,
        since: float,
        alive: Alive,
        left: t.Mapping[str, int] | None = None,
        streaks: t.Mapping[str, int] | None = None,
        controls: t.Sequence[Control] = (),
    ) -> None:
        """Take the rows, what is known of the devices, and what was counted.

        ``now`` is the time and ``since`` how far back operations are shown by outcome (epoch seconds); ``alive`` says
        who is at work. ``left`` counts the devices that the newest run of each window has not maintained,
        and ``streaks`` the windows in a row in which a device failed. ``controls`` are the pauses and stops in force.
        """
        self._controls = controls
        self._locks = locks
        self._operations = operations
        self._known = {device.zequenze_name or device.name: device for device in devices}
        self._windows = windows
        self._totals = totals
        self._now = now
        self._since = since
        self._alive = alive
        self._left = left or {}
        self._streaks = streaks or {}

    def collect(self) -> t.Iterator[t.Any]:
        """Return the metrics; called by prometheus_client."""
        yield from self._counted_operations()
        yield self._durations()
        yield from self._lock_metrics()
        yield from self._window_metrics()

    def _counted_operations(self) -> t.Iterator[t.Any]:
        standing = GaugeMetricFamily(
            "netfleet_operations",
            "Operations begun in the time looked back on, by type and by what is known of their outcome now.",
            labels=["operation", "outcome", "model", "site"],
        )
        ratio = GaugeMetricFamily(
            "netfleet_operation_success_ratio",
            "Of those operations that are settled, unproven or unknown, the part that is proven to be done.",
            labels=["model", "site"],
        )
        proven = CounterMetricFamily(
            "netfleet_operations_proven",
            "How often an operation was proven to be done, or to have failed.",
            labels=["operation", "outcome"],
        )
        counts: collections.Counter[tuple[str, str, str, str]] = collections.Counter()
        settled: dict[tuple[str, str], list[bool]] = collections.defaultdict(list)
        for row in self._operations:
            if row["claimed_at"] < self._since:
                continue
            outcome = step_of(row, (), self._alive).state
            device = self._known.get(row["device"], Listed(row["device"]))
            counts[row["operation"], outcome, device.model, device.site] += 1
            if outcome in ("done", "failed", "unknown", UNPROVEN):
                settled[device.model, device.site].append(outcome == "done")
        for labels, number in sorted(counts.items()):
            standing.add_metric(list(labels), number)
        for place, outcomes in sorted(settled.items()):
            ratio.add_metric(list(place), sum(outcomes) / len(outcomes))
        every = {f"{operation} {outcome}": 0 for operation in OPERATIONS for outcome in PROVEN}
        for kind, number in sorted({**every, **self._totals.proven}.items()):
            proven.add_metric(kind.rsplit(" ", 1), number)
        yield from (standing, ratio, proven)

    def _durations(self) -> t.Any:
        family = HistogramMetricFamily(
            "netfleet_operation_duration_seconds",
            "Seconds from sending an operation (or beginning a hold) until it was proven to be done.",
            labels=["operation"],
        )
        for operation, spread in sorted(self._totals.operations.items()):
            family.add_metric([operation], buckets=_buckets(spread, OPERATION_BOUNDS), sum_value=spread.seconds)
        return family

    def _lock_metrics(self) -> t.Iterator[t.Any]:
        held = GaugeMetricFamily("netfleet_locks_open", "Locks that are, or may be, held now.", labels=["holder"])
        age = GaugeMetricFamily(
            "netfleet_lock_age_seconds", "Seconds since an open lock was taken.", labels=["device", "holder"]
        )
        over = GaugeMetricFamily(
            "netfleet_locks_lease_over", "Open locks whose lease is over, so that recover may unlock the devices."
        )
        kept = HistogramMetricFamily("netfleet_lock_held_seconds", "Seconds a lock was held that has ended.")
        still_open = [row for row in self._locks if is_open(row)]
        for holder, number in sorted(collections.Counter(row["holder"] for row in still_open).items()):
            held.add_metric([holder], number)
        oldest: dict[tuple[str, str], float] = {}
        for row in still_open:
            key = (row["device"], row["holder"])
            oldest[key] = max(oldest.get(key, 0.0), self._now - row["taken_at"])
        for key, seconds in sorted(oldest.items()):
            age.add_metric(list(key), seconds)
        over.add_metric([], sum(lease_over(row, self._now) for row in still_open))
        spread = self._totals.locks
        kept.add_metric([], buckets=_buckets(spread, LOCK_BOUNDS), sum_value=spread.seconds)
        yield from (held, age, over, kept)

    def _window_metrics(self) -> t.Iterator[t.Any]:
        family = GaugeMetricFamily(
            "netfleet_window_occurrences",
            "Occurrences of a window that were due in the time looked back on, by what became of them.",
            labels=["window", "state"],
        )
        missed = GaugeMetricFamily(
            "netfleet_window_missed_timestamp_seconds",
            "When the newest occurrence closed of which nothing was run; absent when none was missed.",
            labels=["window"],
        )
        for window, counted in sorted(self._windows.items()):
            for state, number in counted.states.items():
                family.add_metric([window, state], number)
            if counted.missed_at is not None:
                missed.add_metric([window], counted.missed_at)
        left = GaugeMetricFamily(
            "netfleet_window_devices_left",
            "Devices that the newest occurrence of a window was agreed for and has not maintained.",
            labels=["window"],
        )
        for window, number in sorted(self._left.items()):
            left.add_metric([window], number)
        failing = GaugeMetricFamily(
            "netfleet_device_failed_windows",
            f"Windows in a row in which a device failed, of the {MOST_DEVICES} devices with the most.",
            labels=["device"],
        )
        for device, number in sorted(self._streaks.items(), key=lambda item: (-item[1], item[0]))[:MOST_DEVICES]:
            failing.add_metric([device], number)
        held = GaugeMetricFamily(
            "netfleet_window_controls",
            "Pauses and stops of windows that are in force now, by what they apply to.",
            labels=["state", "scope"],
        )
        counts = collections.Counter((control.state, control.scope) for control in self._controls)
        for state in ("paused", "stopped"):
            for scope in ("window_id", "window_name", "all"):
                held.add_metric([state, scope], sum(n for key, n in counts.items() if key == (state, scope)))
        yield from (family, missed, left, failing, held)
        newest = max(
            (row["settled_at"] or row["claimed_at"] for row in self._operations if row["window_id"]), default=None
        )
        last = GaugeMetricFamily(
            "netfleet_last_operation_timestamp_seconds", "When a window's newest operation was settled or begun."
        )
        if newest is not None:
            last.add_metric([], newest)
        yield last


def _buckets(spread: Spread, bounds: t.Sequence[float]) -> list[tuple[str, float]]:
    """Return the cumulative buckets that Prometheus wants."""
    named = [(str(bound), float(within)) for bound, within in zip(bounds, spread.within, strict=True)]
    return [*named, ("+Inf", float(spread.count))]


def exposition(metrics: JournalMetrics) -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = prometheus.CollectorRegistry(auto_describe=False)
    registry.register(metrics)
    return prometheus.generate_latest(registry)
