"""A pod of three, up and down, made by everybody who can."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from bench import ground, peers, raw
from bench.ground import PREFIX
from bench.rounds import Reading, Turn, measured, run
from bench.table import compared

if TYPE_CHECKING:
    from pathlib import Path

number = count()
BASES = ("docker CLI", "raw API")


async def suite(api: raw.Api, folder: Path, *, rounds: int, quick: bool) -> str:
    podman = peers.Podman(folder)
    try:
        async with ground.library() as engine:
            everybody: dict[str, peers.Peer] = {
                "podlab library": peers.Library(engine),
                "podlab CLI": peers.Cli(folder),
                "raw API": peers.Raw(api),
                "docker CLI": peers.DockerCli(),
                "docker compose": peers.Compose(folder),
                "podman pod": podman,
                "podman kube play": peers.KubePlay(podman),
            }
            await podman.prepare()
            results = await run({name: _turn(peer) for name, peer in everybody.items()}, rounds)
    finally:
        await podman.clear()
    return compared(results, ("up", "down", "up and down"), BASES)


def _turn(peer: peers.Peer) -> Turn:
    async def turn() -> dict[str, Reading]:
        pod = f"{PREFIX}-{next(number)}"
        async with measured() as up:
            await peer.up(pod)
        async with measured() as down:
            await peer.down(pod)
        return {"up": up, "down": down, "up and down": up + down}

    return turn
