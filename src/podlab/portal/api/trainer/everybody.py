"""Something for several seats at once: a message, a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from aiohttp import web

from podlab.errors import NotFound, PodlabError
from podlab.portal.api.audience import TRAINER
from podlab.portal.api.describe import operation
from podlab.portal.api.shapes import Length, Pattern, Range
from podlab.portal.api.trainer.chosen import Seats, chosen, in_each, require_ready
from podlab.portal.classroom import CLASSROOM
from podlab.workshop import tables
from podlab.workshop.checking import default_container
from podlab.workshop.running import run

if TYPE_CHECKING:
    from podlab.portal.classroom import Classroom
    from podlab.workshop.seat import Seat

LONGEST_COMMAND_S: Final = 120
KEEP_BYTES: Final = 16 * 1024
"""Of what a command prints in one seat, the end."""
TEXT: Final = Pattern("^[^\\u0000]*$")

ContainerName = Annotated[str, Length(63), Pattern("^[a-z0-9-]*$"), "empty: that of the first terminal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    text: Annotated[str, Length(500, least=1), TEXT]
    seats: Seats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    command: Annotated[str, Length(8000, least=1), TEXT, "for `sh -c`; it has no input"]
    seats: Seats | None = None
    container: ContainerName = ""
    timeout_s: Annotated[int, Range(1, LONGEST_COMMAND_S)] = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How the command ended in one seat. `exit_code` is null where it did not; `problem` then says why. `output` is the
    end of what it printed."""

    seat: int
    exit_code: int | None
    output: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RanInAll:
    results: tuple[Ran, ...]


@operation("POST", "/trainer/api/messages", who=TRAINER, errors=(NotFound,))
async def say(request: web.Request, body: Say) -> None:
    """Say something to everybody who has a seat, or to some seats. Pages that are open show it at once; who has none
    open gets it with the next one."""
    classroom = request.app[CLASSROOM]
    seats = [seat.id for seat in chosen(classroom, body.seats)]
    present = [seat for seat in seats if classroom.online[seat]]
    await classroom.messages.say(
        body.text, present=present, away=[each for each in seats if each not in present]
    )
    await noted(classroom, f"said to {whom(body.seats)}: {body.text}")


@operation("POST", "/trainer/api/commands", who=TRAINER, errors=(NotFound,))
async def command(request: web.Request, body: RunCommand) -> RanInAll:
    """Run a command in seats, some at once, and wait until it has ended in all."""
    classroom = request.app[CLASSROOM]
    seats = chosen(classroom, body.seats)
    container = body.container or default_container(classroom.workshop)
    await noted(classroom, f"ran in {whom(body.seats)}: {body.command}")

    async def one(seat: Seat) -> Ran:
        try:
            require_ready(seat)
        except PodlabError as error:
            return Ran(seat=seat.id, exit_code=None, output="", problem=error.message)
        ran = await run(
            classroom.engine, seat.pod, container, ["sh", "-c", body.command],
            timeout_s=body.timeout_s, keep_bytes=KEEP_BYTES,
        )  # fmt: skip
        problem = f"did not end within {body.timeout_s} s" if ran.is_cut_short else ran.problem
        return Ran(seat=seat.id, exit_code=ran.exit_code, output=ran.output, problem=problem)

    return RanInAll(results=tuple(await in_each(seats, one)))


def whom(seats: tuple[int, ...] | None) -> str:
    return "everybody" if seats is None else f"seat {', '.join(map(str, seats))}"


async def noted(classroom: Classroom, what: str) -> None:
    now = classroom.pool.clock.now()
    await classroom.store.call(lambda db: tables.note(db, "trainer", what[:1000], now))


HANDLERS: Final = (say, command)
