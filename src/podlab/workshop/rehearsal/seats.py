"""The seats of a rehearsal: made as the pool makes them, never met by a workshop that is served, and removed."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from podlab.errors import PodlabError, ungrouped
from podlab.workshop.making import Maker
from podlab.workshop.rehearsal.attendee import Attendee
from podlab.workshop.rehearsal.report import Event, Ready, Report, SeatReport
from podlab.workshop.seat import Seat, SeatId, State
from podlab.workshop.values import values

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.lesson.lesson import Lesson
    from podlab.manifest.workshop import Workshop

TIMEOUT_S: Final = 120.0
"""How long a command may take that does not say so itself: enough for an image from a slow network."""
LIFETIME_S: Final = 4 * 3600
"""A rehearsal that is killed cannot remove its seats; after that they are over."""
_LONGEST_NAME: Final = 30


def disguised(workshop: Workshop) -> Workshop:
    """The same workshop under a name that nobody else uses, so that its seats are in nobody's way."""
    name = f"{workshop.metadata.name[:_LONGEST_NAME].rstrip('-.')}-rehearsal-{secrets.token_hex(3)}"
    return dataclasses.replace(workshop, metadata=dataclasses.replace(workshop.metadata, name=name))


async def rehearse(
    engine: Engine,
    workshop: Workshop,
    lesson: Lesson,
    *,
    stage: Workshop | None = None,
    seats: int = 1,
    timeout_s: float = TIMEOUT_S,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Report:
    """Go through the lesson in so many seats at once. Images must be there. `stage` is the workshop that seats are
    made of, by default `disguised(workshop)`.

    What goes wrong in the lesson is in the report. However this ends, no seat is left.
    """
    stage = stage or disguised(workshop)
    maker = Maker(engine, stage, stage.metadata.name, deadline_s=LIFETIME_S)
    began = time.monotonic()
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            runs = [
                group.create_task(_seat(engine, workshop, lesson, maker, number, timeout_s, on_event))
                for number in range(1, seats + 1)
            ]
    return Report(
        workshop=workshop.metadata.name,
        seats=tuple(run.result() for run in runs),
        seconds=time.monotonic() - began,
    )


async def _seat(
    engine: Engine,
    workshop: Workshop,
    lesson: Lesson,
    maker: Maker,
    number: int,
    timeout_s: float,
    on_event: Callable[[Event], None],
) -> SeatReport:
    pod = maker.pod_name(number)
    seat = Seat(id=SeatId(number), pod=pod, state=State.MAKING, created_at=time.time())
    inside = {each.name: f"http://localhost:{each.port}" for each in workshop.spec.previews}
    began = time.monotonic()
    async with asyncio.TaskGroup() as terminals:
        attendee = Attendee(
            engine, workshop, lesson,
            number=number, pod=pod, values=values(workshop, pod, inside), timeout_s=timeout_s,
            terminals=terminals, on_event=on_event,
        )  # fmt: skip
        try:
            try:
                await maker.make(seat, pristine=False)
            except PodlabError as error:
                problem, took = error.message, time.monotonic() - began
                on_event(Ready(seat=number, pod=pod, seconds=took, problem=problem))
                return SeatReport(number=number, pod=pod, seconds=took, problem=problem)
            took = time.monotonic() - began
            on_event(Ready(seat=number, pod=pod, seconds=took))
            results = await attendee.go_through()
            return SeatReport(number=number, pod=pod, seconds=took, results=tuple(results))
        finally:
            try:
                await maker.remove(
                    seat
                )  # what the terminals print is read until then: an engine waits for a reader
            finally:
                attendee.leave()
