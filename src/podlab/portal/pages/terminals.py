"""The attendee's own terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from podlab.portal import guard, seats, visitors
from podlab.portal.classroom import CLASSROOM
from podlab.portal.terminals import Access
from podlab.portal.terminals.socket import endpoint

if TYPE_CHECKING:
    from podlab.portal.terminals import Session


def routes() -> list[web.RouteDef]:
    return [web.get("/seat/terminals/{name}", endpoint(_own, guard.origins))]


async def _own(request: web.Request) -> tuple[Session, Access]:
    seat = visitors.attendee(request)
    return await seats.terminal(request.app[CLASSROOM], seat, request.match_info["name"]), Access.OWN
