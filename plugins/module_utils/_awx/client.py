# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one question to AWX: who approved in the workflow that a job belongs to (its API version 2).

GET /api/v2/workflow_jobs/{id}/workflow_nodes/ lists the nodes with the job of each (``summary_fields.job``: ``id``,
``type``, ``status``); GET /api/v2/workflow_approvals/{id}/ names who decided
(``summary_fields.approved_or_denied_by.username``).
"""

from __future__ import annotations

import base64
import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire

SYSTEM = "AWX"

_TIMEOUT = 30.0

_OFF = ("false", "no", "off", "0")

# A workflow of setup_awx has six nodes; one with more than these is not ours.
_NODES = (("page_size", "200"),)


class Awx:
    """Reads workflow jobs."""

    def __init__(self, wire: Wire, authorization: str, prefix: str = "/api/") -> None:
        """Take the wire, the header Authorization, and where the API begins (``/api/controller/`` in newer ones)."""
        self._wire = wire
        self._authorization = authorization
        self._prefix = "/" + prefix.strip("/")

    @classmethod
    def from_environment(cls, clock: Clock) -> Awx | None:
        """Open the controller that the environment names, as awx.awx does; None when it names none. Raises BadInput."""
        host, token, user, password = (
            os.environ.get(f"CONTROLLER_{name}", "").strip() for name in ("HOST", "OAUTH_TOKEN", "USERNAME", "PASSWORD")
        )
        if not host or not (token or (user and password)):
            return None
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        endpoint = Endpoint.from_params(
            SYSTEM,
            {
                "api_url": host if "://" in host else f"https://{host}",
                "timeout": _TIMEOUT,
                "validate_certs": os.environ.get("CONTROLLER_VERIFY_SSL", "").strip().lower() not in _OFF,
                "ca_path": None,
                "client_cert": None,
                "client_key": None,
            },
        )
        prefix = os.environ.get("CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX", "").strip() or "/api/"
        wire = Wire(endpoint, HttpTransport(endpoint), clock)
        return cls(wire, f"Bearer {token}" if token else f"Basic {basic}", prefix)

    def approvers(self, workflow_job: str) -> list[str]:
        """Return who approved in a workflow job, in the order of its nodes. Raises MaintenanceError."""
        if not workflow_job.isdigit():
            raise BadInput(f"{SYSTEM} gave no number of a workflow job.")
        nodes = self._get(f"/workflow_jobs/{workflow_job}/workflow_nodes/", _NODES).get("results")
        if not isinstance(nodes, list):
            raise NoAnswer(f"{SYSTEM} listed no nodes of workflow job {workflow_job}.")
        jobs = [_dug(node, "summary_fields", "job") for node in nodes]
        found = []
        for job in jobs:
            if not isinstance(job, dict) or job.get("type") != "workflow_approval" or job.get("status") != "successful":
                continue
            approval = self._get(f"/workflow_approvals/{int(job.get('id') or 0)}/")
            name = _dug(approval, "summary_fields", "approved_or_denied_by", "username")
            if isinstance(name, str) and name.strip():
                found.append(name.strip())
        return found

    def _get(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> dict[str, t.Any]:
        headers = {"Accept": "application/json", "Authorization": self._authorization}
        answer = self._wire.call(Request("GET", f"{self._prefix}/v2{path}", query, headers), repeatable=True)
        if answer.problem:
            raise NoAnswer(f"{SYSTEM}'s answer cannot be used: {answer.problem}", status=answer.status)
        if not answer.ok:
            raise Refused(f"{SYSTEM} answered {answer.status} to {path}.", status=answer.status)
        document = parse(answer.body, SYSTEM, status=answer.status)
        if not isinstance(document, dict):
            raise NoAnswer(f"{SYSTEM} answered no document to {path}.", status=answer.status)
        return document


def _dug(value: object, *keys: str) -> object:
    """Return what stands under these keys, None where there is nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
