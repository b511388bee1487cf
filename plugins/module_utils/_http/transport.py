# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real transport: urllib3 underneath, no redirects, no cookies kept, no netrc, everything bounded."""

from __future__ import annotations

import functools
import http.client
import logging
import os
import socket
import ssl
import time
import urllib.parse

try:
    import certifi
    import requests
    import requests.utils
    import urllib3
    import urllib3.exceptions
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    MaintenanceError,
    NoAnswer,
    NotSent,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.connections import (
    Exchange,
    carrying,
    open_pool,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.trace import Trace
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut

# A list of ten thousand devices is below 6 MiB.
MOST_BYTES = 32 * 1024 * 1024

CHUNK = 64 * 1024

LONGEST_CONNECT = 10.0

# Connections kept for reuse: one for each thread of a task that has many names (`concurrency`).
MOST_KEPT = 128

# What OpenSSL says to a server whose first bytes are not TLS.
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET LENGTH TOO LONG",
)


class HttpTransport:
    """Carries exchanges to one endpoint over real HTTP; safe for several threads, not to be used across a fork."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the endpoint.

        Raises BadInput for TLS files, an address or a proxy of the environment that cannot be used.
        """
        self._endpoint = endpoint
        self.certificate_ends: float | None = None
        self._trace = Trace(endpoint) if endpoint.trace else None
        self._context = (
            tls_context(endpoint.validate_certs, endpoint.ca_path, endpoint.client_cert, endpoint.client_key)
            if endpoint.base_url.startswith("https:")
            else None
        )
        # Only the proxy settings are taken from the environment: trusting it as a whole would let a netrc file
        # replace the Authorization header.
        proxies = requests.utils.get_environ_proxies(endpoint.base_url)
        proxy = requests.utils.select_proxy(endpoint.base_url, proxies)
        self._proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
        if self._proxy and endpoint.needs_privacy:
            raise BadInput(
                f"{endpoint.system}: {endpoint.base_url} is asked through the proxy that the environment names, which "
                "would see the credentials unencrypted. Use https, name the host in no_proxy, or set allow_plain_http."
            )
        try:
            self._shared = open_pool(endpoint.base_url, self._proxy, self._context, MOST_KEPT)
        except BadInput as error:
            raise BadInput(f"{endpoint.system}: {error}") from error

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Send one request and read its answer; see :class:`Transport`. Raises NotSent, Blocked or NoAnswer."""
        if self._trace is None:
            return self._exchange(request, seconds, fresh, guard)
        began, started = time.time(), time.monotonic()
        answer, problem = None, ""
        try:
            answer = self._exchange(request, seconds, fresh, guard)
            return answer
        except MaintenanceError as error:
            problem = str(error)
            raise
        finally:
            self._trace.note(request, answer, problem, began, time.monotonic() - started)

    def _exchange(self, request: Request, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        exchange = Exchange(seconds, guard)
        pool = open_pool(self._endpoint.base_url, self._proxy, self._context, 1) if fresh else self._shared
        try:
            with carrying(exchange):
                return self._carry(pool, request, exchange)
        except MaintenanceError:
            raise
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            cause, is_final = _cause(error)
            if exchange.began:
                raise NoAnswer(
                    f"{self._endpoint.system} ({request.method} {request.path}) at {self._endpoint.base_url} gave no "
                    f"answer after the request had left: {cause}."
                ) from error
            raise NotSent(
                f"{self._endpoint.system} cannot be reached at {self._endpoint.base_url}, nothing was sent: {cause}.",
                is_final=is_final,
            ) from error
        finally:
            self.certificate_ends = exchange.certificate_ends or self.certificate_ends
            if fresh:
                pool.close()

    def _carry(self, pool: urllib3.HTTPConnectionPool, request: Request, exchange: Exchange) -> Answer:
        self._check_headers(request)
        url = self._endpoint.base_url + request.path
        if request.query:
            url += "?" + urllib.parse.urlencode(request.query)
        headers = {"Accept-Encoding": "identity", "User-Agent": "netfleet.maintenance", **request.headers}
        if request.sign is not None:
            # What signs is made for requests: it signs one of its kind, and the signature stands in the headers.
            plain = requests.Request(request.method, url, headers=headers, data=request.body, auth=request.sign)
            signed = plain.prepare()
            url, headers = str(signed.url), dict(signed.headers)
        # A proxy that is to forward a plain request needs to know where to.
        target = url if self._proxy and self._context is None else urllib3.util.parse_url(url).request_uri
        response = pool.request(
            request.method,
            target,
            body=request.body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=min(LONGEST_CONNECT, exchange.left()), read=exchange.left()),
            preload_content=False,
            decode_content=False,
        )
        try:
            if response.status < 200:
                raise NoAnswer(
                    f"{self._endpoint.system} ({request.method} {request.path}) answered with an interim status "
                    f"({response.status}) only.",
                    status=response.status,
                )
            body, problem = _read_body(response)
        finally:
            # Nothing of an answer that was not read whole may be taken for the next one.
            response.close()
            response.release_conn()
        return Answer(
            status=response.status,
            headers={name.lower(): response.headers[name] for name in response.headers if name.lower() != "set-cookie"},
            body=body,
            set_cookies=tuple(response.headers.getlist("set-cookie")),
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


def _read_body(response: urllib3.BaseHTTPResponse) -> tuple[bytes, str | None]:
    """Read a body under the cap; give it with the reason why it cannot be used, if so.

    A broken body does not undo the status line, which for some calls says all there is to say.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        return b"", "answered with an encoded body although a plain one was asked for"
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := response.read(CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                return b"", f"answered with more than {MOST_BYTES // 1024 // 1024} MiB"
            chunks.append(chunk)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return b"".join(chunks), f"broke off in the middle of its answer: {_cause(error)[0]}"
    return b"".join(chunks), None


def _quotes_no_answer(record: logging.LogRecord) -> bool:
    """Whether a line of urllib3's log quotes nothing of an answer: what a server says back may be a credential."""
    return "Failed to parse headers" not in str(record.msg)


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    # A log without a handler goes to the terminal, and Ansible's own log has every line.
    logging.getLogger(_name).addFilter(_quotes_no_answer)


def _cause(error: BaseException) -> tuple[str, bool]:
    """Return the innermost cause in a few words, without objects or the URL's query, and whether it is final."""
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
        return "time ran out", False
    if isinstance(inner, ssl.SSLCertVerificationError):
        what = inner.verify_message
        cure = "renew it" if "expired" in what else "set ca_path to the authority that signed it, or replace it"
        return f"its certificate is not trusted ({what}); {cure}", True
    if isinstance(inner, ssl.SSLError) and any(sign in str(inner).upper() for sign in _NOT_TLS):
        return "it does not speak TLS there; check the port, and whether the address begins with http or https", True
    if isinstance(inner, socket.gaierror):
        return "its name is not found; check the address, DNS and https_proxy", False
    if isinstance(inner, (ValueError, urllib3.exceptions.InvalidChunkLength)):
        # Python quotes what the server sent, escaped once more than any masking could follow.
        return "what it sent is not HTTP", False
    text = str(inner.strerror if isinstance(inner, OSError) and inner.strerror else inner)
    # What is no HTTP is quoted, and may say anything back.
    return cut(text, 200) or type(inner).__name__, False


def tls_context(
    validate_certs: bool, ca_path: str | None, client_cert: str | None, client_key: str | None
) -> ssl.SSLContext:
    """Return the TLS context for these options. Raises BadInput when a file cannot be read."""
    if not validate_certs:
        # Every task warns in a sentence of its own (_module/run.py); this one would be raw text on standard error.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        authorities: tuple[str, ...] = ()
    elif ca_path:
        authorities = (ca_path,)
    else:
        more = os.environ.get("REQUESTS_CA_BUNDLE", "").strip()
        authorities = (certifi.where(), more) if more else (certifi.where(),)
    return _make_context(authorities, client_cert, client_key)


@functools.lru_cache(maxsize=16)
def _make_context(authorities: tuple[str, ...], client_cert: str | None, client_key: str | None) -> ssl.SSLContext:
    """Make a context once: it takes reading whole bundles of authorities (files or folders; none trusts anybody)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not authorities:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    for place in authorities:
        try:
            is_folder = os.path.isdir(place)
            context.load_verify_locations(capath=place if is_folder else None, cafile=None if is_folder else place)
        except (OSError, ssl.SSLError) as error:
            raise BadInput(f"ca_path: the certificate authorities in {place} cannot be read ({error}).") from error
    if client_cert:
        try:
            # Without a password given, OpenSSL would ask for one at the terminal and wait.
            context.load_cert_chain(client_cert, client_key, password="")
        except (OSError, ssl.SSLError) as error:
            raise BadInput(f"client_cert: {client_cert} cannot be loaded ({error}).") from error
    return context
