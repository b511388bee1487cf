# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one process of a crowd does; every job takes the journal's place and the process's number."""

from __future__ import annotations

import os
import random
import signal
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, State, Wanted

SERVER = "https://api.example.com"
ENDS: tuple[State, ...] = ("done", "done", "failed", "refused")


def wanted(device: str, now: float, window_id: str = "W1", **changes: t.Any) -> Wanted:
    """Return a reboot to claim for a device."""
    values: dict[str, t.Any] = {
        "server": SERVER,
        "window_id": window_id,
        "device_id": f"id-{device}",
        "device": device,
        "serial": None,
        "operation": "reboot",
        "baseline": {"seen": {"uptime": 86400}},
        "send_deadline": now + 30,
        "busy_until": now + 600,
    }
    return Wanted(**{**values, **changes})


def open_it(place: str, _number: int) -> str | None:
    """Open a journal that is not there yet, and give its schema version."""
    with Journal.open(place, Clock()) as journal:
        return journal.recall("schema")


def claim_one(place: str, _number: int) -> str:
    """Claim the same operation as everybody else."""
    with Journal.open(place, Clock()) as journal:
        return Operations(journal).claim(wanted("d1", journal.clock.now()), Limits()).verdict


def lock_one(place: str, number: int) -> bool:
    """Take the same device as everybody else, each for its own window; gives whether it is this process's now."""
    with Journal.open(place, Clock()) as journal:
        locks = Locks(journal)
        holder = f"W{number}"
        row = locks.intend(server=SERVER, device_id="1", device="d1", account="bot", holder=holder, lease=60.0)
        return locks.is_free_for(row, holder)


def write(place: str, number: int, *, times: int) -> int:
    """Write several transactions, one after the other; gives how many."""
    with Journal.open(place, Clock()) as journal:
        for turn in range(times):
            journal.remember(f"fact {number} {turn}", str(turn))
    return times


def write_beside_a_crowd(place: str, number: int, *, threads: int, times: int) -> int:
    """Write several transactions, the first process with many threads at once; gives how many."""
    if number > 0:
        return write(place, number, times=times)
    with Journal.open(place, Clock()) as journal, ThreadPoolExecutor(threads) as pool:
        facts = [f"crowd {fact}" for fact in range(threads * times)]
        list(pool.map(lambda fact: journal.remember(fact, "yes"), facts))
    return times


def maintain(place: str, number: int, *, devices: int, seed: int, limits: dict[str, int]) -> list[str]:
    """Claim and settle several devices of one window within its limits, by a dice; gives the verdicts."""
    dice = random.Random(f"{seed} {number}")
    verdicts: list[str] = []
    with Journal.open(place, Clock()) as journal:
        operations = Operations(journal)
        for turn in range(devices):
            claim = operations.claim(wanted(f"d{number}-{turn}", journal.clock.now()), Limits(**limits))
            # Bounded: who finds the window full again and again gives up on this device.
            for _again in range(20):
                if claim.over is None or not claim.over.may_open:
                    break
                time.sleep(dice.uniform(0.001, 0.02))
                claim = operations.claim(wanted(f"d{number}-{turn}", journal.clock.now()), Limits(**limits))
            verdicts.append(claim.over.gate if claim.over else claim.verdict)
            if claim.verdict == "send":
                time.sleep(dice.uniform(0.0, 0.01))
                # The first ones stay until the window is full, so that the limit is met for certain.
                deadline = time.monotonic() + (3 if turn == 0 else 0)
                while len(operations.all_of(unsettled=True)) < limits["max_in_flight"] and time.monotonic() < deadline:
                    time.sleep(0.02)
                row = operations.move(claim.row, "accepted", sent=True)
                operations.move(row, dice.choice(ENDS))
    return verdicts


def die_in_the_middle(place: str, number: int) -> str:
    """Be killed between a statement and its commit (the first process), or claim (the others)."""
    with Journal.open(place, Clock()) as journal:
        if number > 0:
            return Operations(journal).claim(wanted(f"d{number}", journal.clock.now()), Limits()).verdict
        with journal.writing() as connection:
            connection.execute(schema.META.insert().values(key="half", value="written"))
            os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def die_making_tables(place: str, number: int) -> str | None:
    """Be killed while the tables are being made (the first process), or open the journal (the others)."""
    if number == 0:
        make = schema.METADATA.create_all

        def make_and_die(connection: t.Any) -> None:
            make(connection, tables=[schema.META, schema.LOCKS])
            os.kill(os.getpid(), signal.SIGKILL)

        schema.METADATA.create_all = make_and_die  # type: ignore[method-assign, assignment]
    return open_it(place, number)
