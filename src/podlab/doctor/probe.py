"""A container that looks or tries something, says what it found, and is removed, whatever happens."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.doctor.facts import Attempt
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.dialect import in_its_words
from podlab.engines.docker.find import containers
from podlab.engines.docker.streams.frames import Demultiplexer
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.docker.api import Client

ROLE: Final = "probe"
ABANDONED_S: Final = 300
"""No probe runs nearly as long: one as old was left behind by a doctor that was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`script` is for `sh`, and ends by itself within `timeout_s` even if nobody waits for it any more."""

    name: str
    image: str
    script: str
    host: Mapping[str, Any] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    volume: str = ""
    """Where an anonymous volume is mounted; it is removed with the container."""
    timeout_s: float = 10


async def run(client: Client, probe: Probe) -> Attempt:
    """It worked where the script ended with 0; `said` is its output, or why the engine did not run it.

    `Unavailable` where the engine is gone. Two doctors at once do not meet: names are drawn at random.
    """
    try:
        async with asyncio.timeout(probe.timeout_s), _created(client, probe) as id:
            await client.json("POST", f"/containers/{id}/start")
            ended = await client.json("POST", f"/containers/{id}/wait")
            return Attempt(worked=ended["StatusCode"] == 0, said=await _output(client, id))
    except TimeoutError:
        return Attempt(worked=False, said=f"it did not end within {probe.timeout_s:.0f} s")
    except PodlabError as error:
        return Attempt(worked=False, said=error.message)


async def sweep(client: Client) -> None:
    """Remove what doctors that were killed have left."""
    left = await containers(client, f"{naming.ROLE}={ROLE}")
    async with asyncio.TaskGroup() as group:
        for each in left:
            if time.time() - each["Created"] > ABANDONED_S:
                group.create_task(remove_container(client, each["Id"]))


@asynccontextmanager
async def _created(client: Client, probe: Probe) -> AsyncIterator[str]:
    """The name has dots, which no pod's or container's name has, so that it never takes one of theirs."""
    name = f"podlab-probe.{probe.name}.{secrets.token_hex(4)}"
    creating = asyncio.ensure_future(
        client.json(
            "POST",
            "/containers/create",
            query={"name": name},
            body=in_its_words(_body(probe), client.features),
        )
    )
    try:
        # An engine that was asked creates it, also when nobody listens any more: so we do until it has.
        made = await asyncio.shield(creating)
        yield made["Id"]
    finally:
        await asyncio.wait([creating])
        if creating.exception() is None:
            await remove_container(client, name)


def _body(probe: Probe) -> dict[str, Any]:
    return {
        "Image": probe.image,
        "Entrypoint": ["sh", "-c"],
        "Cmd": [probe.script],
        "User": "0:0",
        "Env": list(probe.env),
        "Volumes": {probe.volume: {}} if probe.volume else {},
        "Labels": {naming.ROLE: ROLE, naming.VERSION: naming.LABEL_SCHEME},
        "HostConfig": {
            "Init": True,
            "NetworkMode": "none",
            "CgroupnsMode": "private",
            # Whatever the engine's default driver is, the output has to be readable afterwards.
            "LogConfig": {"Type": "json-file"},
            "SecurityOpt": [],
            **probe.host,
        },
    }


async def _output(client: Client, id: str) -> str:
    query = {"stdout": True, "stderr": True}
    frames = Demultiplexer()
    async with client.request("GET", f"/containers/{id}/logs", query=query) as response:
        pieces = [piece.data async for chunk in response.chunks() for piece in frames.feed(chunk)]
    return b"".join(pieces).decode(errors="replace")
