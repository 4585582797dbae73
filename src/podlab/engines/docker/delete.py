"""Remove pods, whole or half, and what nobody needs any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from podlab import naming
from podlab.engines.base import Change
from podlab.engines.docker import find, translate
from podlab.engines.docker.api import Client
from podlab.engines.docker.api.client import Query, segment
from podlab.engines.docker.found import FoundPod
from podlab.engines.docker.status import pod_status
from podlab.engines.docker.stopping import stop_in_order
from podlab.errors import Conflict, Denied, NotFound, PodlabError
from podlab.status import Phase

if TYPE_CHECKING:
    from podlab.engines.base import Engine

REMOVAL_WAIT_S = 10
LATE_LOOKS = 10
ORPHANED_S = 60
"""A pod's volumes are made before its containers: those that are younger may belong to a pod that is being made."""


async def delete(client: Client, name: str, *, grace_s: int | None, engine: Engine | None = None) -> None:
    """Every member is removed as soon as it has stopped; the infra, which is their network, when all have.

    Hooks are run, and sidecars waited with, through `engine`. Until all is gone a mark tells whoever keeps the pod that
    what is missing is missing on purpose, also where this is cut off.
    """
    of_pod = f"{naming.POD}={name}"
    listed = await find.containers(client, of_pod)
    if listed:
        await client.json("POST", "/volumes/create", body=translate.removal_volume(name))
    if engine is not None:
        members = {
            c["Labels"].get(naming.CONTAINER, ""): (c["Id"], c["Labels"])
            for c in listed
            if c["Labels"].get(naming.ROLE) == "member" and c["State"] in _UP
        }
        await stop_in_order(engine, client, name, members, grace_s=grace_s)
    async with asyncio.TaskGroup() as group:
        stops = {
            c["Id"]: group.create_task(_stop(client, c["Id"], grace_s))
            for c in listed
            if c["Labels"].get(naming.ROLE) != "infra" and c["State"] in _UP and grace_s != 0
        }
        for c in listed:
            is_infra = c["Labels"].get(naming.ROLE) == "infra"
            first = [task for id, task in stops.items() if is_infra or id == c["Id"]]
            group.create_task(_remove_after(first, client, c["Id"]))
    if listed:
        await _remove_late(client, name)
    # only now, for until then an agent may have noted what it saw of the pod
    volumes = await find.volumes(client, of_pod)
    async with asyncio.TaskGroup() as group:
        for v in volumes:
            if v["Labels"].get(naming.ROLE) != "removal":
                group.create_task(remove_volume(client, v["Name"]))
    if any(v["Labels"].get(naming.ROLE) == "removal" for v in volumes):
        await remove_volume(client, naming.removal_volume(name))
    if any(v["Labels"].get(naming.ROLE) == "bounds" for v in volumes):
        from podlab.engines.docker.pod_group import let_go

        infra = next((c["Image"] for c in listed if c["Labels"].get(naming.ROLE) == "infra"), "")
        with suppress(PodlabError):  # a group without processes costs nothing
            await let_go(client, name, infra or naming.infra_image())


_UP = ("running", "restarting", "paused")


async def _remove_late(client: Client, name: str) -> None:
    """What a repair that was under way has made meanwhile. It sees the removal's mark before it makes more."""
    for _ in range(LATE_LOOKS):
        late = await find.containers(client, f"{naming.POD}={name}")
        if not late:
            return
        async with asyncio.TaskGroup() as group:
            for c in late:
                group.create_task(remove_container(client, c["Id"]))
    raise Conflict(
        f"pod '{name}' is made again and again while it is being removed",
        subject=name,
        hint="end what makes it, then try again",
    )


async def _remove_after(stops: Sequence[asyncio.Task[None]], client: Client, id: str) -> None:
    if stops:
        await asyncio.wait(stops)
    await remove_container(client, id)


async def remove_container(client: Client, id: str) -> None:
    """Kill and remove, with the anonymous volumes that its image made. Gone already is as good. An infra container
    may have to wait for the removal of its members."""
    try:
        await _remove_with_patience(client, id)
    except NotFound:
        return
    except Conflict as error:
        if "already in progress" not in error.message:
            raise
        # somebody else removes it: its name must be free when we return
        async with asyncio.timeout(REMOVAL_WAIT_S):
            try:
                await client.json("POST", f"/containers/{id}/wait", query={"condition": "removed"})
            except NotFound:
                return


async def _remove_with_patience(client: Client, id: str) -> None:
    """Podman removes no container whose namespaces another one has joined, be it stopped; members that are removed
    at the same time are soon gone."""
    pause_s, ends = 0.02, time.monotonic() + REMOVAL_WAIT_S
    while True:
        try:
            await client.json("DELETE", f"/containers/{id}", query={"force": True, "v": True})
        except PodlabError as error:
            if "has dependent containers" not in error.message or time.monotonic() > ends:
                raise
        else:
            return
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.5)


async def remove_volume(client: Client, name: str) -> None:
    try:
        await client.json("DELETE", f"/volumes/{segment(name)}")
    except NotFound:
        return


async def _stop(client: Client, id: str, grace_s: int | None) -> None:
    query = {} if grace_s is None else {"t": grace_s}
    try:
        await client.json("POST", f"/containers/{id}/stop", query=query)
    except NotFound:
        return


async def prune(client: Client, *, dry_run: bool) -> list[Change]:
    """Remove pods that have ended, volumes whose pod is gone, and podlab's networks that nobody uses."""
    pods = await find.pods(client)
    ended = {p.name: reason for p in pods if (reason := _has_ended(p))}
    changes = [Change(verb="remove", pod=name, reason=reason) for name, reason in ended.items()]
    orphans = await _orphans(client, {p.name for p in pods if not p.containers})
    changes += [
        Change(verb="remove", pod=name, reason="volumes without a pod")
        for name in sorted({v["Labels"][naming.POD] for v in orphans})
    ]
    if not dry_run:
        async with asyncio.TaskGroup() as group:
            for name in ended:
                group.create_task(delete(client, name, grace_s=0))
            for volume in orphans:
                group.create_task(_remove_unused(client, volume["Name"]))
    for network in sorted(await find.networks(client)):
        query: Query = {"all": True, "filters": {"network": [network]}}
        users = await client.json("GET", "/containers/json", query=query)
        if any(c["Labels"].get(naming.POD) not in ended for c in users):
            continue
        if not dry_run:
            try:
                await client.json("DELETE", f"/networks/{network}")
            except (NotFound, Denied, Conflict):  # in use by now: 403
                continue
        changes.append(Change(verb="remove", pod="", reason=f"network {network} has no pod"))
    return changes


def _has_ended(found: FoundPod) -> str:
    """Why the pod can go, or nothing."""
    if not found.containers:
        return ""
    status = pod_status(found)
    return f"pod has ended ({status.phase})" if status.phase in (Phase.SUCCEEDED, Phase.FAILED) else ""


async def _orphans(client: Client, pods: Collection[str]) -> list[Mapping[str, Any]]:
    """The volumes of these pods that are old enough to be nobody's."""
    if not pods:
        return []
    before = datetime.now(UTC) - timedelta(seconds=ORPHANED_S)
    return [
        v
        for v in await find.volumes(client, naming.POD)
        if v["Labels"][naming.POD] in pods and datetime.fromisoformat(v["CreatedAt"]) <= before
    ]


async def _remove_unused(client: Client, volume: str) -> None:
    with suppress(Conflict):  # in use by now
        await remove_volume(client, volume)
