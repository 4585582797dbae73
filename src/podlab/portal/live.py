"""What happens, told to pages as it happens: server-sent events.
https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final, NoReturn

from aiohttp import web

from podlab.portal.classroom import CLASSROOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from podlab.workshop.events import Event, Watcher

KEEPALIVE_S: Final = 15.0
"""Proxies commonly cut what was idle for 60 s."""
SENDING_S: Final = 20.0
"""A page that takes nothing for so long is gone; the browser of one that is not connects again."""

Told = tuple[str, object]
"""The event's type and its data."""


async def stream(
    request: web.Request, tell: Callable[[Event], Iterable[Told]], *, first: Iterable[Told] = ()
) -> web.StreamResponse:
    """Until the page goes: `first`, and then what `tell` makes of each event."""
    with request.app[CLASSROOM].pool.broadcast.watch() as watcher:
        response = await opened(request)
        try:
            await send(response, first)
            await _follow(response, watcher, tell)
        except (ConnectionResetError, TimeoutError):
            return response


async def _follow(
    response: web.StreamResponse, watcher: Watcher, tell: Callable[[Event], Iterable[Told]]
) -> NoReturn:
    while True:
        try:
            async with asyncio.timeout(KEEPALIVE_S):
                event = await anext(aiter(watcher))
        except TimeoutError:
            await _write(response, b":\n\n")
        else:
            await send(response, tell(event))


async def opened(request: web.Request) -> web.StreamResponse:
    """What events are sent by."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    return response


async def send(response: web.StreamResponse, told: Iterable[Told]) -> None:
    text = "".join(f"event: {kind}\ndata: {json.dumps(data)}\n\n" for kind, data in told)
    if text:
        await _write(response, text.encode())


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(SENDING_S):
        await response.write(data)
