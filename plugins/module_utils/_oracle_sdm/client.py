# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to Oracle Session Delivery Manager: list devices, lock, unlock. The session is ``_sdm_sign_in.py``.

Status codes get their meaning at the call. SDM does not document what it answers when another account holds a lock, so
every refusal that can mean it is taken as one (Oracle SDM sheet, sections 4.2 and 6).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    Conflict,
    MaintenanceError,
    NoAnswer,
    NotFound,
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import (
    SYSTEM,
    SdmDevice,
    devices_in,
    error_inside,
    read,
    refuse_page,
    write,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import SdmSession, headers
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store, alone

DEVICES_KEY = "oracle_sdm_devices"


# 400, 403, 409 and 423 can all mean "another account holds it"; 401 as well, once a fresh sign-in did not help.
REJECTIONS = frozenset({400, 401, 403, 409, 423})


class OracleSdm:
    """One SDM with one account. Use it as ``with OracleSdm(...) as sdm``: a session that nobody shares is closed."""

    def __init__(self, wire: Wire, username: str, password: str, api_version: str, store: Store) -> None:
        """Take the wire, the account, the version (``v1.3``) and where the session is kept for others of the run."""
        self.wire = wire
        self.username = username
        self._store = store
        self._session = SdmSession(wire, username, password, api_version, store)
        self._ids: dict[str, list[str]] | None = None

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any], store: Store) -> OracleSdm:
        """Build the door from the options of fragment ``oracle_sdm``; raises BadInput."""
        endpoint = Endpoint.from_params(SYSTEM, params)
        wire = Wire(endpoint, HttpTransport(endpoint))
        return cls(wire, params["username"], params["password"], params["api_version"], store)

    @property
    def server(self) -> str:
        """The address that names this SDM in the journal."""
        return self.wire.endpoint.base_url

    @property
    def account(self) -> str:
        """The account as the lock owner; SDM's names are case-insensitive (sheet, section 2.1)."""
        return self.username.lower()

    def __enter__(self) -> OracleSdm:
        """Give the door; signing in waits for the first call."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Sign out, unless the session is shared with other tasks of the run."""
        self._session.close()

    def devices(self) -> list[SdmDevice]:
        """Give every device the account may see, read now; the run's table of ids profits from it.

        Raises MaintenanceError when the list cannot be had.
        """
        answer = self._ask("GET", "/inventory/deviceMgmt/devices")
        if answer.status != 200:
            raise self._failure(answer, "the list of devices")
        devices = devices_in(read(answer))
        table: dict[str, list[str]] = {}
        for device in devices:
            if device.name:
                table.setdefault(device.name, []).append(device.id)
        self._store.save(self._ids_key, table)
        return devices

    def device_ids(self) -> dict[str, list[str]]:
        """Give the table from device name to ids, read once per run. Raises MaintenanceError."""
        if self._ids is not None:
            return self._ids
        with alone(self._store, self._ids_key, self.wire.clock):
            if self._store.load(self._ids_key) is None:
                self.devices()
            self._ids = t.cast("dict[str, list[str]]", self._store.load(self._ids_key))
        return self._ids

    @property
    def _ids_key(self) -> str:
        return f"{DEVICES_KEY} {self.server} {self.account}"

    def lock(self, device_id: str, guard: Guard | None = None) -> None:
        """Acquire the device for our account; returns only when SDM said so.

        Repeating it is safe for the own account. ``guard`` runs right before the first byte leaves. Raises Conflict
        (held by another account, or not permitted), NotFound, NoAnswer (it may be locked now), SignInRefused.
        """
        self._act(device_id, "Lock", guard)

    def unlock(self, device_id: str, guard: Guard | None = None) -> None:
        """Give the device back; returns only when SDM said so. Raises as :meth:`lock`."""
        self._act(device_id, "Unlock", guard)

    def may_act(self, device_id: str) -> bool | None:
        """Ask whether the account may lock a device, and change nothing; None: no objection, which is no promise.

        Asks for an action that does not exist, which is invalid input (400, sheet, section 4.2); 401 right after a
        sign-in and 403 say that the account lacks the right (sections 4.2 and 5.1). Raises NoAnswer when the server
        takes the action all the same, and as :meth:`devices`.
        """
        path = f"/inventory/deviceMgmt/devices/{segment(device_id)}/action"
        answer = self._ask("POST", path, write("deviceAction", {"type": "Probe"}))
        if answer.ok:
            raise NoAnswer(
                f"{SYSTEM} took the action Probe on device {device_id}, which does not exist; look what it did.",
                status=answer.status,
            )
        return False if answer.status in (401, 403) else None

    def _act(self, device_id: str, kind: str, guard: Guard | None) -> None:
        """Send a device action (sheet, section 4.2): 200 and 204 are success, the body is empty."""
        path = f"/inventory/deviceMgmt/devices/{segment(device_id)}/action"
        answer = self._ask("POST", path, write("deviceAction", {"type": kind}), guard)
        if answer.status in (200, 204):
            inside = error_inside(answer)
            if inside is None:
                return
            raise Conflict(
                f"{SYSTEM} refused to {kind.lower()} device {device_id}: {inside}",
                status=answer.status,
                repeated=answer.repeated,
            )
        if answer.status in REJECTIONS:
            raise Conflict(
                f"{SYSTEM} refused to {kind.lower()} device {device_id} ({answer.status}): another account holds its "
                f"lock, or the account {self.username} may not {kind.lower()} it.",
                status=answer.status,
                repeated=answer.repeated,
            )
        raise self._failure(answer, f"device {device_id}")

    def _ask(self, method: str, path: str, body: bytes | None = None, guard: Guard | None = None) -> Answer:
        """Make a call in the run's session; when that is over, sign in once more and ask once more.

        That a session is over shows as a 401, a login page or a redirect to one (sheet, section 2.4). Raises
        SignInRefused, NotSent, Blocked, NoAnswer, Refused.
        """

        def once(cookie: str) -> Answer:
            request = Request(method, self._session.root + path, headers=headers(cookie, body), body=body)
            answer = self.wire.call(request, repeatable=True, guard=guard)
            if answer.ok:
                refuse_page(answer)
            return answer

        cookie = self._session.cookie()
        try:
            answer = once(cookie)
            if answer.status != 401:
                return answer
            repeated = answer.repeated
        except SignInRefused as error:
            repeated = error.repeated
        try:
            answer = once(self._session.cookie(stale=cookie))
        except (NotSent, SignInRefused) as error:
            if repeated:
                raise NoAnswer(f"{error} An earlier try got no answer and may have been executed.") from error
            raise
        return dataclasses.replace(answer, repeated=answer.repeated or repeated)

    def _failure(self, answer: Answer, about: str) -> MaintenanceError:
        """Name what any other status means (sheet, section 5.1); the body is never looked at, it has no schema."""
        said = f"{SYSTEM} answered {answer.status} about {about}{answer.tried}"
        if answer.status == 401:
            return SignInRefused(f"{said}: the session is not accepted, even right after signing in.", status=401)
        if answer.status == 403:
            return Refused(
                f"{said}: the account {self.username} lacks the privilege.", status=403, repeated=answer.repeated
            )
        if answer.status == 404:
            return NotFound(
                f"{said}: it does not exist, or the account {self.username} may not see it.",
                status=404,
                repeated=answer.repeated,
            )
        if answer.status >= 500:
            return NoAnswer(f"{said}: the server failed, what it did is not known.", status=answer.status)
        if answer.ok:
            return NoAnswer(f"{said}, which is not an answer this call has.", status=answer.status)
        return Refused(f"{said}.", status=answer.status, repeated=answer.repeated)
