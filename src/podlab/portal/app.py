"""The portal of one workshop: every address, and what holds for all of them."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web

from podlab.portal import failures, guard, previews
from podlab.portal import trainer as trainer_pages
from podlab.portal.api import seat as seat_api
from podlab.portal.api import trainer as trainer_api
from podlab.portal.api.document import document
from podlab.portal.classroom import CLASSROOM
from podlab.portal.files import routes as files
from podlab.portal.pages import seat, sign_in, take_home, terminals, welcome
from podlab.portal.settings import MAX_BODY_BYTES
from podlab.portal.static_files import ADDRESS, STATIC, StaticFiles
from podlab.portal.visitors import VISITORS, Visitors
from podlab.workshop.ratelimit import Limiter

if TYPE_CHECKING:
    from podlab.portal.classroom import Classroom

ROOMS = (welcome, seat, take_home, terminals, seat_api, sign_in, trainer_api, trainer_pages, files)


def portal(classroom: Classroom) -> web.Application:
    """An application to be run as it is. `Unavailable` where the front-end has not been built."""
    app = web.Application(
        middlewares=[failures.answered, guard.bounded_rate, guard.same_origin], client_max_size=MAX_BODY_BYTES
    )
    app[CLASSROOM] = classroom
    app[VISITORS] = Visitors(classroom.settings)
    app[STATIC] = static = StaticFiles()
    app[guard.PACE] = guard.Pace()
    app[sign_in.GUESSES] = Limiter(classroom.pool.clock)
    app[sign_in.AT_ONCE] = asyncio.Semaphore(2)
    trainer_api.prepare(app)
    files.prepare(app)
    app.on_response_prepare.append(guard.headers)
    app.router.add_get("/healthz", healthy)
    app.router.add_get("/openapi.json", described)
    app.router.add_get(ADDRESS + "{name:.+}", static.serve)
    for room in ROOMS:
        app.router.add_routes(room.routes())
    if classroom.previews is not None:
        app[previews.PREVIEWS] = classroom.previews
        app.router.add_routes(previews.routes())
    return app


async def healthy(request: web.Request) -> web.Response:
    """Whether the portal answers; for whoever watches over it."""
    return web.json_response({"status": "ok"})


async def described(request: web.Request) -> web.Response:
    """The API of the trainer and of seats."""
    return web.json_response(
        document(request.app, title=request.app[CLASSROOM].title, version=version("podlab"))
    )
