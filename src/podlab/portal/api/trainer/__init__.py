"""The trainer's API: everything that the trainer's page does, for programs, too. `podlab seats` stands on it."""

from __future__ import annotations

from aiohttp import web

from podlab.portal.api import describe
from podlab.portal.api.trainer import everybody, files, live, machine, people, progress, seats
from podlab.portal.api.trainer.meter import METER, Meter


def prepare(app: web.Application) -> None:
    """What the handlers share."""
    app[METER] = Meter()


def routes() -> list[web.RouteDef]:
    rooms = (seats, people, everybody, files, progress, machine, live)
    return describe.routes(*(each for room in rooms for each in room.HANDLERS))
