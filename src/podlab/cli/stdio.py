"""Our own standard input and output, without threads and without blocking the event loop.

The files stay as they are: O_NONBLOCK would hold for every program that shares them, the user's shell too.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_READ_BYTES = 1 << 16
_WRITE_BYTES = select.PIPE_BUF
"""A pipe that can be written to takes at least so much at once. https://man7.org/linux/man-pages/man7/pipe.7.html"""


def stdin() -> AsyncIterator[bytes]:
    """What comes in, to its end. A closed standard input is at its end at once."""
    return _chunks(0) if sys.__stdin__ is not None else _nothing()


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _chunks(file: int) -> AsyncIterator[bytes]:
    while True:
        await _ready(file, reading=True)
        try:
            data = os.read(file, _READ_BYTES)
        except BlockingIOError:  # somebody else shares it, and was faster
            continue
        except OSError:  # EIO: the terminal has gone
            return
        if not data:
            return
        yield data


async def write(file: int, data: bytes) -> None:
    """Write all of it; back when the reader has taken it. `BrokenPipeError` where there is no reader."""
    view = memoryview(data)
    while view:
        await _ready(file, reading=False)
        try:
            view = view[os.write(file, view[:_WRITE_BYTES]) :]
        except BlockingIOError:
            continue


async def _ready(file: int, *, reading: bool) -> None:
    """Files and devices that epoll does not take, such as /dev/null, are always ready."""
    wanted = ([file], []) if reading else ([], [file])
    if any(select.select(*wanted, [], 0)):
        if reading:
            await asyncio.sleep(0)
        return
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    add: Callable[..., None] = loop.add_reader if reading else loop.add_writer
    remove: Callable[[int], bool] = loop.remove_reader if reading else loop.remove_writer
    add(file, wake)
    try:
        await ready
    finally:
        remove(file)
