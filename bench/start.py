"""What a person waits for before a command has done anything: start-up of the command lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import ground, peers, raw
from bench.ground import PREFIX
from bench.rounds import run
from bench.shell import turn
from bench.table import absent, markdown, seconds

if TYPE_CHECKING:
    from pathlib import Path


async def suite(api: raw.Api, folder: Path, *, rounds: int, quick: bool) -> str:
    pod, project = f"{PREFIX}-start", peers.Compose(folder)
    async with ground.library() as engine:
        await engine.apply(peers.wanted(pod))
        await project.up(f"{PREFIX}-compose")
        commands = {
            "podlab --help": "podlab --help",
            "podlab ps": "podlab ps",
            "podlab ps -o json": "podlab ps -o json",
            "docker ps": "docker ps",
            "docker compose ps": f"docker compose -p {PREFIX}-compose ps",
            "docker --help": "docker --help",
            "python -c pass": f"{sys.executable} -c pass",
        }
        results = await run({name: turn(command) for name, command in commands.items()}, rounds)
        await project.down(f"{PREFIX}-compose")
        await engine.delete(pod)
    rows = [
        [f"`{name}`", seconds(results.median(name, "run")), seconds(results.median(name, "run", "own_cpu_s"))]
        for name in results.readings
    ]
    return markdown(["", "wall", "CPU"], rows) + absent(results)
