# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX as a script: the nodes of a workflow job and its approvals."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._awx.client import Awx
from tests.unit.support.script import Script


class Controller:
    """AWX as a script: a workflow job 41 with these nodes."""

    def __init__(self, prefix: str = "/api/") -> None:
        self.script = Script()
        self.awx = Awx(self.script.wire("https://awx.example.com", "AWX"), "Bearer secret-of-awx", prefix)
        self.start = prefix.rstrip("/") + "/v2"

    def nodes(self, *jobs: t.Any) -> None:
        """Expect the nodes to be read, with these jobs."""
        rows = [{"summary_fields": {} if job is None else {"job": job}} for job in jobs]
        path = f"{self.start}/workflow_jobs/41/workflow_nodes/"
        self.script.expect("GET", path, {"page_size": "200"}).answers(json={"count": len(rows), "results": rows})

    def approval(self, number: int, username: str | None) -> None:
        """Expect an approval to be read."""
        fields = {} if username is None else {"approved_or_denied_by": {"id": 2, "username": username}}
        path = f"{self.start}/workflow_approvals/{number}/"
        self.script.expect("GET", path).answers(json={"id": number, "summary_fields": fields})


def job(number: int, kind: str = "workflow_approval", status: str = "successful") -> dict[str, t.Any]:
    """A job of a node."""
    return {"id": number, "type": kind, "status": status, "name": "x"}
