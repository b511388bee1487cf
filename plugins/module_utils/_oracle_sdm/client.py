# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of Oracle Session Delivery Manager: list devices, lock, unlock. The session is ``sign_in.py``.

Status codes get their meaning at the call. SDM does not document what it answers when another account holds a lock, so
every refusal that can mean it is taken as one (docs/apis/oracle_sdm.md, 4.2 and 6).
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
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import (
    SYSTEM,
    SdmDevice,
    devices_in,
    dialect_of,
    error_inside,
    read,
    refuse_page,
    write,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import SdmSession, headers
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store, single_flight
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_of

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
        # Until when (monotonic seconds) nobody waits for its answer, because it gave none for as long as was agreed.
        self.given_up_until = 0.0
        self._listed: list[SdmDevice] | None = None
        # What this installation was seen to do where the documentation leaves it open, by topic.
        self.dialect: dict[str, str] = {}

    @property
    def server(self) -> str:
        """The address that names this SDM in the journal."""
        return self.wire.endpoint.base_url

    @property
    def account(self) -> str:
        """The account as the lock owner; SDM's names are case-insensitive (docs/apis, 2.1)."""
        return self.username.lower()

    def __enter__(self) -> OracleSdm:
        """Return the client; signing in waits for the first call."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Sign out, unless the session is shared with other tasks of the run."""
        self._session.close()

    def devices(self) -> list[SdmDevice]:
        """Return every device the account may see, read now; the run's table of ids profits from it.

        Raises MaintenanceError when the list cannot be had.
        """
        answer = self._ask("GET", "/inventory/deviceMgmt/devices")
        if answer.status != 200:
            raise self._failure(answer, "the list of devices")
        document = read(answer)
        devices = devices_in(document)
        self.dialect["lists"] = dialect_of(document, is_json=answer.body.lstrip()[:1] in (b"{", b"["))
        table: dict[str, list[str]] = {}
        for device in devices:
            if device.name:
                table.setdefault(device.name, []).append(device.id)
        self._store.save(self._ids_key, table)
        return devices

    def device_ids(self) -> dict[str, list[str]]:
        """Return the table from device name to ids, read once per run. Raises MaintenanceError."""
        if self._ids is not None:
            return self._ids
        with single_flight(self._store, self._ids_key, self.wire.clock):
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
        """Return the device back; returns only when SDM said so. Raises as :meth:`lock`."""
        self._act(device_id, "Unlock", guard)

    def members(self, device_id: str) -> list[SdmDevice]:
        """Return the devices of the group that a lock of a group is about (docs/apis, 4.3), read once per task.

        Raise MaintenanceError when the list cannot be had.
        """
        function, group = group_of(device_id) or ("", "")
        if self._listed is None:
            self._listed = self.devices()
        return [
            device
            for device in self._listed
            if device.parent_group_id == group or (function == group and device.nf_id == function)
        ]

    def _act(self, device_id: str, kind: str, guard: Guard | None) -> None:
        """Send an action for a device or a group (docs/apis, 4.2, 4.3): 200 and 204 are success, the body is empty."""
        group = group_of(device_id)
        if group is None:
            path, root = f"/inventory/deviceMgmt/devices/{segment(device_id)}/action", "deviceAction"
        else:
            path = f"/inventory/nfMgmt/nfs/{segment(group[0])}/groups/{segment(group[1])}/action"
            root = "deviceGroupAction"
        answer = self._ask("POST", path, write(root, {"type": kind}), guard)
        if answer.status in (200, 204):
            inside = error_inside(answer)
            if inside is None:
                return
            raise Conflict(
                f"{SYSTEM} refused to {kind.lower()} {_called(device_id)}: {inside}",
                status=answer.status,
                repeated=answer.repeated,
            )
        if answer.status in REJECTIONS:
            raise Conflict(
                f"{SYSTEM} refused to {kind.lower()} {_called(device_id)} ({answer.status}): another account holds its "
                f"lock, or the account {self.username} may not {kind.lower()} it. See in the SDM console who works on "
                "it.",
                status=answer.status,
                repeated=answer.repeated,
            )
        raise self._failure(answer, _called(device_id))

    def _ask(self, method: str, path: str, body: bytes | None = None, guard: Guard | None = None) -> Answer:
        """Make a call in the run's session; when that is over, sign in once more and ask once more.

        That a session is over shows as a 401, a login page or a redirect to one (docs/apis, 2.4). Raises
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
        """Name what any other status means (docs/apis, 5.1); the body is never looked at, it has no schema."""
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


def _called(device_id: str) -> str:
    """Return what an action is about, as a person would call it."""
    return device_id if group_of(device_id) else f"device {device_id}"
