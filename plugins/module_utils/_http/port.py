# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a TCP port answers; an attempt that could not be made is an error and no answer."""

from __future__ import annotations

import contextlib
import socket
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import SHORTEST_PAUSE, Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# Longest wait for one connection, so that a device that comes up meanwhile is seen; seconds between two attempts.
LONGEST_ATTEMPT = 5.0
PAUSE = 1.0

State = t.Literal["open", "refused", "timed_out"]
Dial = t.Callable[[str, int, float], None]


def dial(host: str, port: int, seconds: float) -> None:
    """Connect and hang up. Raise OSError when that fails."""
    with contextlib.closing(socket.create_connection((host, port), timeout=seconds)):
        pass


def probe(host: str, port: int, limit: float, clock: Clock, connect: Dial = dial) -> State:
    """Return how a TCP port behaved, after trying for ``limit`` seconds unless it answers earlier.

    Raise BadInput for what is no host or port, and NotSent when the last attempt could not be made: the name is not
    found, there is no route, or this machine may not connect. Only a refused or timed-out connection is a state.
    """
    if not host.strip():
        raise BadInput("host is blank, so no port can be tried.")
    if not 1 <= port <= 65535:
        raise BadInput(f"port {port} is no TCP port: it must be a number from 1 to 65535.")
    deadline = clock.monotonic() + limit
    while True:
        left = deadline - clock.monotonic()
        try:
            connect(host, port, max(SHORTEST_PAUSE, min(LONGEST_ATTEMPT, left)))
            return "open"
        except ConnectionRefusedError:
            state: State | OSError | UnicodeError = "refused"
        except TimeoutError:
            state = "timed_out"
        except (OSError, UnicodeError) as error:
            state = error
        if clock.monotonic() + PAUSE >= deadline:
            break
        clock.sleep(PAUSE)
    if isinstance(state, str):
        return state
    why = f"the name {shown(host)} was not found" if isinstance(state, (socket.gaierror, UnicodeError)) else str(state)
    raise NotSent(
        f"Cannot tell whether {shown(host)} answers on port {port}: {why}. Check the address, DNS and the route from "
        "this machine."
    )
