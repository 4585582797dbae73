"""What one pod costs when many others exist: it should not depend on them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bench import ground, peers, raw
from bench.ground import PREFIX
from bench.rounds import Reading, Turn, measured, progress, run
from bench.shell import sh
from bench.table import absent, markdown, seconds, times

if TYPE_CHECKING:
    from pathlib import Path


async def suite(api: raw.Api, folder: Path, *, rounds: int, quick: bool) -> str:
    sizes = (1, 10) if quick else (1, 10, 100, 300)
    rows, there, missing = [], 0, ""
    async with ground.library() as engine:
        for size in sizes:
            progress(f"growth: from {there} pods to {size}")
            await _fill(engine, range(there, size))
            there = size
            turns = {
                "podlab": _pod(peers.Library(engine), engine),
                "raw": _pod(peers.Raw(api)),
                "podlab ps": _command("podlab ps"),
                "docker ps": _command("docker ps"),
            }
            results = await run(turns, rounds)
            row = [str(size), *(seconds(results.median(c, "run")) for c in ("podlab ps", "docker ps"))]
            row += [seconds(results.median("podlab", "list"))]
            for act in ("up", "down"):
                row += [seconds(results.median("podlab", act)), times(results.ratio("podlab", "raw", act))]
            rows.append(row)
            missing = absent(results)
    head = ["pods there", "`podlab ps`", "`docker ps`", "library list"]
    return markdown([*head, "up", "× raw API", "down", "× raw API"], rows) + missing


async def _fill(engine: Any, numbers: range) -> None:
    """Pods of an infra container and one sleeper, eight at once."""
    limit = asyncio.Semaphore(8)

    async def one(number: int) -> None:
        async with limit:
            await engine.apply(peers.wanted(f"{PREFIX}-there-{number}", ("a",)))

    async with asyncio.TaskGroup() as group:
        for number in numbers:
            group.create_task(one(number))


def _pod(peer: peers.Peer, engine: Any = None) -> Turn:
    async def turn() -> dict[str, Reading]:
        pod = f"{PREFIX}-one"
        acts = {}
        async with measured() as acts["up"]:
            await peer.up(pod)
        if engine is not None:
            async with measured() as acts["list"]:
                await engine.list()
        async with measured() as acts["down"]:
            await peer.down(pod)
        return acts

    return turn


def _command(command: str) -> Turn:
    async def turn() -> dict[str, Reading]:
        async with measured() as reading:
            await sh(f"exec {command}")
        return {"run": reading}

    return turn
