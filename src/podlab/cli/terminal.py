"""The local terminal: its size, and raw mode that is always undone."""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

from podlab.errors import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def size() -> tuple[int, int] | None:
    """Columns and rows, or None where there is no terminal or it does not know."""
    for file in (1, 0, 2):
        try:
            columns, rows = os.get_terminal_size(file)
        except OSError:
            continue
        if columns and rows:
            return columns, rows
    return None


def require_tty() -> None:
    """`Usage` where standard input is no terminal, as docker says for `-it`."""
    if not has_tty():
        raise Usage("the input device is not a TTY", hint="leave out -t where input comes from a pipe")


def has_tty() -> bool:
    return sys.__stdin__ is not None and os.isatty(0)


@contextmanager
def raw() -> Iterator[None]:
    """Each key goes on as it is, Ctrl-C too. What was typed ahead is kept."""
    before = termios.tcgetattr(0)
    tty.setraw(0, termios.TCSANOW)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


async def sizes() -> AsyncIterator[tuple[int, int]]:
    """The terminal's size each time it has changed."""
    import asyncio

    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    loop.add_signal_handler(signal.SIGWINCH, changed.set)
    try:
        while True:
            await changed.wait()
            changed.clear()
            if now := size():
                yield now
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
