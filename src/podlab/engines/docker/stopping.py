"""Stop containers of a pod that need more for it than a signal: hooks first, sidecars last."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from podlab import naming
from podlab.engines.docker import find
from podlab.errors import NotFound

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.found import FoundContainer, FoundPod

Running = Mapping[str, tuple[str, Mapping[str, str]]]
"""Of containers that run, by name, their ids and labels."""


def running(found: FoundPod) -> Running:
    return {name: (c.id, c.labels) for name, c in found.members.items() if c.is_up}


async def stop_in_order(
    engine: Engine,
    client: Client,
    pod: str,
    running: Running,
    *,
    grace_s: int | None,
) -> None:
    """Where none of them has anything to say about its stop, nothing is done: then they are simply stopped, all at
    once. `grace_s` is the pod's own where it is None."""
    if grace_s == 0 or not any(naming.STOPS in labels for _, labels in running.values()):
        return
    from podlab.engines.docker.translate.stops import ending
    from podlab.node import stopping

    found = ending(pod, {name: labels for name, (_, labels) in running.items()})

    async def halt(name: str, left_s: int) -> None:
        with suppress(NotFound):
            await client.json("POST", f"/containers/{running[name][0]}/stop", query={"t": left_s})

    await stopping.stop(
        engine, found.pod, running.keys(), grace_s=found.grace_s if grace_s is None else grace_s, halt=halt
    )


async def post_in_order(
    engine: Engine, client: Client, pod: str, container: str, verb: str, grace_s: int | None
) -> None:
    """A request that stops the container, `stop` or `restart`, after its hook."""
    found = await find.listed_container(client, pod, container)
    if found.is_up:
        one = {container: (found.id, found.labels)}
        await stop_in_order(engine, client, pod, one, grace_s=grace_s)
    query = {} if grace_s is None else {"t": grace_s}
    await client.json("POST", f"/containers/{found.id}/stop", query=query)
    if verb == "restart":
        await client.json("POST", f"/containers/{found.id}/start")


async def stop_found(client: Client, infra_image: str, found: FoundPod, container: str) -> None:
    """One that is to be removed while its pod lives: with the hook that it was made with, whatever the pod's wanted
    state says by now. Nothing is done with one that needs no more than a signal."""
    if one := {name: pair for name, pair in running(found).items() if name == container}:
        from podlab.engines.docker.engine import DockerEngine

        await stop_in_order(DockerEngine(client, infra_image), client, found.name, one, grace_s=None)


def restart_order(found: FoundPod) -> list[list[FoundContainer]]:
    """Groups that are restarted one after another: sidecars, then what they serve. Init containers are through."""
    spec = found.spec["spec"] if found.spec else {}
    inits = {c["name"]: c.get("restartPolicy") == "Always" for c in spec.get("initContainers", ())}
    sidecars = [c for name, c in found.members.items() if inits.get(name)]
    mains = [c for name, c in found.members.items() if name not in inits]
    return [group for group in (sidecars, mains) if group]
