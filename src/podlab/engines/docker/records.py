"""What the node knows of a pod, kept by the engine: the labels of a volume that nobody mounts.

Labels cannot be changed, so each version is a volume of its own; the newest counts, and who writes it removes the
older ones.
"""

from __future__ import annotations

import asyncio
import json

from podlab import naming
from podlab.engines.docker import find, translate
from podlab.engines.docker.api import Client
from podlab.engines.docker.delete import remove_volume
from podlab.errors import Conflict, NotFound, Overtaken
from podlab.record import Record
from podlab.wire import encode


async def write(client: Client, name: str, record: Record, *, based_on: int) -> None:
    """Creating a volume that exists gives the one that is there, so what came back is compared. And whoever was slow
    may write what others have passed, or for a pod that is gone: look after writing."""
    generation = based_on + 1
    body = translate.status_volume(name, generation, _labels(record))
    answer = await client.json("POST", "/volumes/create", body=body)
    if (answer.get("Labels") or {}) != body["Labels"]:
        raise _overtaken(name)
    label = f"{naming.POD}={name}"
    async with asyncio.TaskGroup() as group:
        containers = group.create_task(find.containers(client, label))
        volumes = group.create_task(find.volumes(client, label))
    if not containers.result():
        await remove_volume(client, body["Name"])
        raise find.no_such_pod(name)
    written = {
        int(v["Labels"][naming.GENERATION]): v["Name"]
        for v in volumes.result()
        if v["Labels"].get(naming.ROLE) == "status"
    }
    if max(written, default=generation) > generation:
        await remove_volume(client, body["Name"])
        raise _overtaken(name)
    older = [volume for number, volume in written.items() if number < generation]
    await asyncio.gather(*(remove_volume(client, volume) for volume in older))


def _labels(record: Record) -> dict[str, str]:
    told = encode(record)
    told.pop("generation", None)
    events = told.pop("events", [])
    return {
        naming.STATUS: json.dumps(told, separators=(",", ":")),
        naming.HISTORY: json.dumps(events, separators=(",", ":")),
    }


def _overtaken(name: str) -> Overtaken:
    return Overtaken(f"what is known of pod '{name}' was written by somebody else meanwhile", subject=name)


async def set_restarts(client: Client, name: str, container: str, policy: str) -> None:
    """Tell the engine what to do when the container ends. One that is gone, or about to be, needs no telling."""
    id = await find.container_id(client, name, container)
    try:
        await client.json("POST", f"/containers/{id}/update", body={"RestartPolicy": {"Name": policy}})
    except (NotFound, Conflict) as error:
        if "marked for removal" not in error.message and not isinstance(error, NotFound):
            raise
