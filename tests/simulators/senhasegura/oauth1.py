# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth 1.0 as the server sees it: HMAC-SHA1 verified with oauthlib (docs/apis/senhasegura.md, 3.3)."""

from __future__ import annotations

import typing as t

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, RequestValidator, ResourceEndpoint

if t.TYPE_CHECKING:
    from oauthlib.common import Request

NOBODY = "nobody"
ANY_TIME = 10**12


class OAuth1Check(RequestValidator):
    """Verifies signed requests against one consumer and its token.

    ``now`` gives epoch seconds. ``window`` is how many seconds a timestamp may be off, 0 for any; ``replay`` is whether
    a nonce may be used again.
    """

    def __init__(self, consumer: tuple[str, str], token: tuple[str, str], now: t.Callable[[], float]) -> None:
        super().__init__()
        self._consumer = consumer
        self._token = token
        self._now = now
        self._used: set[tuple[str, str, str]] = set()
        self.window = 300
        self.replay = False

    def accepts(self, url: str, method: str, headers: t.Mapping[str, str], body: bytes) -> bool:
        """Whether a request is signed as it must be; a nonce counts as used only then.

        ``url`` is as it stood on the wire, still percent-encoded. Only a form body is part of the signature.
        """
        endpoint = ResourceEndpoint(self)
        text = body.decode("utf-8", "replace")
        valid, request = endpoint.validate_protected_resource_request(url, method, text, dict(headers))
        if not valid or request is None or request.oauth_params.get("oauth_version") != "1.0":
            return False
        self._used.add((request.client_key, request.timestamp, request.nonce))
        return True

    @property
    def allowed_signature_methods(self) -> tuple[str, ...]:
        """The only documented method."""
        return (SIGNATURE_HMAC_SHA1,)

    @property
    def enforce_ssl(self) -> bool:
        """The simulator speaks plain HTTP."""
        return False

    @property
    def timestamp_lifetime(self) -> int:
        """Left to our own clock, see :meth:`validate_timestamp_and_nonce`."""
        return ANY_TIME

    @property
    def dummy_client(self) -> str:
        """Stands for an unknown consumer, so that checking it takes as long."""
        return NOBODY

    @property
    def dummy_access_token(self) -> str:
        """Stands for an unknown token."""
        return NOBODY

    def check_client_key(self, client_key: str) -> bool:
        """Any text may be a key."""
        return bool(client_key)

    def check_access_token(self, request_token: str) -> bool:
        """Any text may be a token."""
        return bool(request_token)

    def check_nonce(self, nonce: str) -> bool:
        """Any text may be a nonce."""
        return bool(nonce)

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: Request,
        request_token: str | None = None,
        access_token: str | None = None,
    ) -> bool:
        """Whether the timestamp is in the window and the nonce new."""
        if self.window and abs(self._now() - int(timestamp)) > self.window:
            return False
        return self.replay or (client_key, timestamp, nonce) not in self._used

    def validate_client_key(self, client_key: str, request: Request) -> bool:
        """Whether this is the consumer."""
        return client_key == self._consumer[0]

    def validate_access_token(self, client_key: str, token: str, request: Request) -> bool:
        """Whether this is its token."""
        return token == self._token[0]

    def validate_realms(
        self, client_key: str, token: str, request: Request, uri: str | None = None, realms: object = None
    ) -> bool:
        """The API has no realms."""
        return True

    def get_client_secret(self, client_key: str, request: Request) -> str:
        """The secret to sign with."""
        return self._consumer[1] if client_key == self._consumer[0] else NOBODY

    def get_access_token_secret(self, client_key: str, token: str, request: Request) -> str:
        """The other secret to sign with."""
        return self._token[1] if token == self._token[0] else NOBODY
