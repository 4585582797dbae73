"""The first page: who has a code, or may come without, gets a seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from podlab.errors import Conflict, Denied, Invalid
from podlab.portal import visitors
from podlab.portal.classroom import CLASSROOM
from podlab.portal.failures import status, told
from podlab.portal.pages.render import page
from podlab.portal.visitors import SignedOut
from podlab.workshop.seat import State

if TYPE_CHECKING:
    from podlab.workshop.admission import Ticket
    from podlab.workshop.seat import Seat


def routes() -> list[web.RouteDef]:
    return [web.get("/", welcome), web.post("/enter", enter), web.post("/sign-out", sign_out)]


async def welcome(request: web.Request) -> web.StreamResponse:
    try:
        if visitors.place_of(request).state is not State.ENDED:
            raise web.HTTPSeeOther("/seat/")
    except SignedOut:
        pass
    return await page(request, "welcome.html", {"mode": _mode(request), "code": "", "name": "", "error": ""})


async def enter(request: web.Request) -> web.StreamResponse:
    form = await request.post()
    code, name = (str(form.get(each, "")).strip() for each in ("code", "name"))
    try:
        seat, ticket = await _admitted(request, code, name)
    except (Conflict, Denied, Invalid) as error:
        shown = {"mode": _mode(request), "code": code, "name": name, "error": told(error)}
        return await page(request, "welcome.html", shown, status=status(error))
    if ticket is None:
        answer: web.StreamResponse = web.Response(status=303, headers={"Location": "/seat/"})
    else:
        answer = await page(request, "ticket.html", {"code": ticket.code})
    visitors.welcome(request, answer, seat)
    return answer


async def _admitted(request: web.Request, code: str, name: str) -> tuple[Seat, Ticket | None]:
    """A person's own code counts first; another may be the class's."""
    admission, mode = request.app[CLASSROOM].admission, _mode(request)
    address = visitors.address(request)
    if not code and mode == "free":
        return await admission.join_freely(address=address, name=name)
    if admission.has_class_code:
        try:
            return await admission.join(code, address=address, name=name, is_guess=False)
        except Denied:
            pass
    return await admission.enter(code, address=address, name=name), None


async def sign_out(request: web.Request) -> web.StreamResponse:
    answer = web.Response(status=303, headers={"Location": "/"})
    visitors.cookie(request).clear(answer)
    return answer


def _mode(request: web.Request) -> str:
    """`code`: everybody has one; `open`: there is one for the class; `free`: none is needed."""
    classroom = request.app[CLASSROOM]
    seats = classroom.workshop.spec.seats
    if seats and seats.claim == "free":
        return "free"
    return "open" if classroom.admission.has_class_code else "code"
