"""What happens in a workshop, to all who watch. Each watcher has a queue with an end: a slow one delays nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from podlab.workshop.seat import Seat, SeatId

LONGEST_QUEUE = 256


@dataclass(frozen=True, slots=True)
class SeatChanged:
    """`seat` is how it is now."""

    seat: Seat


@dataclass(frozen=True, slots=True)
class SeatEndsSoon:
    """Told once at each of `lifetime.WARNINGS_S`, and again after an extension."""

    seat: Seat
    left_s: float


@dataclass(frozen=True, slots=True)
class Progressed:
    """`state` is one of `progress.State`; `item` is a step, check or quiz."""

    seat: SeatId
    item: str
    state: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed that nobody is waiting for. It is tried again."""

    message: str


@dataclass(frozen=True, slots=True)
class Message:
    """The trainer says something to a seat."""

    text: str
    seat: SeatId


@dataclass(frozen=True, slots=True)
class HandChanged:
    """Somebody asks for the trainer, or no longer."""

    seat: SeatId
    is_raised: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """The watcher was too slow and has lost some: look at everything again."""


Event = SeatChanged | SeatEndsSoon | Progressed | Trouble | Message | HandChanged | Missed


class Watcher:
    """`async for event in watcher`; the last of a queue that has overflown is `Missed` alone."""

    def __init__(self) -> None:
        self._queue: deque[Event] = deque()
        self._filled = asyncio.Event()

    def put(self, event: Event) -> None:
        if len(self._queue) >= LONGEST_QUEUE:
            self._queue.clear()
            event = Missed()
        self._queue.append(event)
        self._filled.set()

    async def some(self) -> list[Event]:
        """All that has been told, as soon as there is any."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        taken = list(self._queue)
        self._queue.clear()
        return taken

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._queue:
                yield self._queue.popleft()
            self._filled.clear()
            await self._filled.wait()


class Broadcast:
    """One speaker, any number of watchers, all in one event loop."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()

    def tell(self, event: Event) -> None:
        """Never waits."""
        for watcher in self._watchers:
            watcher.put(event)

    @contextmanager
    def watch(self) -> Iterator[Watcher]:
        """Everything that is told from now on, until the block ends."""
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
