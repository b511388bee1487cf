# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of senhasegura PAM Core: its device and session verbs, and what each answer to them means.

Every call may be repeated after a lost answer (docs/apis/senhasegura.md, 10). Credentials are never read: that would
take custody of them (section 7).
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import (
    ALREADY_ACTIVE,
    NO_SUCH_DEVICE,
    READ_ONLY,
    SYSTEM,
    Said,
    listen,
    objection,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import (
    Row,
    Session,
    device_row,
    device_rows,
    live_sessions,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.sign_in import SignIn
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

DEVICES = "/pam/device"

# The second address is the one of the vendor's draft specification (docs/apis/senhasegura.md, 5).
SESSIONS = ("/pam/session/remotesessions", "/session/remotesessions")

SESSION_KEYS = ("remote_sessions", "remote_session", "sessions")


class Senhasegura:
    """One PAM Core as seen with one set of credentials; safe for several threads."""

    def __init__(self, wire: Wire, sign_in: SignIn, prefix: str) -> None:
        """Take the wire, the way to sign in, and the prefix of every path (``/iso`` or ``/api``)."""
        self.wire = wire
        self._sign_in = sign_in
        self._prefix = prefix
        self.clock = wire.clock
        # What this installation was seen to do where the documentation leaves it open, by topic.
        self.dialect: dict[str, str] = {"prefix": prefix, "sign-in": sign_in.kind}
        origin = f"{wire.endpoint.base_url}\0{prefix}\0{sign_in.identity}"
        self.identity = hashlib.sha256(origin.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def ahead(self) -> float | None:
        """By how many seconds this PAM Core's clock is ahead at least; None when its answers do not tell."""
        return self.wire.ahead

    def devices(self) -> list[Row]:
        """Return every device these credentials reach, without details (docs/apis, 6.2).

        Raises NoAnswer when the list is not complete beyond doubt, Refused or SignInRefused for a no.
        """
        said = self._ask("GET", DEVICES, "list the devices")
        return device_rows((said.body or {}).get("devices"), said.text, self._where("GET", DEVICES))

    def device(self, device_id: str, hostname: str) -> Row:
        """Return one device with its details (docs/apis, 6.3).

        Takes the id to ask for and the hostname the list showed for it. Raises NotFound when the system knows no such
        device, NoAnswer when it answers with another one.
        """
        path = f"{DEVICES}/{segment(device_id)}"
        said = self._ask("GET", path, f"show the device {shown(hostname)} (id {device_id})")
        where = self._where("GET", path)
        row = device_row((said.body or {}).get("device"), where)
        if row["id"] != device_id:
            raise NoAnswer(f"{where} answered with the device {shown(row['hostname'])} (id {row['id']}) instead.")
        return row

    def write_device(self, record: t.Mapping[str, str]) -> Row | None:
        """Create the device of this hostname, or update it if there is one (docs/apis, 6.4).

        Takes the record as the API wants it, every value a text. Gives the device as the reply shows it, None when the
        reply shows none. Raises Refused with the code of the field that was not accepted.
        """
        deed = f"write the device {shown(record['hostname'])}"
        body = json.dumps(dict(record)).encode("utf-8")
        said = self._ask("POST", DEVICES, deed, body)
        device = (said.body or {}).get("device")
        return None if device is None else device_row(device, self._where("POST", DEVICES))

    def deactivate(self, device_id: str, hostname: str) -> bool:
        """Deactivate a device (docs/apis, 6.5); tells whether it was there to be deactivated (False for 1011).

        Raises Refused for every other no: 1039 in particular does not mean that nothing was to be done.
        """
        path = f"{DEVICES}/{segment(device_id)}"
        return self._unless(NO_SUCH_DEVICE, "DELETE", path, f"deactivate the device {shown(hostname)} (id {device_id})")

    def activate(self, device_id: str, hostname: str) -> bool:
        """Activate a device (docs/apis, 6.6); tells whether it was inactive (False for 1044)."""
        path = f"{DEVICES}/{segment(device_id)}"
        return self._unless(ALREADY_ACTIVE, "PUT", path, f"activate the device {shown(hostname)} (id {device_id})")

    def may_write(self) -> bool | None:
        """Ask whether these credentials may write, and change nothing; None: no objection, which is no promise.

        Sends a device without any of the fields that it must have (1004 and others, docs/apis, 6.4). Only 1039 says
        that the authorization is read-only. Raises NoAnswer when the system takes it all the same.
        """
        said = self._say("POST", DEVICES, b"{}")
        if not said.failed:
            raise NoAnswer(f"{self._where('POST', DEVICES)} took a device without a hostname; look what it wrote.")
        return False if said.code == READ_ONLY else None

    def live_sessions(self) -> list[Session]:
        """Return the sessions that have not ended, on any device; the system may take minutes for it (section 7)."""
        deed = "list the sessions"
        path = SESSIONS[0]
        said = self._say("GET", path)
        if said.status == 404:
            path = SESSIONS[1]
            said = self._say("GET", path)
        self._accept(said, deed)
        self.dialect["sessions"] = path
        body = said.body or {}
        raw = next((body[key] for key in SESSION_KEYS if key in body), None)
        return live_sessions(raw, self._where("GET", path))

    def _unless(self, code: int, method: str, path: str, deed: str) -> bool:
        """Make a call that has one refusal which means that nothing had to be done."""
        said = self._say(method, path)
        if said.failed and said.code == code:
            return False
        self._accept(said, deed)
        return True

    def _ask(self, method: str, path: str, deed: str, body: bytes | None = None) -> Said:
        said = self._say(method, path, body)
        self._accept(said, deed)
        return said

    def _accept(self, said: Said, deed: str) -> None:
        if said.failed:
            raise objection(said, deed)

    def _say(self, method: str, path: str, body: bytes | None = None) -> Said:
        """Make one call, once more with a new proof of who we are when the first one seems to be over."""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        bare = Request(method, self._prefix + path, headers=headers, body=body)
        for last in (False, True):
            request = self._sign_in.signed(bare)
            answer = self.wire.call(request, repeatable=True)
            said = listen(answer, self._where(method, path), self.clock.now())
            if last or not said.perhaps_signed_out or not self._sign_in.renew(request):
                return said
        raise AssertionError("unreachable: the last turn always returns")

    def _where(self, method: str, path: str) -> str:
        return f"{SYSTEM} ({method} {self._prefix}{path})"
