"""Objects put, read and removed. The name is the lock, and the version tells whether somebody else was faster."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.engines.kubernetes import find, versions
from podlab.engines.kubernetes.client import MANAGER, MERGE
from podlab.engines.kubernetes.find import Found
from podlab.engines.kubernetes.merge import merge
from podlab.engines.kubernetes.objects.document import document, known, same
from podlab.engines.kubernetes.objects.kinds import path, place
from podlab.engines.kubernetes.objects.refresh import refresh, shown
from podlab.engines.kubernetes.watching import Watch
from podlab.errors import AlreadyExists, Conflict, Denied, Invalid, NotFound, Overtaken, ungrouped
from podlab.model import ConfigMap, Secret
from podlab.objects import Object, key_of
from podlab.objects.kinds import KINDS, data_of, replaced, settled

if TYPE_CHECKING:
    from podlab.engines.base import Put
    from podlab.engines.kubernetes.client import Client

TRIES: Final = 10
GONE_S: Final = 120
BOUND_S: Final = 10
_CLAIM: Final = "PersistentVolumeClaim"
_QUERY: Final = {"fieldManager": MANAGER, "fieldValidation": "Strict"}


async def put(client: Client, made: Object) -> Put:
    """`Conflict` where one of that name is there that podlab did not make."""
    wanted = settled(made)
    kind, name = key_of(wanted)
    for attempt in range(TRIES):
        there = await _find(client, kind, name)
        try:
            if there is None:
                body = document(wanted, (await place(client, kind)).group)
                await _create(client, kind, name, body)
                return "created"
            return await _change(client, there, wanted)
        except (AlreadyExists, Overtaken):
            if attempt == TRIES - 1:
                raise
    raise AssertionError  # pragma: no cover


async def _create(client: Client, kind: str, name: str, body: Mapping[str, Any]) -> None:
    """Where the cluster does not honour all of it, it goes again."""
    kept = await client.json("POST", await path(client, kind), query=_QUERY, body=body)
    if "spec" in body:
        try:
            versions.refuse_dropped(body, kept, f"{kind} '{name}'")
        except Invalid:
            await remove(client, kind, name)
            raise


async def _change(client: Client, there: Found, wanted: Object) -> Put:
    kind, name = key_of(wanted)
    if not find.is_ours(there):
        raise Conflict(
            f"there is a {kind} '{name}' in namespace '{client.namespace}' already that podlab did not make",
            subject=name,
            hint="give yours another name, use another namespace, or hand that one over: "
            f"kubectl label {kind.lower()} {name} {naming.VERSION}={naming.LABEL_SCHEME}",
        )
    before = known(kind, there)
    after = replaced(before, wanted)
    if same(before, after):
        return "unchanged"
    if kind == _CLAIM:
        there = await _bound(client, there)
    group = (await place(client, kind)).group
    patch: dict[str, Any] = merge(document(before, group), document(after, group))
    patch["metadata"] = {**(patch.get("metadata") or {}), "resourceVersion": find.version(there)}
    keys = _changed_keys(before, after)
    files = await shown(client, kind, name, keys) if keys else []
    try:
        changed = await client.json(
            "PATCH", await path(client, kind, name), query=_QUERY, body=patch, content_type=MERGE
        )
    except (Invalid, Denied) as error:
        raise Conflict(
            f"{kind} '{name}' is there already, and the cluster does not change it so: {error.message}",
            subject=name,
            hint="`podlab down` with its file removes it; or give the new one another name",
        ) from error
    await refresh(client, files, find.version(changed))
    return "configured"


async def _bound(client: Client, there: Found) -> Found:
    """A claim that has no volume yet cannot change. Where nobody makes one until a pod needs it, it is as it is."""
    if (there.get("status") or {}).get("phase") == "Bound":
        return there
    watch = Watch(client, await path(client, _CLAIM), fields=f"metadata.name={there['metadata']['name']}")
    watch.begin_with(there)
    with suppress(TimeoutError):
        async with asyncio.timeout(BOUND_S):
            async for seen in watch.changes():
                there = seen.after or there
                if seen.after is None or (there.get("status") or {}).get("phase") == "Bound":
                    break
    return there


def _changed_keys(before: Object, after: Object) -> set[str]:
    """Of ConfigMaps and Secrets."""
    if not isinstance(before, ConfigMap | Secret) or not isinstance(after, ConfigMap | Secret):
        return set()
    old, new = data_of(before), data_of(after)
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


async def get(client: Client, kind: str, name: str) -> Object:
    there = await _find(client, kind, name) if kind in KINDS else None
    if there is None or not find.is_ours(there):
        raise NotFound(
            f"there is no {kind} '{name}' of podlab's in namespace '{client.namespace}'", subject=name
        )
    return known(kind, there)


async def everything(client: Client, kinds: Collection[str] = ()) -> list[Object]:
    """By kind and name. What Deployments and CronJobs have made for themselves is theirs."""

    async def of(kind: str) -> list[Object]:
        found, _ = await find.everything(client, await path(client, kind), selector=find.OURS)
        return [known(kind, each) for each in found if not each["metadata"].get("ownerReferences")]

    with ungrouped():
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(of(kind)) for kind in KINDS if not kinds or kind in kinds]
    return sorted((each for task in asked for each in task.result()), key=key_of)


async def remove(client: Client, kind: str, name: str) -> None:
    """Returns when it is gone, and of a workload its pods, too. One that podlab did not make is left alone."""
    there = await _find(client, kind, name) if kind in KINDS else None
    if there is None or not find.is_ours(there):
        return
    if kind == _CLAIM:
        await _refuse_in_use(client, name)
    body = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Foreground",
        "preconditions": {"uid": find.uid(there)},
    }
    try:
        await client.json("DELETE", await path(client, kind, name), body=body)
    except (NotFound, Overtaken):
        return
    await _gone(client, kind, there)


async def _gone(client: Client, kind: str, there: Found) -> None:
    name = there["metadata"]["name"]
    watch = Watch(client, await path(client, kind), fields=f"metadata.name={name}")
    try:
        async with asyncio.timeout(GONE_S):
            if all(find.uid(each) != find.uid(there) for each in await watch.begin()):
                return
            async for seen in watch.changes():
                if seen.after is None:
                    return
    except TimeoutError as error:
        raise Conflict(
            f"{kind} '{name}' does not go",
            subject=name,
            hint=f"`kubectl get {kind.lower()} {name} -o yaml` tells what holds it: its finalizers, or its pods",
        ) from error


async def _refuse_in_use(client: Client, name: str) -> None:
    """The API would let it go as soon as its last pod does."""
    found, _ = await find.everything(client, client.of("pods"))
    users = [
        each["metadata"]["name"]
        for each in found
        for volume in each["spec"].get("volumes") or ()
        if (volume.get("persistentVolumeClaim") or {}).get("claimName") == name
    ]
    if users:
        raise Conflict(
            f"{_CLAIM} '{name}' is in use by pod '{users[0]}'",
            subject=name,
            hint="`podlab down` of that pod first",
        )


async def _find(client: Client, kind: str, name: str) -> Found | None:
    try:
        found: Found = await client.json("GET", await path(client, kind, name))
    except NotFound:
        return None
    return found
