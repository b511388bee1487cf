# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A silence in Alertmanager as a short lease: it ends by itself unless a living run renews it.

Alertmanager's API, version 2 (its OpenAPI document): POST /api/v2/silences makes a silence, or changes the one whose id
is given; DELETE /api/v2/silence/{id} ends it.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.client import (
    CREATED_BY,
    SYSTEM,
    Alertmanager,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire

_AHEAD = 3600.0


@dataclasses.dataclass
class Silence:
    """One silence and the lease it has; ``started_at`` is epoch seconds, ``lease`` seconds."""

    wire: Wire
    matchers: list[dict[str, t.Any]]
    comment: str
    created_by: str
    lease: float
    started_at: float
    token: str | None = None
    id: str | None = None
    starts_at: str | None = None

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any], clock: Clock) -> Silence:
        """Build a silence that begins now from a task's options. Raises BadInput."""
        return cls(
            wire=Alertmanager.from_params(params, clock).wire,
            matchers=read_matchers(params["matchers"]),
            comment=f"maintenance window {params['window_id']}",
            created_by=CREATED_BY,
            lease=params["lease"],
            started_at=clock.now(),
            token=params["token"],
        )

    def renew(self) -> None:
        """Make the silence, or let it last for one more lease. Raises MaintenanceError."""
        # From an hour ago, so that it is on at once where Alertmanager's clock is behind ours.
        begun = self.started_at if self.id else self.started_at - _AHEAD
        if self.id and self.starts_at is None:
            self.starts_at = self._read_start()
        wanted = {
            "matchers": self.matchers,
            "startsAt": self.starts_at or iso(begun),
            "endsAt": iso(self.wire.clock.now() + self.lease),
            "createdBy": self.created_by,
            "comment": self.comment,
            **({"id": self.id} if self.id else {}),
        }
        request = Request("POST", "/api/v2/silences", headers=self._headers(), body=json.dumps(wanted).encode())
        # A renewal converges; a first one that was made twice ends with its lease.
        answer = self.wire.call(request, repeatable=self.id is not None)
        if answer.status == 404 and self.id:
            # It was taken away or has ended.
            self.id = self.starts_at = None
            self.renew()
            return
        if not answer.ok:
            raise Refused(f"{SYSTEM} answered {answer.status} to a silence.", status=answer.status)
        try:
            made = str(json.loads(answer.body)["silenceID"])
        except (ValueError, KeyError, TypeError) as error:
            raise NoAnswer(f"{SYSTEM} made a silence and did not say which.", status=answer.status) from error
        if made != self.id:
            self.id, self.starts_at = made, None

    def _read_start(self) -> str | None:
        """Return when the silence begins by Alertmanager's clock, None when it does not say.

        It renews a silence only when asked with exactly this time; with another it makes a second one.
        """
        request = Request("GET", f"/api/v2/silence/{segment(str(self.id))}", headers=self._headers())
        answer = self.wire.call(request, repeatable=False)
        try:
            return str(json.loads(answer.body)["startsAt"]) if answer.ok else None
        except (ValueError, KeyError, TypeError):
            return None

    def end(self) -> None:
        """End the silence now. Raises MaintenanceError."""
        if self.id is None:
            return
        request = Request("DELETE", f"/api/v2/silence/{segment(self.id)}", headers=self._headers())
        answer = self.wire.call(request, repeatable=True)
        if not answer.ok and answer.status != 404:
            raise Refused(f"{SYSTEM} answered {answer.status} to the end of a silence.", status=answer.status)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        return headers | {"Authorization": f"Bearer {self.token}"} if self.token else headers


def read_matchers(given: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return matchers for Alertmanager. Raises BadInput for none, and for one that would silence everything."""
    if not given:
        raise BadInput("matchers is empty: a silence says which alerts it is about.")
    matchers = [
        {"name": each["name"], "value": each["value"], "isRegex": bool(each.get("regex")), "isEqual": True}
        for each in given
    ]
    if all(each["value"] in ("", ".*", ".+") for each in matchers):
        raise BadInput("matchers would silence every alert.")
    return matchers
