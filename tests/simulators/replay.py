# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serves a recording: an HTTP archive that ``NETFLEET_TRACE`` wrote answers again what the real systems answered.

``python -m tests.simulators --replay file.har``. An answer is found by method and path; of several, the one with the
same query comes first, in the order of the recording, and the last one stays. Instants in headers and bodies are moved
as if the recording had begun when the replay did, because evidence is compared by the clock of the system. Credentials
are not checked: the recording has none.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import json
import re
import signal
import typing as t
import urllib.parse
from pathlib import Path

from aiohttp import web

from tests.simulators.app import BASES

SYSTEMS = {"Zequenze Control": "zequenze", "Oracle SDM": "oracle_sdm", "senhasegura PAM Core": "senhasegura"}
# What describes the bytes on the wire, which are others now.
DROPPED = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "date"})
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?")

Query = tuple[tuple[str, str], ...]


class RecordingError(ValueError):
    """A file that cannot be replayed; the text is one sentence for a person."""


class Exchange(t.NamedTuple):
    """One recorded exchange: the path below the system's base as it was encoded, and the whole answer."""

    method: str
    path: str
    query: Query
    response: t.Mapping[str, t.Any]


class Recording:
    """The exchanges of a file, and which of them were served; ``missing`` are the requests that it has no answer to."""

    def __init__(self, document: t.Any, now: float) -> None:
        """Take the archive and the instant of the replay (epoch seconds). Raises RecordingError."""
        try:
            entries = document["log"]["entries"]
            # What else a run asks, such as an Alertmanager, is not simulated.
            exchanges = [_exchange(entry) for entry in entries if entry["_system"] in SYSTEMS]
            began = min((_epoch(entry["startedDateTime"]) for entry in entries), default=now)
        except (KeyError, TypeError, ValueError) as error:
            raise RecordingError(f"This is no trace of netfleet.maintenance: {error}.") from None
        self.shift = now - began
        self.missing: list[str] = []
        self._by_place: dict[tuple[str, str], list[Exchange]] = {}
        self._served: dict[int, int] = {}
        for exchange in exchanges:
            self._by_place.setdefault((exchange.method, exchange.path), []).append(exchange)

    @classmethod
    def read(cls, path: Path, now: float) -> Recording:
        """Read a file. Raises RecordingError."""
        try:
            return cls(json.loads(path.read_text(encoding="utf-8")), now)
        except (OSError, ValueError) as error:
            raise RecordingError(f"{path} cannot be replayed: {error}") from None

    def answer(self, method: str, path: str, query: Query) -> t.Mapping[str, t.Any] | None:
        """Return the recorded answer to a request, None when there is none."""
        there = self._by_place.get((method, path), [])
        for same in (_exactly(query), _by_names(query), lambda _exchange: True):
            found = [exchange for exchange in there if same(exchange)]
            if found:
                fewest = min(self._served.get(id(exchange), 0) for exchange in found)
                unserved = [exchange for exchange in found if not self._served.get(id(exchange), 0)]
                chosen = unserved[0] if fewest == 0 else found[-1]
                self._served[id(chosen)] = self._served.get(id(chosen), 0) + 1
                return chosen.response
        self.missing.append(f"{method} {path}")
        return None

    def moved(self, text: str) -> str:
        """Return a text whose instants are those of the replay."""
        return INSTANT.sub(lambda match: _moved(match[0], self.shift), text)


def _exactly(query: Query) -> t.Callable[[Exchange], bool]:
    return lambda exchange: sorted(exchange.query) == sorted(query)


def _by_names(query: Query) -> t.Callable[[Exchange], bool]:
    """Match what differs in instants and counts only: the names of the query, and the values that are no instant."""

    def fixed(pairs: Query) -> list[tuple[str, str]]:
        return sorted((name, "" if INSTANT.match(value) else value) for name, value in pairs)

    return lambda exchange: fixed(exchange.query) == fixed(query)


def _exchange(entry: t.Mapping[str, t.Any]) -> Exchange:
    request = entry["request"]
    base = BASES[SYSTEMS[entry["_system"]]]
    url = str(request["url"])
    if not url.startswith(entry["_base"]):
        raise ValueError(f"{url} is not below {entry['_base']}")
    path = urllib.parse.urlsplit(url[len(entry["_base"]) :]).path
    query = tuple((str(pair["name"]), str(pair["value"])) for pair in request["queryString"])
    return Exchange(str(request["method"]), base + path, query, entry["response"])


def _epoch(text: str) -> float:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _moved(text: str, seconds: float) -> str:
    """Return an instant moved by seconds, in the form in which it was written."""
    head, offset = re.fullmatch(r"(.*?)(Z|[+-]\d\d:?\d\d)?", text).groups(default="")  # type: ignore[union-attr]
    whole, dot, fraction = head.partition(".")
    try:
        moved = dt.datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}") + dt.timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return text
    digits = f"{moved.microsecond:06d}"[: len(fraction)]
    return f"{moved:%Y-%m-%d}{text[10]}{moved:%H:%M:%S}{dot}{digits}{offset}"


def replay_app(recording: Recording) -> web.Application:
    """The application that serves a recording under the bases of the simulators; ``GET /_sim/missing`` lists gaps."""

    async def missing(_request: web.Request) -> web.Response:
        return web.json_response({"missing": recording.missing})

    async def handle(request: web.Request) -> web.StreamResponse:
        query = tuple(urllib.parse.parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))
        path = request.rel_url.raw_path
        found = recording.answer(request.method, path, query)
        if found is None:
            return web.json_response({"detail": f"The recording has no answer to {request.method} {path}."}, status=404)
        if not found["status"]:
            # The answer was lost then, and is lost again.
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        answer = web.Response(status=found["status"], body=recording.moved(found["content"]["text"]).encode())
        for header in found["headers"]:
            name, value = header["name"].lower(), header["value"]
            if name == "date":
                sent = email.utils.parsedate_to_datetime(value).timestamp() + recording.shift
                answer.headers["Date"] = email.utils.formatdate(sent, usegmt=True)
            elif name not in DROPPED:
                answer.headers.add(header["name"], recording.moved(value))
        return answer

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_get("/_sim/missing", missing)
    app.router.add_route("*", "/{rest:.*}", handle)
    return app


async def serve_recording(recording: Recording, host: str, port: int, ready: t.Callable[[str], None]) -> None:
    """Serve a recording until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(replay_app(recording), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_address=True).start()
        ready(f"http://{host}:{runner.addresses[0][1]}")
        await ended.wait()
    finally:
        await runner.cleanup()
