# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.simulators --listen 127.0.0.1:8085 --devices 30``: run the simulators until a signal."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import typing as t
from pathlib import Path

from tests.simulators.app import furnish
from tests.simulators.certificates import TlsDoor
from tests.simulators.knobs import KnobError
from tests.simulators.replay import Recording, RecordingError, serve_recording
from tests.simulators.runner import serve_until_signalled
from tests.simulators.world import World


def main(argv: list[str] | None = None) -> int:
    """Read the command line, serve, and give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:8085", metavar="HOST:PORT", help="port 0 takes a free one")
    parser.add_argument("--devices", type=int, default=30, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ready-file", type=Path, metavar="PATH", help="the URL is written there when ready")
    parser.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--certificates", type=Path, metavar="FOLDER", help="listen under TLS too, on a free port")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="serve a trace (HAR) instead of simulated systems")
    options = parser.parse_args(argv)
    host, _, port = options.listen.rpartition(":")
    if not host or not port.isdigit():
        parser.error(f"--listen takes HOST:PORT, not {options.listen!r}")
    if options.devices < 0:
        parser.error("--devices must be 0 or more")

    def ready(url: str) -> None:
        if options.ready_file is not None:
            draft = options.ready_file.with_name(options.ready_file.name + ".part")
            draft.write_text(url + "\n", encoding="utf-8")
            draft.replace(options.ready_file)
        print(f"listening on {url}", flush=True)

    if options.replay is not None:
        try:
            recording = Recording.read(options.replay, time.time())
        except RecordingError as error:
            parser.error(str(error))
        return _served(serve_recording(recording, host.strip("[]"), int(port), ready), options.listen)
    world = World(options.devices, options.seed)
    furnish(world)
    try:
        world.knobs.set(dict(_pair(text) for text in options.knob), at_start=True)
    except KnobError as error:
        parser.error(str(error))

    world.tls = TlsDoor(options.certificates) if options.certificates else None
    return _served(serve_until_signalled(world, host.strip("[]"), int(port), ready), options.listen)


def _served(serving: t.Coroutine[t.Any, t.Any, None], listen: str) -> int:
    """Serve until a signal, and give the exit status."""
    try:
        asyncio.run(serving)
    except OSError as error:
        print(f"cannot listen on {listen}: {error}", file=sys.stderr)
        return 1
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise KnobError(f"--knob takes NAME=VALUE, not {text!r}.")
    return name, value


if __name__ == "__main__":
    raise SystemExit(main())
