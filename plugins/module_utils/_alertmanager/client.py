# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of Alertmanager that a window needs (its API version 2, as its OpenAPI document has it).

GET /api/v2/alerts lists alerts with their labels and a status: ``state`` (active, suppressed, unprocessed) and the ids
of the silences that hide an alert (``silencedBy``). GET /api/v2/silences lists silences and who made them.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer, Endpoint, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire

SYSTEM = "Alertmanager"

# Who makes the silences of window_silence, and so how our own are told from those of people.
CREATED_BY = "netfleet.maintenance"

# Every alert that is firing, whatever hides it from those who are notified.
_EVERY = tuple((state, "true") for state in ("active", "silenced", "inhibited", "unprocessed"))


@dataclasses.dataclass(frozen=True)
class Alert:
    """A firing alert: its labels, and the ids of the silences that hide it."""

    labels: t.Mapping[str, str]
    silenced_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return what the alert is called."""
        return self.labels.get("alertname", "without a name")


class Alertmanager:
    """Reads alerts and silences; safe for several threads."""

    def __init__(self, wire: Wire, token: str | None = None) -> None:
        """Take the wire, and the bearer token where one is needed."""
        self.wire = wire
        self._token = token

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any], clock: Clock) -> Alertmanager:
        """Open the one at ``api_url``, with ``token`` and the usual options of a connection. Raises BadInput."""
        endpoint = Endpoint.from_params(
            SYSTEM, {"client_cert": None, "client_key": None, "has_credentials": bool(params["token"]), **params}
        )
        return cls(Wire(endpoint, HttpTransport(endpoint), clock), params["token"])

    def alerts(self) -> list[Alert]:
        """Return all firing alerts, silenced and inhibited ones too. Raises MaintenanceError for no sound answer."""
        return [self._alert(row) for row in self._rows("/api/v2/alerts", _EVERY)]

    def own_silences(self) -> set[str]:
        """Return the ids of the silences that window_silence made, for any window. Raises MaintenanceError."""
        rows = self._rows("/api/v2/silences")
        return {str(row["id"]) for row in rows if row.get("createdBy") == CREATED_BY and "id" in row}

    def _rows(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> list[dict[str, t.Any]]:
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        answer = self.wire.call(Request("GET", path, query, headers), repeatable=True)
        rows = self._read(answer)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise NoAnswer(f"{SYSTEM} answered no list to {path}.", status=answer.status)
        return rows

    @staticmethod
    def _read(answer: Answer) -> object:
        if answer.problem:
            raise NoAnswer(f"{SYSTEM}'s answer cannot be used: {answer.problem}", status=answer.status)
        if not answer.ok:
            raise Refused(f"{SYSTEM} answered {answer.status} and showed no alerts.", status=answer.status)
        return parse(answer.body, SYSTEM, status=answer.status)

    @staticmethod
    def _alert(row: dict[str, t.Any]) -> Alert:
        """Return an alert of the list. One that is not as documented makes the whole answer useless."""
        labels, status = row.get("labels"), row.get("status")
        hidden = status.get("silencedBy") if isinstance(status, dict) else None
        is_sound = isinstance(labels, dict) and all(isinstance(value, str) for value in labels.values())
        if not is_sound or not isinstance(hidden, list) or not all(isinstance(each, str) for each in hidden):
            raise NoAnswer(f"{SYSTEM} showed an alert that is not as its documentation has it.", status=200)
        return Alert(t.cast("dict[str, str]", labels), tuple(hidden))
