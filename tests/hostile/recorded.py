# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as the simulators give them, recorded while every module does its work once, and a way to spoil them."""

from __future__ import annotations

import random
import typing as t
from pathlib import Path

from ansible_collections.netfleet.maintenance.plugins.module_utils._http import transport as _transport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer, Guard, Request
from tests.hostile.bench import Bench, Result
from tests.simulators import Simulator

NAME = "lax-sbc-01"

Key = tuple[str, str]

# What every module is asked to do; nothing waits.
DEEDS: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "device_operation": ([NAME], {"operation": "sync", "wait_timeout": 0, "conflict_timeout": 0}),
    "device_health": ([NAME], {"wait_timeout": 0}),
    "device_lock": ([NAME], {}),
    "device_lock_info": ([NAME], {}),
    "device_info": (None, {"all": True, "uptime": True}),
    "pam_device": (NAME, {"site": "MOVED"}),
    "pam_device_info": (None, {"all": True}),
    "pam_session_info": (None, {"all": True}),
}

SHAPES: tuple[dict[str, t.Any], ...] = (
    {},
    {
        "oracle_sdm.list_dialect": "singular",
        "oracle_sdm.success": 200,
        "senhasegura.envelope": "short",
        "senhasegura.ids": "int",
        "zequenze.status_type": "string",
        "zequenze.paging": "offset",
    },
)


class Recorder:
    """Carries exchanges over the real transport and keeps their answers, by module and shape."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.module = ""
        self._exchange = _transport.HttpTransport.exchange

    def exchange(self, transport: t.Any, request: Request, **more: t.Any) -> Answer:
        """Carry one exchange and keep its answer."""
        answer = self._exchange(transport, request, **more)
        self.answers.setdefault(self.module, []).append(answer)
        return answer


def record(folder: Path) -> dict[str, list[Answer]]:
    """Run every module against fresh simulators in each shape; gives the answers each module got, in order."""
    recorder, real = Recorder(), _transport.HttpTransport.exchange
    with Simulator(devices=2, process=True) as simulator:
        for number, shape in enumerate(SHAPES):
            simulator.reset(devices=2, seed=1)
            for knob, value in shape.items():
                simulator.knob(knob, value)
            bench = Bench(simulator, folder / str(number))
            bench.folder.mkdir()
            for module in DEEDS:
                recorder.module = f"{module} {number}"
                _transport.HttpTransport.exchange = (  # type: ignore[method-assign]
                    lambda transport, request, **more: recorder.exchange(transport, request, **more)
                )
                try:
                    result = run(bench, recorder.module)
                finally:
                    _transport.HttpTransport.exchange = real  # type: ignore[method-assign]
                assert "devices" in result or "device" in result, result
    return recorder.answers


def run(bench: Bench, recording: str) -> Result:
    """Run the module of a recording."""
    module = recording.split()[0]
    name, options = DEEDS[module]
    return bench.run(module, name, **options)


class Replay:
    """Return the recorded answers of a module again, some of them spoiled; at the end the last one, again and again."""

    def __init__(self, answers: list[Answer], chance: random.Random) -> None:
        self._answers = answers
        self._chance = chance
        self._spoiled = chance.randrange(len(answers))
        self._turn = 0

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Return the next answer."""
        if guard is not None:
            guard()
        turn = min(self._turn, len(self._answers) - 1)
        self._turn += 1
        answer = self._answers[turn]
        return spoiled(answer, self._chance) if self._turn - 1 >= self._spoiled else answer


def spoiled(answer: Answer, chance: random.Random) -> Answer:
    """Spoil an answer: bytes turned over, cut out, doubled, cut off or put in; sometimes status or type instead."""
    body, status, headers = bytearray(answer.body), answer.status, dict(answer.headers)
    for _time in range(chance.choice((1, 1, 1, 2, 5))):
        place = chance.randrange(len(body) + 1)
        match chance.randrange(9):
            case 0 if body:
                body[place % len(body)] ^= 1 << chance.randrange(8)
            case 1:
                del body[place:]
            case 2:
                del body[place : place + chance.randrange(1, 20)]
            case 3:
                body[place:place] = body[place : place + chance.randrange(1, 60)]
            case 4:
                body[place:place] = chance.choice(PIECES)
            case 5 if body:
                body[place % len(body)] = chance.randrange(256)
            case 6:
                body[:] = chance.choice(PIECES) + body
            case 7:
                status = chance.choice((200, 201, 202, 204, 206, 400, 401, 403, 404, 409, 423, 429, 500, 503, 599))
            case _:
                headers["content-type"] = chance.choice(TYPES)
    return Answer(status, headers, bytes(body), answer.set_cookies, answer.problem)


PIECES = (
    b"null", b"NaN", b"{}", b"[]", b"[[", b"{", b'"', b"\\", b"\\ud800", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"<",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"]]>", b"<?xml version='1.0' encoding='utf-16'?>", b"true", b"-1",
    b"1e999", b"9" * 5000, b'"id": null,', b'"id": [1],', b'"error": true,', b"<html>", b"</devices>", b"\r\n\r\n",
    b"{{ 7*7 }}", b"\x1b[2J", "\u202e".encode(),
)  # fmt: skip
TYPES = ("", "text/html", "application/json", "application/xml", "text/plain; charset=utf-16", "\x00")
