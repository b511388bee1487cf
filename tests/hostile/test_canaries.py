# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module that is told a secret, against a server that fails in every way and says the secret back: encoded
in every way, in every part of its answer. Nothing of it is in the result, in a warning or in the journal.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import threading
import time
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.hostile.specs import credentials, logic_of, spec_of, with_credentials
from tests.hostile.test_secrets import tasks
from tests.unit.ground.test_masking import ENCODINGS

CANARY = "Canary/7c%41e&<'\"+=ü-"
STATUSES = ("200 OK", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "409 Conflict",
            "422 Unprocessable", "429 Too Many Requests", "500 Internal Server Error", "503 Service Unavailable",
            "302 Found")  # fmt: skip
TYPES = ("application/json", "application/xml", "text/html", "text/plain", "")


@dataclasses.dataclass
class Failure:
    """How the server answers: where the secret stands (``where``), in which words, and how the connection ends."""

    status: str
    content_type: str
    where: str
    encoding: str
    before: int
    cut: int | None

    def answer(self, secrets: t.Sequence[str], request: bytes) -> bytes:
        """Return the bytes of an answer, perhaps cut off."""
        said = " ".join("x" * self.before + ENCODINGS[self.encoding](secret) for secret in secrets)
        line = " ".join(said.encode("ascii", "backslashreplace").decode().split())
        heads, status, body = [f"Content-Type: {self.content_type}"] if self.content_type else [], self.status, ""
        if self.where == "json":
            body = json.dumps({"detail": said, "error_description": [said], "results": [{"name": said}], said: said})
        elif self.where == "xml":
            body = f"<error><message>{said}</message></error>"
        elif self.where == "text":
            body = said
        elif self.where == "echo":
            body = request.decode("latin-1")
        elif self.where == "header":
            heads += [f"X-Said: {line}", f"Retry-After: {line}", f"Set-Cookie: {line}", f"WWW-Authenticate: {line}"]
        elif self.where == "broken header":
            heads += ["this is no header", f"X-Said: {line}", line]
        elif self.where == "location":
            heads.append(f"Location: http://127.0.0.1:1/{line.replace(' ', '')}")
        elif self.where == "reason":
            status = f"{status[:3]} {line}"
        elif self.where == "status line":
            status = line
        data = body.encode("utf-8", "replace")
        head = "\r\n".join([f"HTTP/1.1 {status}", *heads, f"Content-Length: {len(data)}", "Connection: close", "", ""])
        whole = head.encode("latin-1", "replace") + data
        return whole if self.cut is None else whole[: self.cut]


FAILURES = st.builds(
    Failure,
    status=st.sampled_from(STATUSES),
    content_type=st.sampled_from(TYPES),
    where=st.sampled_from(
        ["json", "xml", "text", "echo", "header", "broken header", "location", "reason", "status line"],
    ),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    before=st.integers(0, 320),
    cut=st.none() | st.integers(0, 400),
)


class Server:
    """A server on loopback that answers every request with its ``failure``."""

    def __init__(self) -> None:
        """Begin to listen."""
        self.failure: Failure | None = None
        self.secrets: list[str] = []
        self.requests = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                request = connection.recv(65536)
                length = request.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                head, _, body = request.partition(b"\r\n\r\n")
                while len(body) < int(length or 0) and (more := connection.recv(65536)):
                    body += more
                self.requests += 1
                assert self.failure is not None
                connection.sendall(self.failure.answer(self.secrets, head + b"\r\n\r\n" + body))


@pytest.fixture(scope="module")
def server() -> t.Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pause pass at once, for every clock there is."""
    passed = 0.0

    def sleep(_clock: Clock, seconds: float) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr(Clock, "sleep", sleep)
    monkeypatch.setattr(Clock, "monotonic", lambda _clock: time.monotonic() + passed)
    monkeypatch.setattr(Clock, "now", lambda _clock: time.time() + passed)


@dataclasses.dataclass(frozen=True)
class Told:
    """Stands for the monitoring of the other tests: where it is."""

    url: str


def filled(options: Options, given_to: t.Mapping[str, t.Any], url: str, numbers: t.Iterator[int]) -> dict[str, t.Any]:
    """Return the options of a task as Ansible would give them, each secret one with a canary of its own."""
    params: dict[str, t.Any] = {}
    for name, rule in options.items():
        value = given_to.get(name, rule.get("default"))
        if rule.get("no_log"):
            value = f"{CANARY}{next(numbers)}"
        elif name == "api_url":
            value = url
        elif name == "timeout":
            value = 2.0
        elif name in ("username", "client_id", "tenant"):
            value = "operator"
        elif "options" in rule and rule.get("type") == "dict" and name in ("zequenze", "oracle_sdm", "senhasegura"):
            value = filled(t.cast("Options", rule["options"]), value or {}, url, numbers)
        elif "options" in rule and rule.get("type") == "list":
            inner = t.cast("Options", rule["options"])
            value = [{key: each.get(key, inner[key].get("default")) for key in inner} for each in value or []]
        params[name] = value
    return params


def planted(options: Options, params: t.Mapping[str, t.Any]) -> list[str]:
    """Return the canaries that stand in the options."""
    found = [params[name] for name, rule in options.items() if rule.get("no_log")]
    for name, rule in options.items():
        if "options" in rule and isinstance(params[name], dict):
            found += planted(t.cast("Options", rule["options"]), params[name])
    return found


@pytest.mark.row(32)
@pytest.mark.parametrize("oauth", [1, 2])
@pytest.mark.parametrize("module", sorted(with_credentials()))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(failure=FAILURES)
def test_nothing_that_a_server_says_back_gets_out(
    module: str, oauth: int, failure: Failure, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    spec, own = (
        spec_of(module),
        next(
            options
            for task in tasks(t.cast("t.Any", Told(server.url)))
            for name, options in task.items()
            if name == f"netfleet.maintenance.{module}"
        ),
    )
    journal = tmp_path / "journal.sqlite3"
    params = filled(spec.options, {**own, "journal": str(journal)}, server.url, iter(range(10, 99)))
    if "state" in spec.options and params["state"] is None:
        params["state"] = "locked"
    without = (
        ("client_id", "client_secret")
        if oauth == 1
        else ("consumer_key", "consumer_secret", "token_key", "token_secret")
    )
    for place in (params, params.get("senhasegura") or {}):
        place.update({name: None for name in without if name in place})
    server.failure, server.secrets = failure, [secret for secret in planted(spec.options, params) if secret]
    said: list[str] = []
    result = carry_out(logic_of(module), spec, Task(params, warn=said.append, tell=said.append))
    assert result.get("kind") != "internal", result
    # What a library logs goes into Ansible's log, or to the terminal.
    texts = [*said, caplog.text, json.dumps(result), json.dumps(result, ensure_ascii=False), repr(result)]
    if journal.exists():
        texts.append(journal.read_bytes().decode("latin-1"))
    for text in texts:
        # Nor the beginning of one that was cut.
        assert CANARY[:9] not in text
        for secret in server.secrets:
            for name, encode in ENCODINGS.items():
                assert encode(secret) not in text, name


def test_every_secret_option_is_planted_and_the_server_is_asked(server: Server, tmp_path: Path) -> None:
    """Or the test above would hold because nothing is told."""
    for module in sorted(with_credentials()):
        options = spec_of(module).options
        params = filled(options, {}, server.url, iter(range(10, 99)))
        assert len(planted(options, params)) >= len(credentials(options)) > 0, module
    assert server.requests > 100
