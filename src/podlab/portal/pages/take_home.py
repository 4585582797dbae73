"""A seat's work, to take home."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Final

from aiohttp import web

from podlab.errors import NotFound, TimedOut, Unavailable
from podlab.portal import visitors
from podlab.portal.classroom import CLASSROOM
from podlab.portal.files.entry import Download
from podlab.portal.files.routes import TRAFFIC
from podlab.portal.files.stream import INERT, disposition, sent
from podlab.workshop.seat import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from podlab.portal.classroom import Classroom
    from podlab.workshop.seat import Seat

_KEEPING_S: Final = 90.0
"""So long somebody waits for what is being kept of their seat."""


def routes() -> list[web.RouteDef]:
    return [web.get("/seat/take-home", take_home, allow_head=False)]


async def take_home(request: web.Request) -> web.StreamResponse:
    """As the seat is now; as it was in the end, where it has ended."""
    classroom, mine = request.app[CLASSROOM], visitors.place_of(request)
    if mine.state is State.ENDED:
        named = _download(mine, _nothing())
        headers = INERT | {"Content-Disposition": disposition(named), "Content-Type": "application/gzip"}
        return web.FileResponse(await _kept(classroom, mine), headers=headers)
    if not mine.is_ready:
        raise Unavailable(f"seat {mine.pod} is not ready yet", subject=mine.pod, hint="try again in a moment")
    with request.app[TRAFFIC].one_more(mine.pod):
        async with aclosing(classroom.take_home.of(mine)) as chunks:
            first = await anext(chunks)  # what is wrong from the beginning is told on a page
            return await sent(request, _download(mine, _joined(first, chunks)))


async def _kept(classroom: Classroom, seat: Seat) -> Path:
    with suppress(TimeoutError):
        async with asyncio.timeout(_KEEPING_S):
            await classroom.pool.at_rest(seat.id)
    kept = classroom.take_home.kept(seat)
    if kept is None and classroom.pool.is_at(seat.id):
        raise TimedOut("your work is still being packed", subject=seat.pod, hint="try again in a moment")
    if kept is None:
        raise NotFound(f"nothing was kept of seat {seat.pod}", subject=seat.pod, hint="ask your trainer")
    return kept


def _download(seat: Seat, chunks: AsyncIterator[bytes]) -> Download:
    return Download(name=seat.pod.encode(), kind="tar.gz", size_bytes=None, chunks=chunks)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""  # which makes it a generator
