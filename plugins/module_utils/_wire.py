# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call over the wire: what is asked, what is answered, and when a call is repeated.

Nothing here knows an API, JSON or Ansible. A transport (``_transport.py``, or a script in the tests) carries one
exchange; :class:`Wire` decides whether an exchange may be repeated and keeps the total deadline.
"""

from __future__ import annotations

import dataclasses
import math
import random
import re
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._backoff import (
    pause_before,
    read_http_date,
    read_retry_after,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    NoAnswer,
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._paths import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._waiting import Clock

MOST_ATTEMPTS = 5
LONGEST_TIMEOUT = 86400
MASK = "********"
SURELY_SECRET = 16
WORTH_REPEATING = frozenset({429, 500, 502, 503, 504})

# A host, or an IPv6 address in brackets, with the port that its scheme has anyway; RFC 3986 lets the number be empty.
_OWN_PORT = {
    scheme: re.compile(rf"(\[[^]]*\]|[^]:[]+):(?:0*{port})?") for scheme, port in (("http", 80), ("https", 443))
}

Guard = t.Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where one of the systems answers, and how its TLS is checked.

    ``system`` is the name used in messages; ``base_url`` has no slash at its end; ``timeout`` is the total number of
    seconds one call may take, repeats and pauses included.
    """

    system: str
    base_url: str
    timeout: float = 30.0
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    def __post_init__(self) -> None:
        """Refuse an address that is not a plain http or https one; raises BadInput."""
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
        if not 0 < self.timeout <= LONGEST_TIMEOUT:
            raise BadInput(f"{self.system}: timeout must be more than 0 and at most {LONGEST_TIMEOUT} seconds.")
        if self.client_key and not self.client_cert:
            raise BadInput(f"{self.system}: client_key is only of use with client_cert.")

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


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back: header names are lower case; ``problem`` says why the body cannot be used, if so.

    ``repeated`` tells that an earlier try of the call got no answer, so that one may have been executed too;
    ``attempts`` how often the call was tried before this answer was taken for the last, and ``seconds`` how long.
    """

    status: int
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    set_cookies: tuple[str, ...] = ()
    problem: str | None = None
    repeated: bool = False
    attempts: int = 1
    seconds: float = 0.0

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
        """Give the pause the server asks for in seconds, or None."""
        return read_retry_after(self.headers.get("retry-after"), self.server_date, now)

    def cookie(self, name: str) -> str | None:
        """Give the value of a cookie this answer sets, or None."""
        for line in self.set_cookies:
            key, equals, value = line.partition(";")[0].partition("=")
            if equals and key.strip() == name:
                return value.strip()
        return None


class Transport(t.Protocol):
    """Carries one exchange."""

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Send the request and read the answer within ``seconds``.

        ``fresh`` asks for a connection of its own; ``guard`` runs right before the first byte leaves and may raise.
        Raises NotSent (no byte left), NoAnswer (bytes left, no status line came back).
        """


class Wire:
    """Calls one endpoint; safe for several threads."""

    ahead: float | None = None
    """By how many seconds the server's clock is ahead, where somebody compares them (``_timed_wire.py``)."""

    def __init__(
        self,
        endpoint: Endpoint,
        transport: Transport,
        clock: Clock | None = None,
        rng: t.Callable[[], float] = random.random,
    ) -> None:
        """Take the endpoint, what carries an exchange, and (for tests) the clock and the source of jitter."""
        self.endpoint = endpoint
        self.clock = clock or Clock()
        self._transport = transport
        self._rng = rng

    def call(self, request: Request, *, repeatable: bool, guard: Guard | None = None) -> Answer:
        """Make one call and give its answer, whatever its status (but never a redirect).

        A repeatable call is repeated after a lost answer, a failure to connect, 429 and 5xx; any other call only after
        a failure to connect, because then no byte of it left. All of it ends within the endpoint's timeout.
        Raises NotSent, Blocked, NoAnswer, Refused (for a redirect, which is never followed).
        """
        started = self.clock.monotonic()
        deadline = started + self.endpoint.timeout
        unanswered = False
        for attempt in range(1, MOST_ATTEMPTS + 1):
            left = deadline - self.clock.monotonic()
            # Half of what is left, so that one stalled connection does not use up the repeats' time.
            share = left / 2 if repeatable and attempt < MOST_ATTEMPTS else left
            retry_after: float | None = None
            try:
                answer = self._transport.exchange(request, seconds=share, fresh=not repeatable, guard=guard)
            except Blocked as error:
                return self._give_up(request, error, 1, 0.0, unanswered)
            except NotSent as error:
                outcome: Answer | NotSent | NoAnswer = error
            except NoAnswer as error:
                if not repeatable:
                    raise
                outcome = error
                unanswered = True
            else:
                answer = dataclasses.replace(_masked(request, answer), repeated=unanswered)
                unanswered = unanswered or answer.status >= 500 or answer.problem is not None
                self._refuse_redirect(request, answer, repeatable)
                if not repeatable or not (answer.problem or answer.status in WORTH_REPEATING):
                    return answer
                outcome = answer
                retry_after = answer.retry_after(self.clock.now())
            pause = pause_before(attempt, retry_after, self._rng)
            if attempt == MOST_ATTEMPTS or self.clock.monotonic() + pause >= deadline:
                return self._give_up(request, outcome, attempt, self.clock.monotonic() - started, unanswered)
            self.clock.sleep(pause)
        raise AssertionError("unreachable: the last attempt always returns or raises")

    def _give_up(
        self,
        request: Request,
        outcome: Answer | NotSent | NoAnswer,
        attempts: int,
        seconds: float,
        unanswered: bool,
    ) -> Answer:
        """Turn the last attempt's outcome into the call's: an answer with a status is the caller's to judge.

        That the last attempt was not sent says nothing about an ``unanswered`` one before it.
        """
        if isinstance(outcome, Answer):
            if not outcome.problem:
                return dataclasses.replace(outcome, attempts=attempts, seconds=seconds)
            outcome = NoAnswer(self._says(request, f"{outcome.problem}."), status=outcome.status)
        if isinstance(outcome, NotSent) and unanswered:
            outcome = NoAnswer(f"{outcome} An earlier try got no answer and may have been executed.")
        if attempts > 1:
            outcome.args = (f"{str(outcome).rstrip('.')}{_tried(attempts, seconds)}.",)
        raise outcome

    def _refuse_redirect(self, request: Request, answer: Answer, repeatable: bool) -> None:
        """Raise for a 3xx: following one would repeat the request, or carry credentials, somewhere else."""
        if not 300 <= answer.status < 400:
            return
        target, path = _target(self.endpoint.base_url, answer.headers.get("location", ""))
        message = self._says(
            request,
            f"answered with a redirect ({answer.status}) to {target}, which is never followed; check api_url",
        )
        # The request's own path stands in the target too when only the scheme or the host is another.
        path = path.lower().replace(request.path.lower(), "")
        if "login" in path or "signin" in path:
            raise SignInRefused(
                f"{message} (it looks like a login page).", status=answer.status, repeated=answer.repeated
            )
        if repeatable:
            raise Refused(message + ".", status=answer.status, repeated=answer.repeated)
        raise NoAnswer(message + ".", status=answer.status)

    def _says(self, request: Request, text: str) -> str:
        """Begin a sentence about this endpoint and request; the query is left out, it may hold anything."""
        return f"{self.endpoint.system} ({request.method} {request.path}) {text}"


def _tried(attempts: int, seconds: float) -> str:
    """Tell how often a call was tried and for how many seconds, begun ones counted; empty for once. Pure."""
    return f" (tried {attempts} times in {math.ceil(seconds)} s)" if attempts > 1 else ""


def _target(base_url: str, location: str) -> tuple[str, str]:
    """Give where a redirect leads, as an origin and a path; ``?`` stands for an address that is none."""
    try:
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(base_url, location))
        origin = f"{parts.scheme}://{shown(parts.hostname or '?')[1:-1]}"
        return (f"{origin}:{parts.port}" if parts.port else origin), parts.path
    except ValueError:
        return "?", ""


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


def secrets_of(request: Request) -> list[str]:
    """Give the credentials a request carries in its headers, without the scheme or the cookie's name before them."""
    carried = (request.headers.get(header, "") for header in ("Authorization", "Cookie"))
    return [secret for secret in (re.split("[ =]", value, maxsplit=1)[-1] for value in carried) if secret]


def _masked(request: Request, answer: Answer) -> Answer:
    """Mask the request's own credentials where an answer says them back: its words are shown and kept.

    A success is data; only what is too long to stand there by chance is taken for our credentials.
    """
    body = answer.body
    for secret in secrets_of(request):
        if answer.status >= 400 or len(secret) >= SURELY_SECRET:
            body = body.replace(secret.encode("utf-8", "replace"), MASK.encode())
    return dataclasses.replace(answer, body=body)
