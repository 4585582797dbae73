"""A seat's terminals for the trainer: to look on, or to type along at the attendee's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from podlab.errors import Invalid, PodlabError
from podlab.portal import guard, seats, visitors
from podlab.portal.api.trainer.board import row
from podlab.portal.classroom import CLASSROOM
from podlab.portal.pages.render import page
from podlab.portal.terminals import Access
from podlab.portal.terminals.socket import endpoint
from podlab.workshop import tables
from podlab.workshop.seat import Seat, SeatId, State

if TYPE_CHECKING:
    from podlab.portal.classroom import Classroom
    from podlab.portal.terminals import Session

MODES: Final = {"watch": Access.WATCH, "assist": Access.ASSIST}


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/trainer/seats/{seat:\d{1,5}}/", watched),
        web.get(r"/trainer/terminals/{seat:\d{1,5}}/{name}", endpoint(_session, guard.origins)),
    ]


async def watched(request: web.Request) -> web.StreamResponse:
    visitors.trainer(request)
    classroom, mode = request.app[CLASSROOM], _mode(request)
    seat = classroom.pool.seat(SeatId(int(request.match_info["seat"])))
    is_there = seat.state is State.CLAIMED
    values = {
        "seat": await row(request, seat.id), "mode": mode, "steps": len(classroom.lesson.steps),
        "terminals": _terminals(classroom, seat) if is_there else [],
    }  # fmt: skip
    return await page(
        request, "trainer_seat.html", values, script="src/watch.ts" if is_there else "src/page.ts",
        seat=f"{seat.pod}.{mode}", has_terminals=True,
    )  # fmt: skip


def _terminals(classroom: Classroom, seat: Seat) -> list[str]:
    """The workshop's, and others that the attendee has opened."""
    more = [name for name in classroom.terminals.names(seat.pod) if name not in classroom.shells]
    return [*classroom.shells, *more]


async def _session(request: web.Request) -> tuple[Session, Access]:
    visitors.trainer(request)
    classroom, mode, name = request.app[CLASSROOM], _mode(request), request.match_info["name"]
    seat = classroom.pool.seat(SeatId(int(request.match_info["seat"])))
    session = await seats.terminal(classroom, seat, name)
    now = classroom.pool.clock.now()
    what = f"{'watches' if mode == 'watch' else 'types along in'} terminal {name} of seat {seat.id}"
    try:
        await classroom.store.call(lambda db: tables.note(db, "trainer", what, now))
    except PodlabError as error:
        raise Invalid(f"nobody looks on unseen: {error.message}", subject=seat.pod) from error
    return session, MODES[mode]


def _mode(request: web.Request) -> str:
    mode = request.query.get("mode", "watch")
    if mode not in MODES:
        raise Invalid(f"mode is watch or assist, not {mode[:20]!r}", subject=request.path)
    return mode
