# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come in: OAuth 2 tokens, OAuth 1 signatures, permissions (docs/apis/senhasegura.md, 3)."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import typing as t
from dataclasses import dataclass

from aiohttp import web

from tests.simulators.senhasegura.oauth1 import OAuth1Check
from tests.simulators.senhasegura.wire import PamError, failure, read_fields
from tests.simulators.world import (
    PAM_CLIENTS,
    PAM_CONSUMER_KEY,
    PAM_CONSUMER_SECRET,
    PAM_READ_ONLY,
    PAM_TOKEN_KEY,
    PAM_TOKEN_SECRET,
)

if t.TYPE_CHECKING:
    from tests.simulators.world import World

NO_PAM_CORE = "sim-nopam"
NO_PAM_CORE_SECRET = "sim-nopam-secret"
CLIENTS = {**PAM_CLIENTS, NO_PAM_CORE: NO_PAM_CORE_SECRET}
"""The OAuth 2 clients with their secrets; one of them is not authorised for the PAM Core resource."""

NO_ROUTE = "no Route matched with those values"
CLIENT_FAILED = "Client authentication failed"
TOKEN_DENIED = "The resource owner or authorization server denied the request."


class NotAdmitted(Exception):
    """A caller that could not be authenticated: ``error`` is the OAuth 2 word for it, with its HTTP ``status``."""

    def __init__(self, error: str, message: str, status: int = 401) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.status = status


@dataclass(slots=True)
class Token:
    """One issued bearer token; ``expires`` is in epoch seconds."""

    client: str
    expires: float


class Gate:
    """Issues tokens and admits calls."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: dict[str, Token] = {}
        consumer, token = (PAM_CONSUMER_KEY, PAM_CONSUMER_SECRET), (PAM_TOKEN_KEY, PAM_TOKEN_SECRET)
        self._oauth1 = OAuth1Check(consumer, token, world.clock.now)

    def live_tokens(self) -> int:
        """How many tokens have not run out."""
        now = self._world.clock.now()
        return sum(token.expires > now for token in self._tokens.values())

    def issue(self, request: web.Request, body: bytes) -> web.Response:
        """Answer the token call (section 3.2); raises NotAdmitted."""
        fields = read_fields(request, body)
        if fields.get("grant_type") != "client_credentials":
            text = "The authorization grant type is not supported by the authorization server."
            raise NotAdmitted("unsupported_grant_type", text, 400)
        client, secret = self._credentials(request, fields)
        tenant = self._world.knobs["senhasegura.tenant"]
        if not secret or CLIENTS.get(client) != secret or (tenant and fields.get("tenant") != tenant):
            raise NotAdmitted("invalid_client", CLIENT_FAILED)
        promised = self._world.knobs["senhasegura.expires_in"]
        now = self._world.clock.now()
        bearer = _jwt(client, now, promised)
        self._tokens[bearer] = Token(client, now + (self._world.knobs["senhasegura.token_lifetime"] or promised))
        self._world.ledger.record("senhasegura", "token_issued", account=client)
        return _json({"token_type": "Bearer", "expires_in": promised, "access_token": bearer}, 200)

    def _credentials(self, request: web.Request, fields: t.Mapping[str, t.Any]) -> tuple[str, str]:
        way = self._world.knobs["senhasegura.client_auth"]
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic" and way != "body":
            try:
                name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise NotAdmitted("invalid_client", CLIENT_FAILED) from None
            return name, secret
        if way == "basic":
            return "", ""
        return str(fields.get("client_id", "")), str(fields.get("client_secret", ""))

    def admit(self, request: web.Request, body: bytes, *, writes: bool) -> str:
        """The client or consumer a call comes from. Raises NotAdmitted, or PamError for what it may not do."""
        header = request.headers.get("Authorization", "")
        scheme, _, value = header.partition(" ")
        if not header:
            raise NotAdmitted("", NO_ROUTE, self._world.knobs["senhasegura.no_header"])
        client = self._signed(request, body) if scheme.lower() == "oauth" else self._bearer(scheme, value.strip())
        if client == NO_PAM_CORE:
            status = self._world.knobs["senhasegura.no_pam_core"]
            raise PamError(None, "You are not authorized to access this resource.", status)
        if writes and client in PAM_READ_ONLY:
            raise PamError(1039)
        return client

    def _signed(self, request: web.Request, body: bytes) -> str:
        knobs = self._world.knobs
        self._oauth1.window = knobs["senhasegura.oauth1_window"]
        self._oauth1.replay = knobs["senhasegura.nonce"] == "ignore"
        url = f"{request.scheme}://{request.host}{request.raw_path}"
        if not self._oauth1.accepts(url, request.method, request.headers, body):
            raise NotAdmitted("invalid_signature", "Invalid signature")
        return PAM_CONSUMER_KEY

    def _bearer(self, scheme: str, bearer: str) -> str:
        token = self._tokens.get(bearer) if scheme.lower() == "bearer" else None
        if token is None or token.expires <= self._world.clock.now():
            raise NotAdmitted("access_denied", TOKEN_DENIED)
        return token.client

    def refuse(self, problem: NotAdmitted) -> web.Response:
        """The answer to a caller that was not admitted (sections 3.6 and 11)."""
        if not problem.error:
            return _json({"message": problem.message}, problem.status)
        style = self._world.knobs["senhasegura.auth_error"]
        if style != "oauth":
            return failure(self._world.knobs, PamError(None, problem.message, 500 if style == "envelope_500" else 400))
        body = {"error": problem.error, "error_description": problem.message, "message": problem.message}
        return _json(body, problem.status)


def _json(document: dict[str, t.Any], status: int) -> web.Response:
    return web.Response(status=status, text=json.dumps(document), content_type="application/json")


def _jwt(client: str, now: float, lifetime: int) -> str:
    """A token that looks like the documented one; nobody has a key to check it with, it is known by itself."""
    jti = secrets.token_hex(20)
    head = {"typ": "JWT", "alg": "RS256", "jti": jti}
    claims = {
        "aud": client,
        "jti": jti,
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + lifetime,
        "sub": "",
        "scopes": [],
    }
    parts = [json.dumps(head).encode(), json.dumps(claims).encode(), secrets.token_bytes(64)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
