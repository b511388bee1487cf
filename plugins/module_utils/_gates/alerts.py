# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an alert is firing that concerns a device, its group or the whole: ``window_alerts`` of a window.

Alertmanager answers with all alerts at once. The devices of a run share an answer for ``SHARED_FOR`` seconds; a failure
is kept for nobody but those who waited for that very answer. An alert that a person silenced is known and keeps nothing
back. One that only our own silence hides does, because that silence is about what the window itself brings about.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.client import Alert, Alertmanager
from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.rule import Rule, counts, endpoint
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import CLOCKS_AGREE, SHARED_FOR
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import ALERTMANAGER_TOKEN
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import host_of, is_ip
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store, single_flight
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# So many alerts are named in a message.
_NAMED = 3


class Concern(t.NamedTuple):
    """A firing alert and what it is about, as the end of a sentence: ``on the device``, or nothing for the whole."""

    alert: str
    about: str

    def __str__(self) -> str:
        return f"{self.alert} {self.about}".strip()


def connect(rule: Rule, clock: Clock) -> Alertmanager:
    """Open the Alertmanager of a window; a token comes from the environment, never from the record. Raises BadInput."""
    token = os.environ.get(ALERTMANAGER_TOKEN, "").strip() or None
    return Alertmanager.from_params({**endpoint(rule), "token": token}, clock)


def alerts_on(device: RecordedDevice, record: WindowRecord, store: Store, clock: Clock) -> list[Concern]:
    """Return the firing alerts that concern a device of a window. Raises MaintenanceError when nobody can say."""
    rule = record.rules.alerts
    if rule is None:
        return []
    return concerning(firing(rule, connect(rule, clock), store), rule, record, device)


def firing(rule: Rule, client: Alertmanager, store: Store) -> list[Alert]:
    """Return the alerts that count for a window: they fit, are not ignored, and no person has silenced them.

    Raises MaintenanceError when nobody can say.
    """
    key = f"alertmanager.alerts/{rule['url']}"
    kept = _kept(client, store, key)
    if kept is None:
        with single_flight(store, key, client.wire.clock):
            kept = _kept(client, store, key)
            if kept is None:
                clock = client.wire.clock
                asked, asked_at = clock.monotonic(), clock.now()
                alerts = client.alerts()
                own = client.own_silences() if any(alert.silenced_by for alert in alerts) else set()
                counting = [dict(alert.labels) for alert in alerts if own.issuperset(alert.silenced_by)]
                kept = {"asked": asked, "asked_at": asked_at, "alerts": counting}
                store.save(key, kept)
    return [Alert(labels) for labels in kept["alerts"] if counts(rule, labels)]


def _kept(client: Alertmanager, store: Store, key: str) -> t.Mapping[str, t.Any] | None:
    kept, clock = store.load(key), client.wire.clock
    if kept is None or clock.monotonic() - kept["asked"] > SHARED_FOR:
        return None
    ages = clock.monotonic() - kept["asked"], clock.now() - kept["asked_at"]
    return kept if abs(ages[0] - ages[1]) < CLOCKS_AGREE else None


def concerning(alerts: t.Sequence[Alert], rule: Rule, record: WindowRecord, device: RecordedDevice) -> list[Concern]:
    """Return the alerts that concern a device: on itself, on its group, or on no device in particular. Pure."""
    found = [(alert, _about(alert, rule, record, device)) for alert in alerts]
    return [Concern(_called(alert), about) for alert, about in found if about is not None]


def sentence(concerns: t.Sequence[Concern]) -> str:
    """Say which alerts are firing, as the second half of a sentence. Pure."""
    named = ", ".join(map(str, concerns[:_NAMED]))
    more = f" and {len(concerns) - _NAMED} more" if len(concerns) > _NAMED else ""
    return f"{'an alert is' if len(concerns) == 1 else 'alerts are'} firing: {named}{more}."


def _about(alert: Alert, rule: Rule, record: WindowRecord, device: RecordedDevice) -> str | None:
    """Return what an alert is about where that concerns the device, None where it is about other devices."""
    named = [alert.labels[label] for label in rule["device_labels"] if alert.labels.get(label)]
    partners = record.partners_of(device)
    for value in named:
        if is_called(device, value):
            return "on the device"
        for partner in partners:
            if is_called(partner, value):
                return f"on {shown(partner.name)} of the same group"
    if named:
        return None
    variable, equals, group = (device.group or "").partition("=")
    groups = {other.group for other in (*record.devices, *record.partners) if other.group}
    if equals and alert.labels.get(variable):
        return "on its group" if alert.labels[variable] == group else None
    if any(alert.labels.get(name.partition("=")[0]) for name in groups):
        return None
    return ""


def is_called(device: RecordedDevice, value: str) -> bool:
    """Whether a label's value names a device: by a name in one of the systems or by an address. Pure.

    A port, a URL and the letters' case make no difference, and a short host name stands for the whole one.
    """
    host = _plain(host_of(value) or value)
    names = {device.name, device.zequenze_name, device.sdm_name, device.pam_name, *device.addresses}
    return any(_same_host(host, _plain(name)) or value == name for name in names)


def _plain(name: str) -> str:
    return name.strip().rstrip(".").casefold()


def _same_host(one: str, other: str) -> bool:
    if one == other or is_ip(one) or is_ip(other) or ("." in one and "." in other):
        return one == other
    return one.partition(".")[0] == other.partition(".")[0]


def _called(alert: Alert) -> str:
    severity = alert.labels.get("severity")
    return shown(alert.name) + (f" ({shown(severity)})" if severity else "")
