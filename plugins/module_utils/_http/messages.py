# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked and what is answered over HTTP: endpoint, request, answer."""

from __future__ import annotations

import dataclasses
import ipaddress
import math
import re
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.retry import read_http_date, read_retry_after
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import know
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

LONGEST_TIMEOUT = 86400

# A host, or an IPv6 address in brackets, with the port that its scheme has anyway; RFC 3986 lets the number be empty.
_OWN_PORT = {
    scheme: re.compile(rf"(\[[^]]*\]|[^]:[]+):(?:0*{port})?") for scheme, port in (("http", 80), ("https", 443))
}

Guard = t.Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where one of the systems answers, and how its TLS is checked.

    ``system`` is the name used in messages; ``base_url`` has no slash at its end; ``timeout`` is the total number of
    seconds one call may take, repeats and pauses included. Without ``has_credentials`` nothing secret is sent.
    ``trace`` is the folder of a trace, ``trace_names`` how it shows names (``trace.py``).
    """

    system: str
    base_url: str
    timeout: float = 30.0
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    allow_plain_http: bool = False
    has_credentials: bool = True
    trace: str | None = None
    trace_names: str = "plain"

    def __post_init__(self) -> None:
        """Refuse an address that is not a usable http or https one, or not safe for credentials. Raise BadInput."""
        try:
            parts = urllib.parse.urlsplit(self.base_url)
            usable = (
                parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
            )
        except ValueError:
            usable = False
        if not usable:
            raise BadInput(f"{self.system}: api_url is not a usable http or https address.")
        if parts.username is not None or parts.password is not None:
            raise BadInput(f"{self.system}: api_url holds credentials; give them in their own options instead.")
        if parts.query or parts.fragment:
            raise BadInput(f"{self.system}: api_url ends with a query or a fragment; leave it out.")
        if self.needs_privacy and not is_loopback(str(parts.hostname)):
            raise BadInput(
                f"{self.system}: {shown(self.base_url)[1:-1]} would send the credentials unencrypted. Use https, or "
                "set allow_plain_http to accept that."
            )
        if not 0 < self.timeout <= LONGEST_TIMEOUT:
            raise BadInput(f"{self.system}: timeout must be more than 0 and at most {LONGEST_TIMEOUT} seconds.")
        if self.client_key and not self.client_cert:
            raise BadInput(f"{self.system}: client_key is only of use with client_cert.")

    @property
    def needs_privacy(self) -> bool:
        """Whether credentials must not be sent here but to this machine itself."""
        is_plain = self.base_url.lower().startswith("http:")
        return is_plain and self.has_credentials and not self.allow_plain_http

    @classmethod
    def from_params(cls, system: str, params: t.Mapping[str, t.Any]) -> Endpoint:
        """Build an endpoint from the connection options every module shares; raises BadInput."""
        return cls(
            system=system,
            base_url=_one_spelling(str(params["api_url"])),
            timeout=float(params["timeout"]),
            validate_certs=params["validate_certs"],
            ca_path=params["ca_path"],
            client_cert=params["client_cert"],
            client_key=params["client_key"],
            allow_plain_http=bool(params.get("allow_plain_http")),
            has_credentials=bool(params.get("has_credentials", True)),
            trace=params.get("trace"),
            trace_names=str(params.get("trace_names") or "plain"),
        )


@dataclasses.dataclass(frozen=True)
class Request:
    """One request: ``path`` is percent-encoded, starts with a slash and is appended to the endpoint's base URL.

    ``sign`` is an optional requests authentication callable (OAuth 1 signs the finished request).
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes | None = None
    sign: t.Callable[[t.Any], t.Any] | None = None

    def __post_init__(self) -> None:
        """Have its credentials masked wherever they turn up."""
        know(*secrets_of(self))


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back: header names are lower case; ``problem`` says why the body cannot be used, if so.

    ``repeated`` tells that an earlier try of the call got no answer, so that one may have been executed too;
    ``attempts`` how often the call was tried before this answer was taken for the last, and ``seconds`` how long;
    ``paused`` is for how many seconds it waited because the server had asked for that, or for its turn.
    """

    status: int
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    set_cookies: tuple[str, ...] = ()
    problem: str | None = None
    repeated: bool = False
    attempts: int = 1
    seconds: float = 0.0
    paused: float = 0.0

    @property
    def tried(self) -> str:
        """How often and how long the call was tried before it was given up, to end a sentence; empty for once."""
        return _tried(self.attempts, self.seconds)

    @property
    def ok(self) -> bool:
        """Whether the status is one of success (2xx)."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """The media type without its parameters, in lower case; empty when the server named none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def server_date(self) -> float | None:
        """The server's own clock at the answer (epoch seconds), or None."""
        return read_http_date(self.headers.get("date"))

    def retry_after(self, now: float) -> float | None:
        """Return the pause the server asks for in seconds, or None."""
        return read_retry_after(self.headers.get("retry-after"), self.server_date, now)

    def cookie(self, name: str) -> str | None:
        """Return the value of a cookie this answer sets, or None."""
        for line in self.set_cookies:
            key, equals, value = line.partition(";")[0].partition("=")
            if equals and key.strip() == name:
                return value.strip()
        return None


def _tried(attempts: int, seconds: float) -> str:
    """Return in words how often a call was tried and for how many seconds, begun ones counted; empty for once. Pure."""
    return f" (tried {attempts} times in {math.ceil(seconds)} s)" if attempts > 1 else ""


def _one_spelling(url: str) -> str:
    """Write an address the one way it is kept in the journal, where another one is another server.

    Scheme and host are in lower case, the port that the scheme has anyway is left out, and no slash is at the end.
    """
    url = url.strip().rstrip("/")
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    scheme, host = scheme.lower(), host.lower()
    with_its_port = _OWN_PORT[scheme].fullmatch(host) if scheme in _OWN_PORT else None
    if with_its_port:
        host = with_its_port[1]
    return f"{scheme}{mark}{host}{slash}{path}" if mark else url


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, so that nothing sent to it can be read on a network."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def secrets_of(request: Request) -> list[str]:
    """Return the credentials a request carries in its headers, without the scheme or the cookie's name before them."""
    carried = (request.headers.get(header, "") for header in ("Authorization", "Cookie"))
    return [secret for secret in (re.split("[ =]", value, maxsplit=1)[-1] for value in carried) if secret]
