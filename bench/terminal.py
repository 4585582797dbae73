"""Terminals in the browser: what a key, a flood, a session and its end cost.

The client of each server runs in this process, the servers in theirs, all on one container with `sh`. A client
that reads slowly draws 4 MB a second, as a browser does.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

from bench import ground, peers, raw
from bench.ground import PREFIX
from bench.rounds import Reading, Results, Turn, progress, reason, run
from bench.shell import sh
from bench.table import absent, markdown, times
from bench.terminal_peers import PROMPT, Podlab, Server, ShellInABox, Terminal, Ttyd, until
from podlab import naming

if TYPE_CHECKING:
    from pathlib import Path

POD = f"{PREFIX}-terminal"
KEY_PAUSE_S = 0.2
DRAWN_BYTES_S = 4_000_000
FILLING_S = 25
"""Before a flood comes as slowly as it is read: the engine takes a megabyte of each ahead, as fast as it can."""
FLOOD_BYTES = 50_000_000
_FLOOD = b"yes 0123456789012345678901234567890123456789012345678901234567890123456789"

_LETTERS = [bytes((letter,)) for letter in b"abcdefghijklmnopqrstuvwxyz"]

Act = Callable[[Server, bool], Awaitable[dict[str, Reading]]]


async def suite(api: raw.Api, folder: Path, *, rounds: int, quick: bool) -> str:
    """Each act in rounds of its own, so that the servers take their turns seconds, not minutes, apart."""
    container = naming.container(POD, "app")
    found = Results()
    async with ground.library() as engine:
        await engine.apply(peers.wanted(POD, ("app",)))
        servers = [each(POD, container) for each in (Podlab, Ttyd, ShellInABox)]
        _merge(found, await echo_in_turn(servers, rounds, quick), "echo")
        for act in ACTS:
            # Several times slower in a flood than the others, shellinabox would take most of the time.
            present = [each for each in servers if act not in FLOODS or each.name != "shellinabox"]
            turns = {each.name: _turn(act, each, quick) for each in present}
            _merge(found, await run(turns, rounds), act.__name__)
        await engine.delete(POD)
    return _table(found) + absent(found)


def _merge(found: Results, more: Results, act: str) -> None:
    for name, readings in more.readings.items():
        found.readings.setdefault(name, {}).update(readings)
        for what in readings:
            medians = [more.median(name, what, unit) for unit in ("wall_s", "own_cpu_s", "memory_bytes")]
            progress(f"{name}, {what}: " + ", ".join(f"{value:.6g}" for value in medians if value))
    for name, why in more.absent.items():
        found.absent[name] = f"{act}: {why}"


def _turn(act: Act, server: Server, quick: bool) -> Turn:
    async def turn() -> dict[str, Reading]:
        progress(f"{server.name}: {act.__name__}")
        try:
            async with server.running():
                return await act(server, quick)
        finally:
            await _clear(server)

    return turn


async def _clear(server: Server) -> None:
    """End what a server has left in the container."""
    await sh(f"docker restart -t 0 {server.container}")


# --- the acts


async def opening(server: Server, quick: bool) -> dict[str, Reading]:
    """From the connection to the prompt: cold; again of a session that is there; of one opened beforehand."""
    cold, again, prepared = [], [], []

    async def opened(name: str) -> float:
        began = time.perf_counter()
        terminal = await server.open(name)
        await until(terminal, PROMPT)
        seconds = time.perf_counter() - began
        await terminal.close()
        return seconds

    for number in range(4 if quick else 12):
        cold.append(await opened(f"open-{number}"))
        again.append(await opened(f"open-{number}"))
        if number % 2 and await server.prepare(f"prepared-{number}"):
            await asyncio.sleep(0.7)  # as a page takes to load
            prepared.append(await opened(f"prepared-{number}"))
    found = {"open": cold, "open again": again, "open prepared": prepared}
    return {act: Reading(wall_s=statistics.median(waits)) for act, waits in found.items() if waits}


async def echo_in_turn(servers: list[Server], rounds: int, quick: bool) -> Results:
    """One session on each server at the same time, and a key to each in turn: what disturbs one disturbs all. The
    clients cost next to nothing (`terminal_wire`); shellinabox, which has no websockets, gets the usual one."""
    found = Results()
    async with AsyncExitStack() as stack:
        echoes: dict[str, _Echo] = {}
        for server in servers:
            try:
                await stack.enter_async_context(server.running())
                echoes[server.name] = await stack.enter_async_context(_echoing(server))
            except (OSError, RuntimeError, aiohttp.ClientError) as error:
                found.absent[server.name] = reason(error)
        for number in range(rounds + 1):
            progress(f"echo in turn: round {number} of {rounds}")
            waits: dict[str, list[float]] = {name: [] for name in echoes}
            for _ in range(40 if quick else 200):
                for name in random.sample(list(echoes), len(echoes)):
                    await asyncio.sleep(0.01 + random.random() * 0.02)
                    waits[name].append(await echoes[name](random.choice(_LETTERS)))
            for name, seconds in waits.items():
                await echoes[name](b"\x15")  # Ctrl-U: an empty line again
                if number:
                    reading = Reading(wall_s=statistics.median(seconds))
                    found.readings.setdefault(name, {}).setdefault("echo", {})[number] = reading
            await asyncio.sleep(0.5)
    await _clear(servers[0])
    return found


_Echo = Callable[[bytes], Awaitable[float]]


@asynccontextmanager
async def _echoing(server: Server) -> AsyncIterator[_Echo]:
    """Of a new session: types a key, and returns the seconds to its letter."""
    if wire := await asyncio.to_thread(server.wire, "echo"):
        await asyncio.to_thread(wire.until, PROMPT)

        async def of_wire(letter: bytes) -> float:
            if letter < b" ":
                wire.type(letter)
                return 0
            return wire.echo_s(letter)

        try:
            yield of_wire
        finally:
            wire.close()
        return
    async with _opened(server, 1) as (terminal,):

        async def of_terminal(letter: bytes) -> float:
            if letter < b" ":
                await terminal.type(letter)
                return 0
            return (await _typed(terminal, 1, 0))[0]

        yield of_terminal


async def echo_of_many(server: Server, quick: bool) -> dict[str, Reading]:
    keys = 10 if quick else 40
    async with _opened(server, 50) as terminals:
        before = server.cpu_s()
        typed = await asyncio.gather(*(_typed(each, keys, KEY_PAUSE_S) for each in terminals))
        cpu_s = server.cpu_s() - before
    every = sorted(seconds for each in typed for seconds in each)
    return {
        "echo of 50": Reading(wall_s=statistics.median(every)),
        "p99 of 50": Reading(wall_s=every[len(every) * 99 // 100]),
        "key": Reading(own_cpu_s=cpu_s / len(every)),
    }


async def flood(server: Server, quick: bool) -> dict[str, Reading]:
    async with _opened(server, 1) as (terminal,):
        before, began = server.cpu_s(), time.perf_counter()
        await terminal.type(_FLOOD + b" | head -c %d; echo do''ne\r" % FLOOD_BYTES)
        await until(terminal, b"done", 120)
        wall_s = time.perf_counter() - began
        return {"flood": Reading(wall_s=wall_s, own_cpu_s=server.cpu_s() - before)}


async def interrupt(server: Server, quick: bool) -> dict[str, Reading]:
    async with _opened(server, 1) as (terminal,):
        slow = _Slow(terminal)
        await terminal.type(_FLOOD + b"\r")
        async with asyncio.TaskGroup() as group:
            flooding = group.create_task(until(slow, b"never"))
            await asyncio.sleep(3)
            pressed = time.perf_counter()
            flooding.cancel()
            group.create_task(terminal.type(b"\x03"))
            group.create_task(until(slow, PROMPT))
        return {"Ctrl-C": Reading(wall_s=time.perf_counter() - pressed)}


async def stopped(server: Server, quick: bool) -> dict[str, Reading]:
    """Growth while a flood is not read."""
    async with _opened(server, 1) as (terminal,):
        await terminal.type(b"echo warm''ed; head -c 3000000 /dev/zero | tr '\\0' x; echo do''ne\r")
        await until(terminal, b"done")
        before = server.memory_bytes()
        await terminal.type(_FLOOD + b"\r")
        await asyncio.sleep(3)
        return {"stopped": Reading(memory_bytes=server.memory_bytes() - before)}


async def beside_floods(server: Server, quick: bool) -> dict[str, Reading]:
    async with _opened(server, 7) as (typist, *others):
        async with asyncio.TaskGroup() as group:
            floods = []
            for each in others:
                await each.type(_FLOOD + b"\r")
                floods.append(group.create_task(until(_Slow(each), b"never")))
            await asyncio.sleep(1)
            typed = await _typed(typist, 10 if quick else 30, KEY_PAUSE_S)
            for each in floods:
                each.cancel()
        return {"beside floods": Reading(wall_s=statistics.median(typed))}


async def load(server: Server, quick: bool) -> dict[str, Reading]:
    """One terminal; and a full room: half of the terminals type 5 keys a second, half run output that is read at
    20 kB a second. That no byte of it is lost, `tests/portal/terminals/test_load.py` proves."""
    half, keys = (10, 10) if quick else (50, 40)
    async with _opened(server, 2 * half) as terminals:
        one = sorted(await _typed(terminals[0], 3 * keys, 0.02))
        async with asyncio.TaskGroup() as group:
            floods = []
            for each in terminals[half:]:
                await each.type(_FLOOD + b"\r")
                floods.append(group.create_task(until(_Slow(each, 20_000), b"never", 600)))
            await asyncio.sleep(5 if quick else FILLING_S)
            typed = await asyncio.gather(*(_typed(each, keys, KEY_PAUSE_S) for each in terminals[:half]))
            for flooding in floods:
                flooding.cancel()
    every = sorted(seconds for each in typed for seconds in each)
    return {
        "p99 of one": Reading(wall_s=one[len(one) * 99 // 100]),
        "p99 of a room": Reading(wall_s=every[len(every) * 99 // 100]),
    }


async def idle(server: Server, quick: bool) -> dict[str, Reading]:
    sessions = 20 if quick else 100
    before = server.memory_bytes()
    async with _opened(server, sessions) as terminals:
        await asyncio.gather(*(_typed(each, 1, 1) for each in terminals))  # they are alive, all of them
        await asyncio.sleep(1)
        return {"idle": Reading(memory_bytes=(server.memory_bytes() - before) / sessions)}


async def ending(server: Server, quick: bool) -> dict[str, Reading]:
    """Processes that are left three seconds after a session with one in front and one behind has ended."""
    terminal = await server.open("ending")
    await until(terminal, PROMPT)
    before = await _processes(server)
    await terminal.type(b"yes >/dev/null &\r")
    await until(terminal, PROMPT)
    await terminal.type(b"yes >/dev/null\r")
    await asyncio.sleep(0.5)
    await server.end("ending", terminal)
    await asyncio.sleep(3)
    left = await _processes(server)
    return {"left": Reading(memory_bytes=len(left & before) + len(left - before) - 2)}


ACTS: tuple[Act, ...] = (
    opening, echo_of_many, flood, interrupt, beside_floods, load, stopped, idle, ending
)  # fmt: skip
FLOODS = (flood, interrupt, beside_floods, load, stopped)


# --- what they are made of


@asynccontextmanager
async def _opened(server: Server, count: int) -> AsyncIterator[list[Terminal]]:
    limit = asyncio.Semaphore(4)

    async def one(number: int) -> Terminal:
        async with limit:
            terminal = await server.open(f"s-{number}")
            await until(terminal, PROMPT)
            return terminal

    yield await asyncio.gather(*(one(number) for number in range(count)))
    # they end with their server


async def _typed(terminal: Terminal, keys: int, pause_s: float) -> list[float]:
    """Seconds from each key to its letter."""
    found = []
    await asyncio.sleep(random.random() * pause_s)
    for number in range(keys):
        letter = bytes((random.choice(b"abcdefghijklmnopqrstuvwxyz"),))
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(terminal.type(letter))
            group.create_task(until(terminal, letter))
        found.append(time.perf_counter() - began)
        if number % 40 == 39:
            await terminal.type(b"\r")  # the line is full: `sh` says that there is no such command
            await until(terminal, rb"not found\r\n[/~] # ")
        await asyncio.sleep(max(0.0, pause_s - found[-1]))
    return found


class _Slow:
    """Draws so many bytes a second."""

    def __init__(self, terminal: Terminal, drawn_bytes_s: int = DRAWN_BYTES_S) -> None:
        self._terminal = terminal
        self._drawn_bytes_s = drawn_bytes_s

    async def read(self) -> bytes:
        data = await self._terminal.read()
        await asyncio.sleep(len(data) / self._drawn_bytes_s)
        return data

    async def type(self, data: bytes) -> None:
        await self._terminal.type(data)

    async def close(self) -> None:
        await self._terminal.close()


async def _processes(server: Server) -> set[str]:
    return set((await sh(f"docker top {server.container} -eo pid")).split()[1:])


# --- the table


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value * 1000:.2f} ms" if value < 0.01 else f"{value * 1000:.0f} ms"


def _s(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def _kilobytes(value: float | None) -> str:
    return "–" if value is None else f"{value / 1000:.0f} kB"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


_ROWS: tuple[tuple[str, str, str, Callable[[float | None], str]], ...] = (
    ("echo of a key, one session", "echo", "wall_s", _ms),
    ("echo of a key, 50 sessions of 5 keys a second", "echo of 50", "wall_s", _ms),
    ("the same, 99th percentile", "p99 of 50", "wall_s", _ms),
    ("CPU of a key", "key", "own_cpu_s", _ms),
    ("open to the prompt", "open", "wall_s", _ms),
    ("the same, opened when the page was asked for", "open prepared", "wall_s", _ms),
    ("the same session again", "open again", "wall_s", _ms),
    ("50 MB of output", "flood", "wall_s", _s),
    ("the same, CPU", "flood", "own_cpu_s", _s),
    ("Ctrl-C to the prompt in a flood, read at 4 MB/s", "Ctrl-C", "wall_s", _ms),
    ("echo of a key beside six floods", "beside floods", "wall_s", _ms),
    ("99th percentile of a key, one session", "p99 of one", "wall_s", _ms),
    ("the same, 50 sessions beside 50 with output", "p99 of a room", "wall_s", _ms),
    ("growth while a flood is not read", "stopped", "memory_bytes", _kilobytes),
    ("memory of an idle session", "idle", "memory_bytes", _kilobytes),
    ("processes left 3 s after the end", "left", "memory_bytes", _count),
)


def _table(results: Results) -> str:
    names = [name for name in ("podlab", "ttyd", "shellinabox") if name in results.readings]
    head = ["", *(each for name in names for each in ([name, "× ttyd"] if name != "ttyd" else [name]))]
    rows = []
    for title, act, unit, shown in _ROWS:
        row = [title]
        for name in names:
            row.append(shown(results.median(name, act, unit)))
            if name != "ttyd":
                row.append(times(results.ratio(name, "ttyd", act, unit)))
        rows.append(row)
    return markdown(head, rows)
