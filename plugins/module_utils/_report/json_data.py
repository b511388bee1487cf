# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JSON; its schema is ``roles/report/files/report.schema.json``. Instants are ISO 8601 in UTC."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import DeviceReport, Lock, Step
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import (
    headline,
    reason_of,
    told_control,
)

VERSION = 1

_BOUNDS = ("state", "opens_at", "cutoff_at", "closes_at", "next_opens_at", "reason")


def as_json(report: Report) -> str:
    """Return the report as JSON text, ASCII only."""
    return json.dumps(as_data(report), indent=1) + "\n"


def as_data(report: Report) -> dict[str, t.Any]:
    """Return the report as plain values."""
    asked = report.asked
    return {
        "version": VERSION,
        "window": {
            "id": asked.window_id,
            "name": asked.name or asked.window_id,
            "timezone": asked.timezone,
            "operations": list(asked.operations),
            **{key: asked.occurrence.get(key) for key in _BOUNDS},
        },
        "summary": summary(report),
        "runs": [
            {
                "host": run.host,
                "process": run.run,
                "user": run.user,
                "awx_job": run.job,
                "awx_user": run.launched_by,
                "first_at": iso(run.first_at),
                "last_at": iso(run.last_at),
            }
            for run in report.runs
        ],
        "facts": dict(asked.facts),
        "gates": [{"at": iso(gate.at), "gate": gate.gate, "message": gate.message} for gate in report.gates],
        "remarks": list(report.remarks),
        "controls": [{**control.to_json(), "ended_at": iso(control.ended_at)} for control in report.controls],
        "to_do": [
            {"kind": todo.kind, "why": todo.why, "devices": list(todo.devices), "command": todo.command}
            for todo in report.to_do
        ],
        "devices": [_device(device) for device in report.devices],
    }


def summary(report: Report) -> dict[str, t.Any]:
    """Return the few values that fit a notification."""
    return {
        "verdict": report.verdict,
        "headline": headline(report),
        "devices": len(report.devices),
        "outcomes": report.counts,
        "locks_left": report.locks_left,
        "started_at": iso(report.started_at),
        "as_of": iso(report.as_of),
        "held_by": None if report.held_by is None else told_control(report.held_by),
    }


def _device(device: DeviceReport) -> dict[str, t.Any]:
    return {
        "name": device.name,
        "site": device.site,
        "model": device.model,
        "type": device.type,
        "batch": device.batch + 1,
        "excluded": device.excluded,
        "outcome": device.outcome,
        "locked": device.locked,
        "reason": reason_of(device),
        "group": device.group,
        "before": dict(device.before),
        "after": dict(device.after),
        "changes": list(device.changes),
        "started_at": iso(device.started_at),
        "ended_at": iso(device.ended_at),
        "locks": [_lock(lock) for lock in device.locks],
        "operations": [_step(step) for step in device.steps],
        "gates": [{"at": iso(gate.at), "gate": gate.gate, "message": gate.message} for gate in device.gates],
    }


def _lock(lock: Lock) -> dict[str, t.Any]:
    return {
        "state": lock.state,
        "open": lock.open,
        "asked_at": iso(lock.asked_at),
        "held_at": iso(lock.held_at),
        "ended_at": iso(lock.ended_at),
        "lease_ends_at": iso(lock.lease_ends_at) if lock.open else None,
        "tries": lock.tries,
        "message": lock.message,
    }


def _step(step: Step) -> dict[str, t.Any]:
    proven_after = None if step.settled_at is None or not step.sent else round(step.settled_at - step.begun_at, 3)
    return {
        "operation": step.operation,
        "state": step.state,
        "attempt": step.attempt,
        "tries": step.tries,
        "sent": step.sent,
        "first_at": iso(step.first_at),
        "sent_at": iso(step.sent_at),
        "settled_at": iso(step.settled_at),
        "waited_to_send": None if step.sent_at is None else round(step.sent_at - step.first_at, 3),
        "proven_after": proven_after,
        "evidence": list(step.evidence),
        "execution_id": step.execution_id,
        "queued": step.queued,
        "message": step.message,
    }
