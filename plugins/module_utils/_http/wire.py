# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call over the wire: what is asked, what is answered, and when a call is repeated.

Nothing here knows an API, JSON or Ansible. A transport (``transport.py``, or a script in the tests) carries one
exchange; :class:`Wire` decides whether an exchange may be repeated and keeps the total deadline.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import threading
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    Blocked,
    NoAnswer,
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
    _tried,
    secrets_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.retry import pause_before
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.turns import Turns
from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import SURELY_SECRET, mask
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

MOST_ATTEMPTS = 5

# A shorter secret may be a word of the protocol. A sentence is masked when it is made, whatever the secret's length.
LEAST_IN_FAILURE = 8

WORTH_REPEATING = frozenset({429, 500, 502, 503, 504})


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
    """By how many seconds the server's clock is ahead, where a caller compares them (:class:`TimedWire`)."""

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
        self.patience = 0.0
        """For how many seconds each call waits, beyond its timeout, for a server that asks for a pause."""
        self.turns: Turns | None = None
        """The rate of calls to keep, if there is one; waiting for a turn is not part of a call's timeout."""
        self._transport = transport
        self._rng = rng
        self._thread = threading.local()

    def take_turn(self) -> None:
        """Wait for the turn of this thread's next call now, so that it leaves at once when it is made."""
        if self.turns is not None and not getattr(self._thread, "has_turn", False):
            self.turns.take()
            self._thread.has_turn = True

    def _wait_for_turn(self) -> float:
        """Return for how many seconds this call had to wait for its turn."""
        if self.turns is None:
            return 0.0
        if getattr(self._thread, "has_turn", False):
            self._thread.has_turn = False
            return 0.0
        return self.turns.take()

    @contextlib.contextmanager
    def patient(self, seconds: float) -> t.Iterator[None]:
        """Let the calls of this thread wait for so long in all, beyond their timeouts, for a server that asks for it.

        Within a ``with``; it asks by 429, or by 503 with ``Retry-After``.
        """
        before = getattr(self._thread, "patient_until", None)
        self._thread.patient_until = self.clock.monotonic() + seconds
        try:
            yield
        finally:
            self._thread.patient_until = before

    @property
    def certificate_ends(self) -> float | None:
        """When the server's certificate ends (epoch seconds); None when none was checked yet."""
        return getattr(self._transport, "certificate_ends", None)

    def call(self, request: Request, *, repeatable: bool, guard: Guard | None = None) -> Answer:
        """Make one call and give its answer, whatever its status (but never a redirect).

        A repeatable call is repeated after a lost answer, a failure to connect, 429 and 5xx; any other call only after
        a failure to connect, because then no byte of it left. All of it ends within the endpoint's timeout, but for the
        pauses that the server asks for while the caller is patient.
        Raises NotSent, Blocked, NoAnswer, Refused (for a redirect, which is never followed).
        """
        started = self.clock.monotonic()
        deadline = started + self.endpoint.timeout
        patient_until = getattr(self._thread, "patient_until", None)
        patient_until = started + self.patience if patient_until is None else patient_until
        unanswered = False
        attempt = pauses = 0
        paused = 0.0
        while attempt < MOST_ATTEMPTS:
            attempt += 1
            waited = self._wait_for_turn()
            deadline, paused = deadline + waited, paused + waited
            left = deadline - self.clock.monotonic()
            # Half of what is left, so that one stalled connection does not use up the repeats' time.
            share = left / 2 if repeatable and attempt < MOST_ATTEMPTS else left
            retry_after: float | None = None
            try:
                answer = self._transport.exchange(request, seconds=share, fresh=not repeatable, guard=guard)
            except Blocked as error:
                return self._give_up(request, error, 1, 0.0, unanswered)
            except NotSent as error:
                if error.is_final:
                    return self._give_up(request, error, attempt, self.clock.monotonic() - started, unanswered)
                outcome: Answer | NotSent | NoAnswer = error
            except NoAnswer as error:
                if not repeatable:
                    raise
                outcome = error
                unanswered = True
            else:
                answer = dataclasses.replace(_masked(request, answer), repeated=unanswered, paused=paused)
                unanswered = unanswered or answer.status >= 500 or answer.problem is not None
                self._refuse_redirect(request, answer, repeatable)
                if not repeatable or not (answer.problem or answer.status in WORTH_REPEATING):
                    return answer
                outcome = answer
                retry_after = answer.retry_after(self.clock.now())
                if answer.status == 429 or (answer.status == 503 and retry_after is not None):
                    pause = pause_before(pauses + 1, retry_after, self._rng)
                    if self.clock.monotonic() + pause <= patient_until:
                        self.clock.sleep(pause)
                        pauses, paused = pauses + 1, paused + pause
                        attempt -= 1
                        deadline = self.clock.monotonic() + self.endpoint.timeout
                        continue
            pause = pause_before(attempt, retry_after, self._rng)
            if attempt == MOST_ATTEMPTS or self.clock.monotonic() + pause >= deadline:
                seconds = self.clock.monotonic() - started
                return self._give_up(request, outcome, attempt + pauses, seconds, unanswered)
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


def _target(base_url: str, location: str) -> tuple[str, str]:
    """Return where a redirect leads, as an origin and a path; ``?`` stands for an address that is none."""
    try:
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(base_url, location))
        origin = f"{parts.scheme}://{shown(parts.hostname or '?')[1:-1]}"
        return (f"{origin}:{parts.port}" if parts.port else origin), parts.path
    except ValueError:
        return "?", ""


def _masked(request: Request, answer: Answer) -> Answer:
    """Mask credentials where an answer says them back: its words are shown and written down.

    A success is data: there, only the request's own credentials are masked, and only what is too long to stand there
    by chance.
    """
    own = secrets_of(request) if answer.ok else None
    body = answer.body.decode("utf-8", "surrogateescape")
    body = mask(body, own, shortest=SURELY_SECRET if answer.ok else LEAST_IN_FAILURE)
    return dataclasses.replace(answer, body=body.encode("utf-8", "surrogateescape"))


class TimedWire(Wire):
    """A wire that remembers how far the server's clock was from ours, as its answers' ``Date`` told."""

    def call(self, request: Request, *, repeatable: bool, guard: Guard | None = None) -> Answer:
        """Make a call as :meth:`Wire.call` does, and compare the clocks."""
        before = self.clock.now()
        answer = super().call(request, repeatable=repeatable, guard=guard)
        ahead = clock_ahead(answer.server_date, before, self.clock.now())
        if ahead is not None and (self.ahead is None or abs(ahead) < abs(self.ahead)):
            self.ahead = ahead
        return answer


def clock_ahead(date: float | None, before: float, after: float) -> float | None:
    """Return by how many seconds a server's clock is ahead at least, negative: behind; None when it shows no ``Date``.

    ``date`` is in whole seconds and was written at some time between ``before`` and ``after``, so up to a second and
    the length of the call are no difference. Pure.
    """
    if date is None:
        return None
    least, most = date - after, date + 1 - before
    return least if least > 0 else most if most < 0 else 0.0
