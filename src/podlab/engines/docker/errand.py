"""A container that does one thing on the engine's machine, says how it went, and is removed, whatever happens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.streams.frames import Demultiplexer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.docker.api import Client

ROLE: Final = "probe"
"""As the doctor's, which removes those that a killed podlab has left."""


async def run(
    client: Client, image: str, command: Sequence[str], *, host: Mapping[str, Any], timeout_s: float = 30
) -> tuple[int, str]:
    """The command's exit code, and what it wrote. `TimeoutError` where it does not end in time."""
    async with asyncio.timeout(timeout_s), running(client, image, command, host=host) as id:
        ended = await client.json("POST", f"/containers/{id}/wait")
        return int(ended["StatusCode"]), await _output(client, id)


@asynccontextmanager
async def running(
    client: Client, image: str, command: Sequence[str], *, host: Mapping[str, Any]
) -> AsyncIterator[str]:
    """It runs while the block lasts. The name has dots, which no pod's or container's name has."""
    name = f"podlab-errand.{secrets.token_hex(6)}"
    body = {
        "Image": image,
        "Entrypoint": list(command),
        "Cmd": None,
        "User": "0:0",
        "Labels": {naming.ROLE: ROLE, naming.VERSION: naming.LABEL_SCHEME},
        "HostConfig": {"Init": True, "CgroupnsMode": "private", "LogConfig": {"Type": "json-file"}, **host},
    }
    creating = asyncio.ensure_future(
        client.json("POST", "/containers/create", query={"name": name}, body=body)
    )
    try:
        # An engine that was asked creates it, also when nobody listens any more: so we do until it has.
        made = await asyncio.shield(creating)
        await client.json("POST", f"/containers/{made['Id']}/start")
        yield made["Id"]
    finally:
        await asyncio.wait([creating])
        if creating.exception() is None:
            await remove_container(client, name)


async def _output(client: Client, id: str) -> str:
    frames = Demultiplexer()
    async with client.request(
        "GET", f"/containers/{id}/logs", query={"stdout": True, "stderr": True}
    ) as response:
        pieces = [piece.data async for chunk in response.chunks() for piece in frames.feed(chunk)]
    return b"".join(pieces).decode(errors="replace")
