"""What several rooms of the portal know of a seat: its variables, its terminals, and what becomes of them."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from podlab.errors import NotFound, PodlabError, Unavailable
from podlab.lesson.words import ENGLISH, GERMAN
from podlab.portal import language
from podlab.portal.classroom import CLASSROOM
from podlab.portal.previews.routes import address
from podlab.workshop import values as workshop_values
from podlab.workshop.events import SeatChanged
from podlab.workshop.seat import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from podlab.lesson.words import Words
    from podlab.portal.classroom import Classroom
    from podlab.portal.terminals.session import Session
    from podlab.workshop.seat import Seat

WARMED_AT_ONCE: Final = 4
"""Shells opened before anybody asks: those who come meanwhile are not to wait for them."""
_MORE: Final = re.compile(r"(?P<name>.+?)-[2-9]")


def values(request: web.Request, seat: Seat) -> Mapping[str, str]:
    """The variables of the lesson in this seat."""
    classroom = request.app[CLASSROOM]
    base = f"{request.scheme}://{request.host}"
    shown = {each.name: base + address(each.name) for each in classroom.workshop.spec.previews}
    return workshop_values.values(classroom.workshop, seat.pod, shown)


def words(request: web.Request) -> Words:
    """Those that a lesson's steps add to their own."""
    tongue = language.chosen(request, request.app[CLASSROOM].settings.language)
    return GERMAN if tongue == "de" else ENGLISH


async def terminal(classroom: Classroom, seat: Seat, name: str) -> Session:
    """The seat's terminal of that name: the workshop's `shell`, or another one beside it, `shell-2` to `shell-9`.
    `NotFound`; `Unavailable` while the seat comes up."""
    if seat.state is not State.CLAIMED:
        raise Unavailable(f"seat {seat.pod} is not ready yet", subject=seat.pod, hint="try again in a moment")
    container = container_of(classroom, name)
    return await classroom.terminals.open(seat.pod, container, name)


def container_of(classroom: Classroom, terminal: str) -> str:
    """`NotFound`."""
    more = _MORE.fullmatch(terminal)
    for name in (terminal, more["name"] if more else ""):
        if name in classroom.shells:
            return classroom.shells[name]
    raise NotFound(f"the workshop has no terminal {terminal!r}", subject=terminal)


async def keep_terminals(classroom: Classroom) -> None:
    """Shells of a seat that is made anew or ends go with it; those of one that somebody has just got are there
    before they ask. Until cancelled."""
    places = asyncio.Semaphore(WARMED_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        with classroom.pool.broadcast.watch() as watcher:
            async for event in watcher:
                if not isinstance(event, SeatChanged):
                    continue
                if not event.seat.is_ready:
                    await classroom.terminals.end_pod(event.seat.pod)
                elif event.seat.state is State.CLAIMED:
                    group.create_task(_warm(classroom, event.seat, places))


async def _warm(classroom: Classroom, seat: Seat, places: asyncio.Semaphore) -> None:
    for name in classroom.shells:
        async with places:
            try:
                await terminal(classroom, seat, name)
            except PodlabError:
                return  # whoever opens it is told
