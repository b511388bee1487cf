# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second origin: nobody has any business there. It says yes to everything and writes down what it received."""

from __future__ import annotations

import typing as t

from aiohttp import web

if t.TYPE_CHECKING:
    from tests.simulators.world import World

NAME = "elsewhere"


def elsewhere_app(world: World) -> web.Application:
    """The application of the second origin over a world, in whose ledger its requests stand."""

    async def handle(request: web.Request) -> web.Response:
        entry = world.ledger.received(
            system=NAME,
            method=request.method,
            path=request.rel_url.raw_path,
            query=request.rel_url.raw_query_string,
            connection=0,
            raw_headers=request.raw_headers,
        )
        entry.body = await request.read()
        entry.status, entry.answer_delivered = 200, True
        return web.json_response({"results": [], "next": None})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    return app
