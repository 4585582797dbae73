"""A file for several seats at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from aiohttp import web

from podlab.errors import Invalid, NotFound, PodlabError
from podlab.portal.api.audience import TRAINER
from podlab.portal.api.describe import operation
from podlab.portal.api.shapes import Length, Pattern
from podlab.portal.api.trainer.chosen import Seats, chosen, in_each, require_ready
from podlab.portal.api.trainer.everybody import ContainerName, noted, whom
from podlab.portal.api.trainer.seats import Result, Results
from podlab.portal.classroom import CLASSROOM
from podlab.portal.files import push
from podlab.workshop.checking import default_container

if TYPE_CHECKING:
    from podlab.workshop.seat import Seat

MOST_FILE_BYTES: Final = 16 << 20


@operation("POST", "/trainer/api/files", who=TRAINER, errors=(NotFound,), takes="application/octet-stream")
async def push_file(
    request: web.Request, path: Annotated[str, Length(4000, least=1), Pattern("^/[^\\u0000]*$")],
    seat: Seats | None = None, container: ContainerName = "",
) -> Results:  # fmt: skip
    """Put a file into seats, whatever was there; its folder must be there. The body is its content, 16 MiB at most."""
    classroom = request.app[CLASSROOM]
    seats = chosen(classroom, seat)
    where = container or default_container(classroom.workshop)
    data = await _content(request)
    await noted(classroom, f"put {path} into {whom(seat)}")

    async def one(each: Seat) -> Result:
        try:
            require_ready(each)
            await push(classroom.engine, each.pod, where, path, data)
        except PodlabError as error:
            return Result(seat=each.id, problem=error.message)
        return Result(seat=each.id)

    return Results(results=tuple(await in_each(seats, one)))


async def _content(request: web.Request) -> bytes:
    """Beyond what the application takes as a body elsewhere."""
    pieces, size = [], 0
    async for piece in request.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > MOST_FILE_BYTES:
            raise Invalid(f"the file is larger than {MOST_FILE_BYTES:,} bytes", subject=request.path)
        pieces.append(piece)
    return b"".join(pieces)


HANDLERS: Final = (push_file,)
