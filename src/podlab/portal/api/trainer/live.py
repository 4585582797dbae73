"""The grid as it changes, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from podlab.portal import live
from podlab.portal.api import shapes
from podlab.portal.api.audience import TRAINER
from podlab.portal.api.describe import operation
from podlab.portal.api.trainer.board import board
from podlab.portal.api.trainer.meter import EVERY_S, METER
from podlab.portal.classroom import CLASSROOM
from podlab.workshop.events import Trouble

if TYPE_CHECKING:
    from podlab.workshop.events import Event

TOGETHER_S: Final = 0.25
"""What happens within that is told at once: a class that answers a quiz makes one grid."""
LOOK_S: Final = 3.0
"""For what no event tells: who typed, who is online, what seats use."""


@operation("GET", "/trainer/api/events", who=TRAINER, gives="text/event-stream")
async def events(request: web.Request) -> web.StreamResponse:
    """The grid as it changes, as server-sent events.

    `board` has the same fields as `GET /trainer/api/seats`, but in `seats` only the rows that have changed, and in
    `order` the numbers of all seats. `trouble` {"text"}: something failed that nobody waits for. Seats are measured
    while somebody listens.
    """
    classroom = request.app[CLASSROOM]
    response = await live.opened(request)
    with classroom.pool.broadcast.watch() as watcher:
        async with asyncio.TaskGroup() as group:
            measuring = group.create_task(_measure(request))
            shown: dict[int, Any] = {}
            try:
                happened: list[Event] = []
                while True:
                    await live.send(response, await _told(request, happened, shown))
                    try:
                        async with asyncio.timeout(LOOK_S):
                            happened = await watcher.some()
                        await asyncio.sleep(TOGETHER_S)
                    except TimeoutError:
                        happened = []
            except (ConnectionResetError, TimeoutError):
                pass  # the page has gone, or takes nothing any more
            finally:
                measuring.cancel()
    return response


async def _told(request: web.Request, happened: Iterable[Event], shown: dict[int, Any]) -> list[live.Told]:
    told: list[live.Told] = [
        ("trouble", {"text": each.message}) for each in happened if isinstance(each, Trouble)
    ]
    now = shapes.encode(await board(request))
    order = [row["seat"] for row in now["seats"]]
    changed = [row for row in now["seats"] if shown.get(row["seat"]) != row]
    if changed or shown.get(0) != order:
        told.append(("board", {**now, "seats": changed, "order": order}))
    shown.update({row["seat"]: row for row in changed})
    shown[0] = order
    return told or [("now", {"now": now["now"]})]


async def _measure(request: web.Request) -> None:
    classroom, meter = request.app[CLASSROOM], request.app[METER]
    while True:
        await meter.measure(classroom.engine, classroom.pool.seats)
        await asyncio.sleep(EVERY_S / 2)


HANDLERS: Final = (events,)
