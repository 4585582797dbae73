"""The attendee's page: lesson and terminals, or why there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web
from markupsafe import Markup

from podlab.errors import Denied, NotFound
from podlab.lesson.render import render
from podlab.portal import seats, visitors
from podlab.portal.classroom import CLASSROOM
from podlab.portal.pages.render import page
from podlab.portal.previews.routes import address
from podlab.workshop.seat import State

if TYPE_CHECKING:
    from podlab.portal.classroom import Classroom
    from podlab.workshop.seat import Seat

ASSETS = "/seat/assets/"
MORE_S = 1800.0
"""What an attendee gets who may extend."""
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture that is opened by itself is a document: it must not be able to do anything."""


def routes() -> list[web.RouteDef]:
    return [
        web.get("/seat", to_seat),
        web.get("/seat/", seat),
        web.get(ASSETS + "{name:.+}", asset),
        web.post("/seat/extend", extend),
        web.post("/seat/reset", reset),
    ]


async def to_seat(request: web.Request) -> web.StreamResponse:
    raise web.HTTPPermanentRedirect("/seat/")


async def seat(request: web.Request) -> web.StreamResponse:
    classroom = request.app[CLASSROOM]
    mine = visitors.place_of(request)
    if mine.state is State.ENDED:
        has_take_home = classroom.take_home.kept(mine) is not None or classroom.pool.is_at(mine.id)
        return await page(request, "ended.html", {"has_take_home": has_take_home}, status=410)
    if not mine.is_ready:
        return await page(request, "waiting.html", {"problem": mine.problem})
    settings = classroom.settings
    shown = {
        **lesson(request, mine), **clock(classroom, mine), "seat_name": mine.pod, "name": mine.name,
        "terminals": classroom.workshop.spec.terminals, "may_extend": settings.attendees_may_extend,
        "may_reset": settings.attendees_may_reset,
        "previews": previews(request), "has_previews": classroom.previews is not None,
        "has_hand_up": mine.id in await classroom.hands.raised(),
    }  # fmt: skip
    return await page(
        request, "seat.html", shown, script="src/seat.ts", api="/seat/api/", seat=mine.pod, has_terminals=True,
        policy=frames(request),
    )  # fmt: skip


def lesson(request: web.Request, seat: Seat) -> dict[str, object]:
    """What a page with the lesson of this seat names."""
    classroom = request.app[CLASSROOM]
    filled, words = seats.values(request, seat), seats.words(request)
    articles = [
        Markup(render(step, filled, words=words, assets=ASSETS))  # noqa: S704 - all of it is escaped there
        for step in classroom.lesson.steps
    ]
    return {"steps": classroom.lesson.steps, "articles": articles}


def previews(request: web.Request) -> list[dict[str, str]]:
    """Those that the workshop names, where the portal can show them."""
    classroom = request.app[CLASSROOM]
    if classroom.previews is None:
        return []
    return [{"name": each.name, "address": address(each.name)} for each in classroom.workshop.spec.previews]


def frames(request: web.Request) -> dict[str, str]:
    """What the policy of a page with previews has to allow."""
    shown = request.app[CLASSROOM].previews
    return {} if shown is None else {"frame_src": f"'self' {shown.sources(request.host)}"}


def clock(classroom: Classroom, seat: Seat) -> dict[str, str]:
    """Until when, and what time it is here."""
    now = classroom.pool.clock.now()
    if seat.ends_at is None:
        return {"ends": "", "now": "", "left": ""}
    left_s = max(0, round(seat.ends_at - now))
    return {"ends": iso(seat.ends_at), "now": iso(now), "left": f"{left_s // 60}:{left_s % 60:02d}"}


def iso(at: float) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def asset(request: web.Request) -> web.StreamResponse:
    """A file of the lesson that a step shows or links to; no other."""
    visitors.place_of(request)
    name = request.match_info["name"]
    found = next((each for each in request.app[CLASSROOM].lesson.assets if each.name == name), None)
    if found is None:
        raise NotFound(f"the lesson has no file {name!r}", subject=name)
    return web.FileResponse(
        found.file, headers={"Content-Security-Policy": _SVG_POLICY, "Cache-Control": "private, max-age=300"}
    )


async def extend(request: web.Request) -> web.StreamResponse:
    classroom, mine = request.app[CLASSROOM], visitors.attendee(request)
    if not classroom.settings.attendees_may_extend:
        raise Denied("only your trainer gives more time", subject=mine.pod, hint="raise your hand")
    await classroom.pool.extend(mine.id, MORE_S, by="attendee")
    raise web.HTTPSeeOther("/seat/")


async def reset(request: web.Request) -> web.StreamResponse:
    classroom, mine = request.app[CLASSROOM], visitors.attendee(request)
    if not classroom.settings.attendees_may_reset:
        raise Denied("only your trainer resets a seat", subject=mine.pod, hint="raise your hand")
    await classroom.pool.reset(mine.id, by="attendee")
    raise web.HTTPSeeOther("/seat/")
