"""Two seats of the shipped workshop on the real engine, made as `podlab serve` makes them: the machine closed, the
level settled, one mirror. What is tried in them is tried through the docker command, which shares no code with podlab.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from podlab.engines.docker import firewall
from podlab.engines.docker.engine import DockerEngine
from podlab.manifest import load
from podlab.manifest.workshop import Workshop
from podlab.naming import PodName
from podlab.workshop.lab import images as lab_images
from podlab.workshop.lab import set_up as lab
from podlab.workshop.making import Maker
from podlab.workshop.seat import Seat, SeatId, State
from tests.conftest import docker, leftovers

T = TypeVar("T")
EXAMPLES = Path(__file__).parents[2] / "examples" / "docker-pods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    name: str
    """The workshop's, which is this test's own."""
    level: str
    seats: tuple[str, str]
    """Names of their pods."""
    addresses: tuple[str, str]
    mirror: str
    """Address and port at which seats find it."""
    bridge: firewall.Bridge
    """Of all isolated pods."""


@contextmanager
def two_seats(host: str) -> Iterator[Room]:
    name = f"t-{uuid.uuid4().hex[:10]}"
    try:
        yield asyncio.run(_with_engine(host, partial(_made, name)))
    finally:
        asyncio.run(_with_engine(host, partial(_remove, name)))
        assert not leftovers(name)


async def _with_engine(host: str, work: Callable[[DockerEngine], Awaitable[T]]) -> T:
    engine = await DockerEngine.connect(host)
    try:
        return await work(engine)
    finally:
        await engine.close()


async def _made(name: str, engine: DockerEngine) -> Room:
    [shipped] = load([EXAMPLES]).workshops

    async def images(workshop: Workshop) -> None:
        await lab_images.prepare(engine, workshop)

    ready = await lab.set_up(engine, replace(shipped, metadata=replace(shipped.metadata, name=name)), images)
    assert ready.guarded, ready.warnings
    maker = Maker(engine, ready.workshop, pool=name)
    made = [
        Seat(id=SeatId(n), pod=maker.pod_name(n), state=State.MAKING, created_at=time.time()) for n in (1, 2)
    ]
    await asyncio.gather(*(maker.make(each, pristine=False) for each in made))
    if await engine.guarded_network() != ready.guarded:  # another test's prune; `guarding.keep` does the same
        await engine.close_machine()
    first, second = (PodName(each.pod) for each in made)
    return Room(
        name=name, level=ready.level.name, seats=(first, second),
        addresses=((await engine.get(first)).ip, (await engine.get(second)).ip),
        mirror=ready.mirror.url.removeprefix("http://"), bridge=await firewall.bridge(engine.client),
    )  # fmt: skip


async def _remove(name: str, engine: DockerEngine) -> None:
    for status in await engine.list():
        if status.name.startswith(name):
            await engine.delete(status.name, grace_s=0)


def sh(container: str, line: str) -> tuple[int, str]:
    """Of a line of sh in a container: how it ended, and what it said on either of its outputs."""
    done = docker("exec", container, "sh", "-c", f"exec 2>&1\n{line}")
    return done.returncode, done.stdout.decode(errors="replace")


def in_seat(seat: str, line: str) -> str:
    """What an attendee's shell says to it, whatever comes of it."""
    return sh(f"podlab-{seat}-work", line)[1]


def nested(seat: str, line: str, *options: str) -> tuple[int, str]:
    """The line in a container that the seat's own daemon runs."""
    words = " ".join(["docker run --rm -i", *options, "alpine sh"])
    done = docker("exec", "-i", f"podlab-{seat}-work", "sh", "-c", f"exec {words} 2>&1", stdin=line.encode())
    return done.returncode, done.stdout.decode(errors="replace")


def ip_of(container: str) -> str:
    networks = json.loads(docker("inspect", container).stdout)[0]["NetworkSettings"]["Networks"]
    return str(next(iter(networks.values()))["IPAddress"])


_TRY: Final = """
if nc -h 2>&1 | grep -q BSD; then connects() { nc -z -w 5 $1 $2; }; else connects() { nc -w 5 $1 $2 -e true; }; fi
"""


def attempts(tcp: Iterable[str] = (), icmp: Iterable[str] = ()) -> str:
    """Lines of sh for any `nc` and `ping`: each address that answers is told, all others are passed over in silence.
    All are tried at once. What is to answer gets five seconds for it, so that a slow machine does not look closed."""
    lines = [
        *(
            f"(connects {each.replace(':', ' ')} </dev/null >/dev/null 2>&1 && echo tcp {each}) &"
            for each in tcp
        ),
        *(f"(ping -c 1 -W 5 {each} >/dev/null 2>&1 && echo icmp {each}) &" for each in icmp),
    ]
    return "\n".join([_TRY, *lines, "wait"])


def answered(said: str) -> set[str]:
    return {line for line in said.splitlines() if line.startswith(("tcp ", "icmp "))}
