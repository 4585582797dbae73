"""The trainer's pages: the grid of seats, a seat that is watched, cards to print. What they do is in `api.trainer`."""

from __future__ import annotations

from aiohttp import web

from podlab.portal.trainer import cards, grid, watching


def routes() -> list[web.RouteDef]:
    return [*grid.routes(), *watching.routes(), *cards.routes()]
