"""Which seats something is for, and what became of it in each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from podlab.errors import Conflict
from podlab.portal.api.shapes import Length, Range
from podlab.workshop.seat import SeatId, State

if TYPE_CHECKING:
    from podlab.portal.classroom import Classroom
    from podlab.workshop.seat import Seat

Found = TypeVar("Found")

SeatNumber = Annotated[int, Range(1, 99_999)]
Seats = Annotated[tuple[SeatNumber, ...], Length(1000, least=1), "none given: all that somebody has"]

AT_ONCE: Final = 8


def chosen(classroom: Classroom, numbers: Sequence[int] | None) -> list[Seat]:
    """Those of these numbers, each once and in order; None: all that somebody has and that have not ended.
    `NotFound` where there is no such seat."""
    if numbers is None:
        return [s for s in classroom.pool.seats if s.person is not None and s.state is not State.ENDED]
    return [classroom.pool.seat(SeatId(number)) for number in dict.fromkeys(numbers)]


def require_ready(seat: Seat) -> None:
    """`Conflict` where nothing can be done inside."""
    if not seat.is_ready:
        raise Conflict(f"seat {seat.id} is {seat.state}", subject=seat.pod, hint="wait until it is ready")


async def in_each(seats: Sequence[Seat], do: Callable[[Seat], Awaitable[Found]]) -> list[Found]:
    """What `do` gives for each, some at once."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(seat: Seat) -> Found:
        async with places:
            return await do(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
