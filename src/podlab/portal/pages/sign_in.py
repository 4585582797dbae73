"""The trainer's password."""

from __future__ import annotations

import asyncio

from aiohttp import web

from podlab.errors import Denied
from podlab.portal import language, password, visitors
from podlab.portal.classroom import CLASSROOM
from podlab.portal.failures import status, told
from podlab.portal.pages.render import page
from podlab.workshop.ratelimit import Limiter

GUESSES = web.AppKey("guesses", Limiter)
AT_ONCE = web.AppKey("at_once", asyncio.Semaphore)
"""A look at a password takes 64 MiB: `password`."""


def routes() -> list[web.RouteDef]:
    return [
        web.get("/trainer/sign-in", form),
        web.post("/trainer/sign-in", sign_in),
        web.post("/trainer/sign-out", sign_out),
    ]


async def form(request: web.Request) -> web.StreamResponse:
    if visitors.is_trainer(request):
        raise web.HTTPSeeOther("/trainer/")
    return await page(request, "sign_in.html", {"error": ""})


async def sign_in(request: web.Request) -> web.StreamResponse:
    app, address = request.app, visitors.address(request)
    typed = str((await request.post()).get("password", ""))
    try:
        app[GUESSES].check(address)
        async with app[AT_ONCE]:
            is_right = await asyncio.to_thread(
                password.is_right, typed, app[CLASSROOM].settings.password_hash
            )
        if not is_right:
            app[GUESSES].failed(address)
            words = language.catalogue(language.chosen(request, app[CLASSROOM].settings.language))
            raise Denied(words["sign_in.wrong"])
    except Denied as error:
        return await page(request, "sign_in.html", {"error": told(error)}, status=status(error))
    answer = web.Response(status=303, headers={"Location": "/trainer/"})
    visitors.welcome_trainer(request, answer)
    return answer


async def sign_out(request: web.Request) -> web.StreamResponse:
    answer = web.Response(status=303, headers={"Location": "/trainer/sign-in"})
    visitors.cookie(request).clear(answer)
    return answer
