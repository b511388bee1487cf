# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session with Oracle Session Delivery Manager: opened once per run, shared, renewed when it is over, closed.

Sign-in and sign-out are described in docs/apis/oracle_sdm.md, 2.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    MaintenanceError,
    NoAnswer,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import (
    SYSTEM,
    error_inside,
    read,
    write,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store, single_flight

SESSION_KEY = "oracle_sdm_session"

XML = "application/xml"

LONGEST_COOKIE = 4096


class SdmSession:
    """The session of one account with one SDM, kept in a store for others of the same task or run."""

    def __init__(self, wire: Wire, username: str, password: str, api_version: str, store: Store) -> None:
        """Take the wire, the account, the version (``v1.3``) and the store. Raises BadInput for an unusable version."""
        self.root = f"/rest/{segment(api_version)}"
        know(password)
        self._wire = wire
        self._username = username
        self._password = password
        self._version = api_version
        self._store = store
        self._key = f"{SESSION_KEY} {wire.endpoint.base_url} {api_version} {username}"

    def close(self) -> None:
        """Sign out, unless the session is shared with other tasks of the run. Never raises."""
        session = self._store.load(self._key) or {}
        if "cookie" in session and not self._store.shared:
            self._store.save(self._key, None)
            try:
                _sign_out(self._wire, self.root, session["cookie"])
            except MaintenanceError:
                # Harmless: the session ends by itself, and locks belong to the account (docs/apis, 8).
                pass

    def cookie(self, stale: str | None = None) -> str:
        """Return the session's cookie, signing in when there is none or only the ``stale`` one; single flight."""
        with single_flight(self._store, self._key, self._wire.clock):
            session = self._store.load(self._key) or {}
            if "refused" in session and session["password"] == self._fingerprint(session["salt"]):
                # Trying a rejected password once per device is how accounts get locked.
                raise SignInRefused(session["refused"], status=401)
            if session.get("cookie") in (None, stale):
                try:
                    cookie = self._sign_in()
                except SignInRefused as error:
                    salt = os.urandom(16).hex()
                    refused = {"refused": str(error), "salt": salt, "password": self._fingerprint(salt)}
                    self._store.save(self._key, refused)
                    raise
                endpoint = dataclasses.asdict(self._wire.endpoint)
                session = {"cookie": cookie, "version": self._version, "endpoint": endpoint}
                self._store.save(self._key, session)
            return str(session["cookie"])

    def _fingerprint(self, salt: str) -> str:
        """Distinguish a rejected password from a new one (a vault may rotate it during the run) without keeping it."""
        return hashlib.pbkdf2_hmac("sha256", self._password.encode(), bytes.fromhex(salt), 20_000).hex()

    def _sign_in(self) -> str:
        """Open a session (docs/apis, 2.1) and give its cookie value. Raises SignInRefused, Refused, NoAnswer."""
        body = write("session", {"userName": self._username, "password": self._password})
        answer = self._wire.call(
            Request("POST", f"{self.root}/admin/login", headers=headers(None, body), body=body), repeatable=True
        )
        if answer.status in (400, 401, 403):
            raise SignInRefused(
                f"{SYSTEM} did not accept the account {self._username} ({answer.status}). Check username and "
                "password (ORACLE_SDM_USERNAME, ORACLE_SDM_PASSWORD).",
                status=answer.status,
            )
        if answer.status == 404:
            raise Refused(
                f"{SYSTEM} has no REST interface {self._version} at {self._wire.endpoint.base_url} (404). "
                "Check api_url (ORACLE_SDM_URL) and api_version.",
                status=404,
            )
        if answer.status != 200:
            said = f"{SYSTEM} answered {answer.status} to the sign-in{answer.tried}"
            if answer.ok or answer.status >= 500:
                raise NoAnswer(f"{said}; try again later.", status=answer.status)
            raise Refused(f"{said}.", status=answer.status)
        inside = error_inside(answer)
        if inside is not None:
            raise SignInRefused(f"{SYSTEM} did not accept the account {self._username}: {inside}", status=200)
        cookie = answer.cookie("JSESSIONID") or str(read(answer).get("sessionId") or "")
        is_text = cookie.isascii() and cookie.isprintable() and not set(cookie) & set('"\\;, ')
        if not is_text or not 0 < len(cookie) <= LONGEST_COOKIE:
            raise NoAnswer(f"{SYSTEM} accepted the sign-in but gave no usable session cookie.", status=answer.status)
        know(cookie)
        return cookie


def headers(cookie: str | None, body: bytes | None) -> dict[str, str]:
    """Return the headers of a request: XML both ways, and the session's cookie if there is one."""
    made = {"Accept": XML}
    if body is not None:
        made["Content-Type"] = XML
    if cookie is not None:
        made["Cookie"] = f"JSESSIONID={cookie}"
    return made


def sign_out_saved(session: t.Mapping[str, t.Any]) -> None:
    """Close a session that was shared through a store, from what the store kept. Raises MaintenanceError."""
    if "cookie" not in session:
        return
    endpoint = Endpoint(**session["endpoint"])
    _sign_out(Wire(endpoint, HttpTransport(endpoint)), f"/rest/{segment(session['version'])}", session["cookie"])


def _sign_out(wire: Wire, root: str, cookie: str) -> None:
    """Close a session (docs/apis, 2.3); one that is gone already is as good."""
    answer = wire.call(
        Request("POST", f"{root}/admin/logout", headers={"Accept": XML, "Cookie": f"JSESSIONID={cookie}"}),
        repeatable=True,
    )
    if not answer.ok and answer.status not in (401, 404):
        raise NoAnswer(f"{SYSTEM} answered {answer.status} to the sign-out.", status=answer.status)
