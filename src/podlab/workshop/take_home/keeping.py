"""What is kept of seats that end, for whoever had them."""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from podlab.errors import NotFound, Unavailable
from podlab.workshop.take_home.packing import pack, told

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from podlab.engines.base import Engine
    from podlab.lesson.lesson import Lesson
    from podlab.manifest.workshop import Workshop
    from podlab.workshop.progress import Progress
    from podlab.workshop.seat import Seat

AT_ONCE: Final = 3
"""A class that ends at once is packed one after the other: packing takes a CPU, and the disk is read."""
PACK_S: Final = 60.0


class TakeHome:
    """The take-homes of one workshop. `folder` is where those of ended seats are."""

    def __init__(
        self,
        engine: Engine,
        workshop: Workshop,
        lesson: Lesson,
        progress: Progress,
        folder: Path,
        *,
        pack_s: float = PACK_S,
    ) -> None:
        """`workshop` is the one to go on with at home, which knows of nothing that is in this room only."""
        self._engine, self._workshop, self._lesson = engine, workshop, lesson
        self._progress, self._folder = progress, folder
        self._pack_s = pack_s
        self._places = asyncio.Semaphore(AT_ONCE)

    async def of(self, seat: Seat) -> AsyncGenerator[bytes, None]:
        """As it is now. Errors as `take_home.pack`."""
        items, answers = await self._progress.of(seat.id), await self._progress.answers_of(seat.id)
        progress = told(self._workshop, self._lesson, seat, items, answers)
        async with aclosing(pack(self._engine, self._workshop, seat.pod, progress)) as chunks:
            async for chunk in chunks:
                yield chunk

    def kept(self, seat: Seat) -> Path | None:
        """Of a seat that has ended."""
        file = self._file(seat)
        return file if file.is_file() else None

    async def keep(self, seat: Seat) -> None:
        """Before its pod goes: `Pool(before_end=…)`. All of it or nothing, for its owner only. `Unavailable`
        where it takes too long or cannot be written; a pod that is gone has left nothing to keep."""
        async with self._places:
            try:
                async with asyncio.timeout(self._pack_s):
                    await self._write(seat)
            except NotFound:
                return
            except TimeoutError as error:
                raise _lost(seat, f"packing took longer than {self._pack_s:g} s") from error
            except OSError as error:
                raise _lost(seat, error.strerror or str(error)) from error

    async def _write(self, seat: Seat) -> None:
        file = self._file(seat)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as out:
                async with aclosing(self.of(seat)) as chunks:
                    async for chunk in chunks:
                        await asyncio.to_thread(out.write, chunk)
                await asyncio.to_thread(_flush, out.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)

    def _file(self, seat: Seat) -> Path:
        return self._folder / f"{seat.pod}.tar.gz"


def _flush(descriptor: int) -> None:
    os.fsync(descriptor)


def _lost(seat: Seat, why: str) -> Unavailable:
    return Unavailable(f"what was in seat {seat.pod} could not be kept: {why}", subject=seat.pod)
