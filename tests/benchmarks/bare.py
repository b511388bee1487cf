# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The physical limit: a bare asyncio client that sends given requests and looks at nothing but the status.

`python tests/benchmarks/bare.py FILE`. The file holds ``concurrency`` and ``sequences``: the requests of one sequence
are sent one after the other, as many sequences at a time as the concurrency says.
"""

from __future__ import annotations

import asyncio
import json
import sys
import typing as t
from pathlib import Path

import aiohttp


async def send_all(concurrency: int, sequences: t.Sequence[t.Sequence[t.Mapping[str, t.Any]]]) -> None:
    """Send every sequence. Raises ClientResponseError for an answer that is no success."""
    waiting = iter(sequences)
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:

        async def work() -> None:
            for sequence in waiting:
                for one in sequence:
                    async with session.request(
                        one["method"], one["url"], headers=one["headers"], data=one.get("body")
                    ) as answer:
                        await answer.read()

        await asyncio.gather(*(work() for _number in range(concurrency)))


def main(path: str) -> None:
    """Read the file and send what it holds."""
    wanted = json.loads(Path(path).read_text())
    asyncio.run(send_all(wanted["concurrency"], wanted["sequences"]))


if __name__ == "__main__":
    main(sys.argv[1])
