"""One speaker, many watchers, none of which delays another."""

from __future__ import annotations

import asyncio

from podlab.workshop.events import LONGEST_QUEUE, Broadcast, Missed, Trouble


async def test_every_watcher_is_told_everything_in_order() -> None:
    broadcast = Broadcast()
    with broadcast.watch() as one, broadcast.watch() as two:
        for n in range(3):
            broadcast.tell(Trouble(str(n)))
        for watcher in (one, two):
            events = aiter(watcher)
            assert [await anext(events) for _ in range(3)] == [Trouble("0"), Trouble("1"), Trouble("2")]


async def test_a_slow_watcher_learns_that_it_has_missed_some_and_grows_no_further() -> None:
    broadcast = Broadcast()
    with broadcast.watch() as slow:
        for n in range(LONGEST_QUEUE * 3 + 1):
            broadcast.tell(Trouble(str(n)))
        assert len(slow._queue) <= LONGEST_QUEUE
        events = aiter(slow)
        assert await anext(events) == Missed()
        broadcast.tell(Trouble("last"))
        seen = [await anext(events)]
        while seen[-1] != Trouble("last"):
            seen.append(await anext(events))


async def test_a_watcher_waits_for_what_comes_and_is_forgotten_when_it_goes() -> None:
    broadcast = Broadcast()
    with broadcast.watch() as watcher:
        waiting = asyncio.ensure_future(anext(aiter(watcher)))
        await asyncio.sleep(0)
        assert not waiting.done()
        broadcast.tell(Trouble("now"))
        assert await waiting == Trouble("now")
    assert broadcast._watchers == set()
