"""Many workshop seats at once, until the registry and the daemon of each answer."""

from __future__ import annotations

import asyncio
import re
from itertools import count
from pathlib import Path

from bench import ground, raw, seat
from bench.ground import PREFIX
from bench.rounds import Reading, Turn, measured, run
from bench.table import absent, markdown, mebibytes, seconds, times

number = count()
SETTLE_S = 5
"""Until the daemons are idle, before their memory is read."""
LIMIT_S = 180


async def suite(api: raw.Api, folder: Path, *, rounds: int, quick: bool) -> str:
    for image in seat.IMAGES:
        try:
            await api.call("GET", f"/images/{image}/json")
        except RuntimeError as error:
            raise RuntimeError(f"no {image}: podlab images prepare examples/docker-pods") from error
    rows = []
    async with ground.library() as engine:
        makers: dict[str, seat.Maker] = {
            "podlab": seat.Library(engine),
            "raw API": seat.Raw(api),
            "docker CLI": seat.DockerCli(),
        }
        missing = ""
        for size in (2,) if quick else (10, 30):
            results = await run({name: _turn(api, maker, size) for name, maker in makers.items()}, rounds)
            for name in results.readings:
                cpu = results.median(name, "up", "machine_cpu_s")
                rows.append([
                    f"{size} seats, {name}",
                    seconds(results.median(name, "up")),
                    *(times(results.ratio(name, base, "up")) for base in ("docker CLI", "raw API")),
                    seconds(cpu and cpu / size),
                    seconds(results.median(name, "down")),
                    *(mebibytes(results.median(name, what, "memory_bytes")) for what in ("held", "machine")),
                ])  # fmt: skip
            missing += absent(results)
    head = ["", "up", "× docker CLI", "× raw API", "CPU a seat", "down"]
    return markdown([*head, "memory a seat, idle", "of the machine's"], rows) + missing


def _turn(api: raw.Api, maker: seat.Maker, size: int) -> Turn:
    async def turn() -> dict[str, Reading]:
        prefix = f"{PREFIX}-{next(number)}"
        seats = [f"{prefix}-{i}" for i in range(size)]
        before = _available_bytes()
        try:
            async with asyncio.timeout(LIMIT_S), measured() as up:
                await maker.up(seats)
            await asyncio.sleep(SETTLE_S)
            held = Reading(memory_bytes=await seat.memory_bytes(api, prefix) / size)
            machine = Reading(memory_bytes=(before - _available_bytes()) / size)
        finally:
            async with measured() as down:
                await maker.down(seats)
        return {"up": up, "down": down, "held": held, "machine": machine}

    return turn


def _available_bytes() -> int:
    found = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())
    return int(found[1]) * 1024 if found else 0
