"""The grid of seats and all that the trainer can do from there."""

from __future__ import annotations

from aiohttp import web

from podlab.portal import language, visitors
from podlab.portal.api import shapes
from podlab.portal.api.trainer.board import board
from podlab.portal.classroom import CLASSROOM
from podlab.portal.pages.render import page
from podlab.workshop.lab.level import settle


def routes() -> list[web.RouteDef]:
    return [web.get("/trainer", to_trainer), web.get("/trainer/", trainer)]


async def to_trainer(request: web.Request) -> web.StreamResponse:
    raise web.HTTPPermanentRedirect("/trainer/")


async def trainer(request: web.Request) -> web.StreamResponse:
    visitors.trainer(request)
    classroom = request.app[CLASSROOM]
    now = await board(request)
    _, level = await settle(classroom.engine, classroom.workshop)
    values = {
        "board": now, "shown": shapes.encode(now), "steps": classroom.lesson.steps, "words": words(request),
        "level": level.name, "unsafe": bool(level.warning), "home": "/tmp/",  # noqa: S108  # where everybody may write
        "class_is_open": classroom.admission.has_class_code,
        "warnings": [each for each in classroom.lab.warnings if each != level.warning] if classroom.lab else [],
    }  # fmt: skip
    return await page(request, "trainer.html", values, script="src/trainer.ts", api="/trainer/api/")


def words(request: web.Request) -> dict[str, str]:
    """What the trainer's scripts say: from the server's catalogue, so that the attendee's page does not carry it."""
    tongue = language.chosen(request, request.app[CLASSROOM].settings.language)
    return {name: text for name, text in language.catalogue(tongue).items() if name.startswith("trainer.")}
