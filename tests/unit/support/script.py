# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted transport: a test writes down the conversation it expects, call by call, and gets a wire to hold it over.

Calls must come in the written order. Two endings besides an answer are first class: the answer is lost (the request may
have been executed) and the request is not sent at all.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire


class VirtualClock(Clock):
    """A clock that only moves when somebody sleeps on it; starts at 2026-11-21T02:00:00Z."""

    def __init__(self, now: float = 1795226400.0) -> None:
        """Take the wall clock's first reading in epoch seconds."""
        self._now = now
        self._monotonic = 1000.0

    def monotonic(self) -> float:
        """Return the virtual monotonic time."""
        return self._monotonic

    def now(self) -> float:
        """Return the virtual wall clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move both clocks on at once."""
        self._now += seconds
        self._monotonic += seconds


@dataclasses.dataclass
class Expected:
    """One expected call and how it ends; the methods are chained to ``Script.expect``."""

    method: str
    path: str
    query: dict[str, str] | None
    ending: Answer | type[NoAnswer] | type[NotSent] = dataclasses.field(default_factory=lambda: Answer(200))

    def answers(
        self,
        status: int = 200,
        *,
        json: t.Any = None,
        text: str | None = None,
        xml: str | None = None,
        headers: t.Mapping[str, str] | None = None,
        cookie: str | None = None,
        problem: str | None = None,
    ) -> Expected:
        """End the call with an answer."""
        body, media_type = b"", ""
        if json is not None:
            body, media_type = _dump(json), "application/json"
        elif xml is not None:
            body, media_type = xml.encode(), "application/xml"
        elif text is not None:
            body, media_type = text.encode(), "text/plain"
        shown = {"content-type": media_type, **{name.lower(): value for name, value in (headers or {}).items()}}
        self.ending = Answer(status, shown, body, (cookie,) if cookie else (), problem)
        return self

    def loses_the_answer(self) -> Expected:
        """End the call without an answer: it may have been executed."""
        self.ending = NoAnswer
        return self

    def is_not_sent(self) -> Expected:
        """Fail to connect: not a byte left."""
        self.ending = NotSent
        return self


def _dump(value: t.Any) -> bytes:
    return json.dumps(value).encode()


class Script:
    """The written conversation and the transport that plays it."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        """Start with an empty page; the clock is virtual."""
        self.clock = clock or VirtualClock()
        self.sent: list[Request] = []
        self._page: list[Expected] = []
        self._turn = 0

    def expect(self, method: str, path: str, query: dict[str, str] | None = None) -> Expected:
        """Write down the next call: ``query`` None means any, else it must be equal."""
        line = Expected(method, path, query)
        self._page.append(line)
        return line

    def wire(
        self, base_url: str = "https://api.example.com", system: str = "the system", timeout: float = 30.0
    ) -> Wire:
        """Return a wire that talks to this script."""
        return Wire(Endpoint(system, base_url, timeout=timeout), self, self.clock, rng=lambda: 0.5)

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Play the next line; a call that was not expected fails the test."""
        assert self._turn < len(self._page), f"not expected any more: {request.method} {request.path} {request.query}"
        line = self._page[self._turn]
        assert (request.method, request.path) == (line.method, line.path), (
            f"call {self._turn + 1} was to be {line.method} {line.path}, was {request.method} {request.path}"
        )
        if line.query is not None:
            assert dict(request.query) == line.query, f"query of {request.method} {request.path}: {request.query}"
        self._turn += 1
        if line.ending is NotSent:
            raise NotSent(f"{request.method} {request.path} could not be reached, nothing was sent.")
        if guard is not None:
            guard()
        self.sent.append(request)
        if isinstance(line.ending, Answer):
            return line.ending
        raise NoAnswer(f"{request.method} {request.path} gave no answer after the request had left.")

    def done(self) -> None:
        """Assert that every expected call was made."""
        left = [f"{line.method} {line.path}" for line in self._page[self._turn :]]
        assert not left, f"never called: {left}"
