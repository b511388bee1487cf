# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_port: only a refused or timed-out connection means that a device does not answer."""

from __future__ import annotations

import errno
import socket
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.port import probe
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_port import run_device_port
from tests.unit.support.script import Script

CANNOT_TELL = [
    socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    OSError(errno.EHOSTUNREACH, "No route to host"),
    OSError(errno.ENETUNREACH, "Network is unreachable"),
    PermissionError(errno.EACCES, "Permission denied"),
    OSError(errno.EMFILE, "Too many open files"),
    ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    UnicodeError("label too long"),
]


def failing(*errors: Exception) -> t.Callable[[str, int, float], None]:
    """Return a dial that fails with each error in turn, and then with the last one for ever."""
    left = list(errors)

    def dial(_host: str, _port: int, _seconds: float) -> None:
        raise left.pop(0) if len(left) > 1 else left[0]

    return dial


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "refused"),
        (TimeoutError("timed out"), "timed_out"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "timed_out"),
    ],
)
def test_a_refused_or_timed_out_connection_is_an_answer(error: Exception, state: str) -> None:
    clock = Script().clock
    assert probe("lax-sbc-01", 5060, 3.0, clock, failing(error)) == state


@pytest.mark.finding("F1")
@pytest.mark.parametrize("error", CANNOT_TELL, ids=lambda error: f"{type(error).__name__} {error.args[0]}")
def test_an_attempt_that_could_not_be_made_is_no_answer(error: Exception) -> None:
    with pytest.raises(NotSent, match="Cannot tell whether 'lax-sbc-01' answers on port 5060: "):
        probe("lax-sbc-01", 5060, 3.0, Script().clock, failing(ConnectionRefusedError(), error))


def test_a_port_that_answers_at_last_ends_the_wait() -> None:
    clock = Script().clock
    errors: list[Exception] = [ConnectionRefusedError(), OSError(errno.EHOSTUNREACH, "no route")]

    def dial(_host: str, _port: int, _seconds: float) -> None:
        if errors:
            raise errors.pop()

    assert probe("lax-sbc-01", 5060, 10.0, clock, dial) == "open"


@pytest.mark.parametrize(("host", "port"), [("", 22), (" ", 22), ("a", 0), ("a", -1), ("a", 65536)])
def test_what_is_no_address_is_refused(host: str, port: int) -> None:
    with pytest.raises(BadInput):
        probe(host, port, 1.0, Script().clock, failing(ConnectionRefusedError()))


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_wait_without_an_end_is_refused(limit: float) -> None:
    with pytest.raises(BadInput, match="wait_timeout"):
        run_device_port(Task(params={"host": "127.0.0.1", "port": 1, "wait_timeout": limit}))


def test_a_real_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = run_device_port(Task(params={"host": "127.0.0.1", "port": port, "wait_timeout": 5.0}))
        assert found == {
            "changed": False,
            "answers": True,
            "state": "open",
            "msg": f"127.0.0.1 answers on port {port}.",
        }
    closed = run_device_port(Task(params={"host": "127.0.0.1", "port": port, "wait_timeout": 0.1}))
    assert (closed["answers"], closed["state"]) == (False, "refused")
