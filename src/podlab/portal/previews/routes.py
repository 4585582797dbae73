"""The portal's own addresses of previews: they always work, and lead to where the preview is now.

Lessons, frames and "open in a new tab" all use them, so that no page holds a ticket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from podlab.errors import Conflict, Invalid
from podlab.portal import visitors
from podlab.portal.classroom import CLASSROOM
from podlab.portal.previews.previews import PREVIEWS, Preview, Tenant, Tenants
from podlab.workshop.seat import SeatId, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.manifest.workshop import Workshop
    from podlab.workshop.pool import Pool


def routes() -> list[web.RouteDef]:
    return [
        web.get("/seat/previews/{name:[^/]+}{target:(?:/.*)?}", _of_attendee),
        web.get("/trainer/seats/{seat}/previews/{name:[^/]+}{target:(?:/.*)?}", _of_trainer),
    ]


def address(name: str, seat: int | None = None) -> str:
    """Where the portal leads to a preview of one's own seat, or of that seat for the trainer. A path may follow it."""
    return f"/seat/previews/{name}" if seat is None else f"/trainer/seats/{seat}/previews/{name}"


def named(workshop: Workshop) -> Mapping[str, Preview]:
    return {each.name: Preview(port=each.port, path=each.path or "/") for each in workshop.spec.previews}


def tenants(pool: Pool) -> Tenants:
    """Who has which seat of the pool."""

    def tenant(id: int) -> Tenant:
        seat = pool.seat(SeatId(id))
        if seat.state is State.ENDED:
            raise Conflict(f"seat {seat.pod} has ended", subject=seat.pod)
        return Tenant(pod=seat.pod, person=seat.person or "")

    return tenant


async def _of_attendee(request: web.Request) -> web.StreamResponse:
    seat = visitors.attendee(request)
    if not seat.person:
        raise Conflict(f"seat {seat.pod} is nobody's", subject=seat.pod)
    return _led(request, seat.id, seat.person)


async def _of_trainer(request: web.Request) -> web.StreamResponse:
    visitors.trainer(request)
    id = request.match_info["seat"]
    if not (id.isascii() and id.isdigit() and len(id) < 10):
        raise Invalid(f"{id!r} is not the number of a seat", subject=id)
    tenants(request.app[CLASSROOM].pool)(int(id))
    return _led(request, SeatId(int(id)), None)


def _led(request: web.Request, seat: SeatId, person: str | None) -> web.StreamResponse:
    name = request.match_info["name"]
    _, _, rest = request.rel_url.raw_path.partition("/previews/")
    _, slash, path = rest.partition("/")
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    found = request.app[PREVIEWS].address(
        seat, name, request.host, person=person, target=f"{slash}{path}{query}"
    )
    # It is our own page that frames the way to a preview.
    policy = "default-src 'none'; frame-ancestors 'self'"
    headers = {
        "Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }  # fmt: skip
    return web.Response(status=303, headers={"Location": found, **headers})
