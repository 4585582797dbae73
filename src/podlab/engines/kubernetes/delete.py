"""Pods that go, and the certainty that they are gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.base import Change
from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.find import Found
from podlab.engines.kubernetes.watching import Watch
from podlab.errors import NotFound, Overtaken, Unavailable, ungrouped

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

SHORTEST_S: Final = 1
"""Without any grace the cluster forgets a pod before its containers have ended. A pod of the same name could begin
beside them, and a kubelet, which finds pods by their names, would run commands in the one that is being killed.
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-forced"""
CONFIRMED_S: Final = 120
"""Beyond the grace period: for hooks, and for a node to tell that all containers are gone."""
AT_ONCE: Final = 8
_ENDED: Final = ("Succeeded", "Failed")


async def delete(client: Client, name: str, *, grace_s: int | None = None) -> None:
    """One that podlab did not make is left alone, and is no error. `Unavailable` where no node confirms it."""
    found = await find.anybodys(client, name)
    if found is not None and find.is_ours(found):
        await remove(client, found, grace_s=grace_s)


async def remove(client: Client, found: Found, *, grace_s: int | None = None) -> None:
    """This pod, and no later one of the same name."""
    name = found["metadata"]["name"]
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": find.uid(found)},
    }
    if grace_s is not None:
        body["gracePeriodSeconds"] = max(grace_s, SHORTEST_S)
    try:
        leaving = await client.json("DELETE", client.pod(name), body=body)
    except (NotFound, Overtaken):  # gone, or another one by now
        return
    await _gone(client, found, leaving)


async def _gone(client: Client, found: Found, leaving: Found) -> None:
    name = found["metadata"]["name"]
    if leaving.get("kind") != "Pod":
        return
    watch = Watch(client, client.of("pods"), fields=f"metadata.name={name}")
    watch.begin_with(leaving)
    grace_s = leaving["metadata"].get("deletionGracePeriodSeconds") or 0
    try:
        async with asyncio.timeout(grace_s + CONFIRMED_S):
            async for seen in watch.changes():
                if (seen.after or seen.before or {}).get("metadata", {}).get("uid") != find.uid(found):
                    return
                if seen.after is None:
                    return
    except TimeoutError as error:
        raise Unavailable(
            f"no node confirms that pod '{name}' is gone",
            subject=name,
            hint=f"is its node up? `kubectl get pod {name} -o wide`; `kubectl delete pod {name} --force` forgets it",
        ) from error


async def prune(client: Client, *, dry_run: bool) -> list[Change]:
    """Pods that have ended and that no Job or other workload looks after: those it removes itself."""
    ended = [
        each
        for each in await find.pods(client)
        if (each.get("status") or {}).get("phase") in _ENDED and not each["metadata"].get("ownerReferences")
    ]
    if not dry_run:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(found: Found) -> None:
            async with places:
                await remove(client, found)

        with ungrouped():
            async with asyncio.TaskGroup() as group:
                for each in ended:
                    group.create_task(one(each))
    return [
        Change(verb="remove", pod=each["metadata"]["name"], reason=f"has ended: {each['status']['phase']}")
        for each in sorted(ended, key=lambda each: str(each["metadata"]["name"]))
    ]
