"""podlab's terminals alone, as `podlab serve` has them: `python -m bench.terminal_server POD PORT`."""

from __future__ import annotations

import sys

from aiohttp import web

from bench import ground
from podlab.portal.loop import loop_factory
from podlab.portal.terminals import Access, Registry, Session, socket

ORIGIN = "http://bench.example"


async def application(pod: str) -> web.Application:
    engine = await ground.connect()
    registry = Registry(engine, max_per_pod=1000)

    async def authorise(request: web.Request) -> tuple[Session, Access]:
        return await registry.open(pod, "app", request.match_info["name"]), Access.OWN

    async def prepare(request: web.Request) -> web.Response:
        """As the page does when it is asked for."""
        await registry.open(pod, "app", request.match_info["name"])
        return web.Response()

    async def end(request: web.Request) -> web.Response:
        await registry.end(pod, request.match_info["name"])
        return web.Response()

    async def running(app: web.Application):  # type: ignore[no-untyped-def]
        async with registry:
            yield
        await engine.close()

    app = web.Application()
    app.router.add_get("/{name}", socket.endpoint(authorise, lambda request: frozenset({ORIGIN})))
    app.router.add_post("/{name}", prepare)
    app.router.add_delete("/{name}", end)
    app.cleanup_ctx.append(running)
    return app


if __name__ == "__main__":
    factory = loop_factory()
    web.run_app(
        application(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None,
        loop=factory and factory(),
    )  # fmt: skip
