"""A process in a container on our own terminal or pipes."""

from __future__ import annotations

import asyncio
import signal
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

import click

from podlab.cli import stdio, terminal
from podlab.cli.runner import Interrupted, say, signals_to
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.base import Process

detach_keys_option = click.option(
    "--detach-keys",
    metavar="KEYS",
    default="ctrl-p,ctrl-q",
    show_default=True,
    help="Keys that let go of a terminal and leave the command running; empty for none.",
)
GIVE_UP_AFTER = 3
"""So many signals that did not end the command let us go without it, as docker does."""


async def stream(process: Process, *, stdin: bool, tty: bool, ends_with_us: bool) -> int:
    """Stream until the output ends; the exit code.

    Without a terminal, signals go on to the command. `ends_with_us`: a command that would run on unseen when
    our terminal or our reader has gone is told so, by SIGHUP or SIGPIPE.
    """
    async with process:
        is_raw = tty and stdin and terminal.has_tty()
        try:
            with terminal.raw() if is_raw else nullcontext():
                await _pump(process, stdin=stdin, tty=tty, forward=not is_raw)
        except BrokenPipeError:
            if ends_with_us:
                await _send(process, signal.SIGPIPE)
            raise
        except asyncio.CancelledError:
            if ends_with_us:
                await _send(process, signal.SIGHUP)
            raise
        if process.is_detached:
            say("detached; the command goes on")
        return await process.wait()


async def _pump(process: Process, *, stdin: bool, tty: bool, forward: bool) -> None:
    received: asyncio.Queue[int] = asyncio.Queue()
    beside = []
    if stdin:
        beside.append(_input(process))
    if tty:
        beside.append(_sizes(process))
    if forward:
        beside.append(_signals(process, received))
    output = asyncio.ensure_future(_output(process))
    tasks = [output, *map(asyncio.ensure_future, beside)]
    try:
        with signals_to(received.put_nowait) if forward else nullcontext():
            while not output.done():
                waiting = [task for task in tasks if not task.done()]
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _output(process: Process) -> None:
    while piece := await process.read():
        await stdio.write(*piece)


async def _input(process: Process) -> None:
    async for data in stdio.stdin():
        await process.write(data)
    await process.write_eof()


async def _sizes(process: Process) -> None:
    async for columns, rows in terminal.sizes():
        await process.resize(columns, rows)


async def _signals(process: Process, received: asyncio.Queue[int]) -> None:
    count = 0
    while signum := await received.get():
        count += 1
        if count == GIVE_UP_AFTER or not await _send(process, signum):
            say("left the command; it may still run in its container")
            raise Interrupted(signum)


async def _send(process: Process, signum: int) -> bool:
    """Whether the command could be told. Where not, that is said."""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                await process.signal(signal.Signals(signum).name.removeprefix("SIG"))
                return True
    except PodlabError as error:
        say(f"cannot send a signal to the command: {error.message}")
    return False
