# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways to sign in to senhasegura PAM Core: one class per way (docs/apis/senhasegura.md, 3.2 and 3.3)."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import re
import typing as t
import urllib.parse

# The module runner names the missing library before anything here is used.
with contextlib.suppress(ImportError):
    import requests_oauthlib
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    MaintenanceError,
    NoAnswer,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import (
    SYSTEM,
    Said,
    listen,
    objection,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store

# A token is given up this much before its end, so that it does not expire on the way.
LONGEST_MARGIN = 60.0

LIFETIME_WHEN_UNSAID = 300.0

# Seconds that a refusal is believed without asking again: a fleet that repeats a wrong secret gets its client locked.
REFUSED_FOR = 60.0

_TOKEN = re.compile(r"[\x21-\x7e]+")

_DEED = "accept the sign-in"


class SignIn(t.Protocol):
    """Puts the proof of who we are on a request."""

    identity: str
    """Tells this sign-in from any other without giving away a secret."""

    kind: str
    """How this way to sign in is called."""

    def signed(self, request: Request) -> Request:
        """Return the request with its proof; may ask the system for a token and raise what that raises."""

    def renew(self, refused: Request) -> bool:
        """Drop the proof that this request carried; return whether another one can be had."""


def choose_sign_in(params: t.Mapping[str, t.Any], wire: Wire, store: Store) -> SignIn:
    """Return the sign-in that the options describe: OAuth 2 where its client is given, else OAuth 1.

    Raises BadInput when a set of credentials is incomplete.
    """
    ways = (("client_id", "client_secret"), ("consumer_key", "consumer_secret", "token_key", "token_secret"))
    for names in ways:
        given = [name for name in names if params.get(name)]
        if given and len(given) < len(names):
            missing = ", ".join(name for name in names if name not in given)
            raise BadInput(f"{SYSTEM}: the credentials are incomplete, give {missing} too.")
    if params.get("client_id"):
        return OAuth2(wire, store, params)
    if params.get("consumer_key"):
        return OAuth1(params)
    raise BadInput(f"{SYSTEM}: no credentials are given; set client_id and client_secret, or the four OAuth 1 keys.")


class OAuth2:
    """OAuth 2 client credentials: one token per run, kept in the store for every task and worker of the run."""

    kind = "OAuth 2"

    def __init__(self, wire: Wire, store: Store, params: t.Mapping[str, t.Any]) -> None:
        """Take the wire to ask for a token over, where tokens are kept, and the options of the task."""
        know(str(params["client_secret"]))
        self._wire = wire
        self._store = store
        self._path = f"{params['api_prefix']}/oauth2/token"
        self._fields = {
            "grant_type": "client_credentials",
            "client_id": str(params["client_id"]),
            "client_secret": str(params["client_secret"]),
        }
        if params.get("tenant"):
            self._fields["tenant"] = str(params["tenant"])
        self.identity = _digest(wire.endpoint.base_url, self._path, *self._fields.values())
        self._key = f"senhasegura.token/{self.identity}"

    def signed(self, request: Request) -> Request:
        """Return the request with a bearer token; asks for one when none is kept or the kept one is about to expire."""
        return dataclasses.replace(request, headers={**request.headers, "Authorization": f"Bearer {self._token()}"})

    def renew(self, refused: Request) -> bool:
        """Forget the token of the refused request, unless another thread already replaced it."""
        with self._store.locked(self._key):
            kept = self._store.load(self._key)
            if kept is not None and refused.headers.get("Authorization") == f"Bearer {kept['token']}":
                self._store.save(self._key, None)
        return True

    def _token(self) -> str:
        kept = self._kept()
        if kept is None:
            with self._store.locked(self._key):
                kept = self._kept() or self._ask()
        return kept

    def _kept(self) -> str | None:
        value = self._store.load(self._key)
        if value is None or self._wire.clock.now() >= value["until"]:
            return None
        if "refused" in value:
            raise SignInRefused(value["refused"], status=value["status"])
        return str(value["token"])

    def _ask(self) -> str:
        """Sign in, as since 3.29 or else as up to 3.25 (docs/apis/senhasegura.md, 3.2); raises SignInRefused."""
        asked_at = self._wire.clock.now()
        said = self._say({}, self._fields)
        if self._refused(said):
            pair = f"{self._fields['client_id']}:{self._fields['client_secret']}".encode()
            others = {name: value for name, value in self._fields.items() if not name.startswith("client_")}
            older = self._say({"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}, others)
            said = said if older.failed else older
        if said.status == 404 and said.code is None:
            raise Refused(
                f"{SYSTEM} has no sign-in at {self._wire.endpoint.base_url}{self._path} (404). Check api_url "
                "(SENHASEGURA_URL), which ends after the host, and api_prefix.",
                status=404,
            )
        if said.failed:
            error: MaintenanceError = objection(said, _DEED)
            text = str(error)
            if not self._refused(said):
                raise error
            until = asked_at + REFUSED_FOR
            self._store.save(self._key, {"token": "", "refused": text, "status": said.status, "until": until})
            raise SignInRefused(text, status=said.status)
        token = (said.body or {}).get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise NoAnswer(f"{SYSTEM} (POST {self._path}) accepted the sign-in but sent no usable token.")
        know(token)
        lifetime = _seconds((said.body or {}).get("expires_in"))
        until = asked_at + lifetime - min(LONGEST_MARGIN, lifetime / 10)
        self._store.save(self._key, {"token": token, "until": until})
        return token

    def _say(self, headers: t.Mapping[str, str], fields: t.Mapping[str, str]) -> Said:
        request = Request(
            "POST",
            self._path,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers},
            body=urllib.parse.urlencode(fields).encode("ascii"),
        )
        # Asking for a token changes nothing, so a lost answer is simply asked for again.
        answer = self._wire.call(request, repeatable=True)
        return listen(answer, f"{SYSTEM} (POST {self._path})", self._wire.clock.now())

    @staticmethod
    def _refused(said: Said) -> bool:
        """Whether the client was not accepted; how that is said is not documented (docs/apis, 3.6)."""
        return said.failed and (said.perhaps_signed_out or said.status in (401, 403))


class OAuth1:
    """OAuth 1 with HMAC-SHA1: every request is signed with four values issued in the console; nothing is kept."""

    kind = "OAuth 1"

    def __init__(self, params: t.Mapping[str, t.Any]) -> None:
        """Take the options of the task."""
        know(*(str(params[name]) for name in ("consumer_key", "consumer_secret", "token_key", "token_secret")))
        secrets = {str(params["consumer_secret"]), str(params["token_secret"])}
        self.identity = _digest(*(str(params[name]) for name in ("consumer_key", "token_key")), *sorted(secrets))
        self._sign = requests_oauthlib.OAuth1(
            str(params["consumer_key"]),
            client_secret=str(params["consumer_secret"]),
            resource_owner_key=str(params["token_key"]),
            resource_owner_secret=str(params["token_secret"]),
        )

    def signed(self, request: Request) -> Request:
        """Return the request with the callable that signs it right before it leaves, each repeat with its own nonce."""
        return dataclasses.replace(request, sign=self._sign)

    def renew(self, refused: Request) -> bool:
        """Return that there is nothing to renew: a refused signature will be refused again."""
        return False


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _seconds(value: object) -> float:
    """Read ``expires_in``, a number or a text of digits; a short lifetime when it is missing or makes no sense."""
    try:
        lifetime = float(t.cast("t.Any", value))
    except (TypeError, ValueError):
        return LIFETIME_WHEN_UNSAID
    return lifetime if 0 < lifetime < 10**9 else LIFETIME_WHEN_UNSAID
