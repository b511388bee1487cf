# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real transport: requests underneath, no redirects, no cookies kept, no netrc, everything bounded."""

from __future__ import annotations

import functools
import http.client
import os
import socket
import ssl
import typing as t

try:
    import certifi
    import requests
    import requests.utils
    import urllib3.exceptions
except ImportError:
    # The face names the missing library before anything here is used.
    pass

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    MaintenanceError,
    NoAnswer,
    NotSent,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._sockets import Exchange, GuardedAdapter, carrying
from ansible_collections.netfleet.maintenance.plugins.module_utils._wire import (
    MASK,
    Answer,
    Endpoint,
    Guard,
    Request,
    secrets_of,
)

# A list of ten thousand devices is below 6 MiB.
MOST_BYTES = 32 * 1024 * 1024
CHUNK = 64 * 1024
LONGEST_CONNECT = 10.0


class HttpTransport:
    """Carries exchanges to one endpoint over real HTTP; safe for several threads, not to be used across a fork."""

    def __init__(self, endpoint: Endpoint, *, connections: int = 32) -> None:
        """Take the endpoint and how many connections to keep for reuse. Raises BadInput for unusable TLS files."""
        self._endpoint = endpoint
        self._connections = connections
        self._context = (
            tls_context(endpoint.validate_certs, endpoint.ca_path, endpoint.client_cert, endpoint.client_key)
            if endpoint.base_url.startswith("https:")
            else None
        )
        self._shared = GuardedAdapter(self._context, connections)
        # Only the proxy settings are taken from the environment: trusting it as a whole would let a netrc file
        # replace the Authorization header.
        self._proxies = requests.utils.get_environ_proxies(endpoint.base_url)

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Send one request and read its answer; see :class:`Transport`. Raises NotSent, Blocked or NoAnswer."""
        exchange = Exchange(seconds, guard)
        adapter = GuardedAdapter(self._context, 1) if fresh else self._shared
        try:
            with carrying(exchange):
                return self._carry(adapter, request, exchange)
        except MaintenanceError:
            raise
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            about = f"{self._endpoint.system} ({request.method} {request.path})"
            # What is no HTTP is quoted, and may say anything back.
            cause = functools.reduce(
                lambda text, secret: text.replace(secret, MASK), secrets_of(request), _cause(error)
            )
            if exchange.began:
                raise NoAnswer(f"{about} gave no answer after the request had left: {cause}.") from error
            raise NotSent(f"{about} could not be reached, nothing was sent: {cause}.") from error
        finally:
            if fresh:
                adapter.close()

    def _carry(self, adapter: GuardedAdapter, request: Request, exchange: Exchange) -> Answer:
        self._check_headers(request)
        prepared = requests.Request(
            request.method,
            self._endpoint.base_url + request.path,
            params=list(request.query),
            headers={"Accept-Encoding": "identity", "User-Agent": "netfleet.maintenance", **request.headers},
            data=request.body,
            auth=request.sign,
        ).prepare()
        response = adapter.send(
            prepared,
            stream=True,
            timeout=(min(LONGEST_CONNECT, exchange.left()), exchange.left()),
            proxies=self._proxies,
        )
        try:
            if response.status_code < 200:
                raise NoAnswer(
                    f"{self._endpoint.system} ({request.method} {request.path}) answered with an interim status "
                    f"({response.status_code}) only.",
                    status=response.status_code,
                )
            body, problem = _read_body(response)
        finally:
            response.close()
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items() if name.lower() != "set-cookie"},
            body=body,
            set_cookies=tuple(response.raw.headers.getlist("set-cookie")),
            problem=problem,
        )

    def _check_headers(self, request: Request) -> None:
        """Refuse what a header cannot carry; the library would show the value, so a credential, in its text."""
        for name, value in request.headers.items():
            if not value.isprintable() or value != value.strip() or max(value, default="") > "\xff":
                raise BadInput(
                    f"{self._endpoint.system}: the header {name} would hold a line break, a blank at an end or another "
                    "character HTTP cannot carry; check the credentials. Nothing was sent."
                )


def _read_body(response: t.Any) -> tuple[bytes, str | None]:
    """Read a body under the cap; give it with the reason why it cannot be used, if so.

    A broken body does not undo the status line, which for some calls says all there is to say.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        return b"", "answered with an encoded body although a plain one was asked for"
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := response.raw.read(CHUNK, decode_content=False):
            size += len(chunk)
            if size > MOST_BYTES:
                return b"", f"answered with more than {MOST_BYTES // 1024 // 1024} MiB"
            chunks.append(chunk)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return b"".join(chunks), f"broke off in the middle of its answer: {_cause(error)}"
    promised = "" if "transfer-encoding" in response.headers else response.headers.get("Content-Length", "")
    # urllib3 before 2.0 does not compare.
    if promised.isdigit() and size < int(promised) and response.status_code not in (204, 304):
        return b"".join(chunks), f"broke off in the middle of its answer: {size} of {promised} bytes came"
    return b"".join(chunks), None


def _cause(error: BaseException) -> str:
    """Name the innermost cause in a few words, without addresses of objects or the URL (it may hold a query)."""
    inner: BaseException = error
    for _depth in range(8):
        if isinstance(inner, (TimeoutError, ConnectionError, ssl.SSLError, socket.gaierror)):
            break
        nested = [argument for argument in (getattr(inner, "reason", None), *inner.args) if argument is not None]
        causes = [cause for cause in (*nested, inner.__cause__, inner.__context__) if isinstance(cause, BaseException)]
        if not causes:
            break
        inner = causes[0]
    if isinstance(inner, TimeoutError) or "timed out" in str(inner).lower():
        return "time ran out"
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({inner.verify_message}); set ca_path or renew it"
    text = str(inner.strerror if isinstance(inner, OSError) and inner.strerror else inner)
    return " ".join(text.split())[:200] or type(inner).__name__


def tls_context(
    validate_certs: bool, ca_path: str | None, client_cert: str | None, client_key: str | None
) -> ssl.SSLContext:
    """Give the TLS context for these options. Raises BadInput when a file cannot be read."""
    authorities = ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
    return _make_context(authorities if validate_certs else None, client_cert, client_key)


@functools.lru_cache(maxsize=16)
def _make_context(authorities: str | None, client_cert: str | None, client_key: str | None) -> ssl.SSLContext:
    """Make a context once: it takes reading a whole bundle of authorities (a file or folder; None trusts anybody)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        try:
            folder = os.path.isdir(authorities)
            context.load_verify_locations(
                capath=authorities if folder else None, cafile=None if folder else authorities
            )
        except (OSError, ssl.SSLError) as error:
            raise BadInput(
                f"ca_path: the certificate authorities in {authorities} cannot be read ({error})."
            ) from error
    if client_cert:
        try:
            # Without a password given, OpenSSL would ask for one at the terminal and wait.
            context.load_cert_chain(client_cert, client_key, password="")
        except (OSError, ssl.SSLError) as error:
            raise BadInput(f"client_cert: {client_cert} cannot be loaded ({error}).") from error
    return context
