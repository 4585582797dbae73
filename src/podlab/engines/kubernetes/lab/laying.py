"""The ground of a lab, in the cluster: made, looked at, removed."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from podlab.engines.kubernetes.lab import ground as manifests
from podlab.engines.kubernetes.lab import owned, secrets
from podlab.errors import Conflict, Denied, NotFound, PodlabError, TimedOut

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.labs import Ground

GOING_S: Final = 120.0
"""What a namespace may take to go. Its pods are killed at once."""
_LOOK_S: Final = 0.5
NOTHING: Final = "nothing is laid"
_POLICIES: Final = "networking.k8s.io/v1"
_LEVELS: Final = ("restricted", "baseline", "privileged")


async def lay(client: Client, ground: Ground) -> str:
    """As `HostsLabs.lay_ground`. In a namespace that is not podlab's own it is not bounded what others do there."""
    is_ours = await _namespace(client, ground)
    closed = await addresses(client)
    wanted = manifests.within(ground, closed=closed, is_ours=is_ours)
    await secrets.bring(client, ground)
    await asyncio.gather(*(owned.keep(client, each) for each in wanted))
    return await laid(client, ground.lab)


async def laid(client: Client, lab: str) -> str:
    """Which network policies there are, and which version of each; `NOTHING` where there are none."""
    found = await client.json(
        "GET",
        client.of("networkpolicies", group=_POLICIES),
        query={"labelSelector": f"{manifests.LAB}={lab}"},
    )
    each = sorted(
        f"{one['metadata']['uid']}/{one['metadata'].get('generation', 0)}" for one in found["items"]
    )
    return " ".join(each) or NOTHING


async def clear(client: Client, lab: str) -> None:
    """As `HostsLabs.clear_ground`: podlab's own namespace goes with all that is in it; of another what is the lab's."""
    namespace: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": client.namespace, "labels": {manifests.LAB: lab}},
    }
    there = await _seen(client, namespace)
    if there is not None and owned.is_of(lab, there):
        await owned.remove(client, namespace)
        return
    for group, plural, kind in (
        (_POLICIES, "networkpolicies", "NetworkPolicy"),
        ("v1", "resourcequotas", "ResourceQuota"),
        ("v1", "limitranges", "LimitRange"),
        ("v1", "serviceaccounts", "ServiceAccount"),
    ):
        query = {"labelSelector": f"{manifests.LAB}={lab}"}
        for each in (await client.json("GET", client.of(plural, group=group), query=query))["items"]:
            await owned.remove(client, each | {"apiVersion": group, "kind": kind})


async def _namespace(client: Client, ground: Ground) -> bool:
    """It is there afterwards; whether it is podlab's own."""
    wanted = manifests.namespace(ground, client.namespace)
    there = await _seen(client, wanted)
    if there is not None and there["metadata"].get("deletionTimestamp"):
        await _gone(client, wanted)
        there = None
    if there is not None and not owned.is_of(ground.lab, there):
        _refuse_stricter(there, wanted)
        return False
    await owned.keep(client, wanted)
    return True


async def _seen(client: Client, namespace: dict[str, Any]) -> dict[str, Any] | None:
    """Who may not look at namespaces has been given this one."""
    try:
        return await owned.found(client, namespace)
    except Denied:
        return {"metadata": {"name": client.namespace}}


async def _gone(client: Client, namespace: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(GOING_S):
            while await owned.found(client, namespace) is not None:  # noqa: ASYNC110 - the cluster's, not ours
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        name = namespace["metadata"]["name"]
        raise TimedOut(
            f"the namespace '{name}' is going, and has not gone after {GOING_S:g} s",
            subject=name,
            hint=f"kubectl get namespace {name} -o yaml tells what holds it",
        ) from None


def _refuse_stricter(there: dict[str, Any], wanted: dict[str, Any]) -> None:
    label = "pod-security.kubernetes.io/enforce"
    said, level = (there["metadata"].get("labels") or {}).get(label), wanted["metadata"]["labels"][label]
    if said in _LEVELS and _LEVELS.index(said) < _LEVELS.index(level):
        name = there["metadata"]["name"]
        raise Conflict(
            f"the namespace '{name}' keeps pods to the level {said}, and seats of this workshop need {level}",
            subject=name,
            hint=f"name another namespace, or: kubectl label --overwrite namespace {name} {label}={level}",
        )


async def addresses(client: Client) -> frozenset[str]:
    """Of the API server and the nodes, as networks of one address; those that we may not ask for are missing."""
    found = {urlsplit(client.access.server).hostname or ""}
    try:
        slices = await client.json("GET", "/api/v1/namespaces/default/endpoints/kubernetes")
        found |= {
            each["ip"] for subset in slices.get("subsets") or () for each in subset.get("addresses") or ()
        }
    except (Denied, NotFound):
        pass
    try:
        for node in (await client.json("GET", "/api/v1/nodes"))["items"]:
            found |= {each["address"] for each in node["status"].get("addresses") or ()}
    except PodlabError:
        pass
    return frozenset(filter(None, map(_network, found)))


def _network(text: str) -> str:
    """Empty for what is a name."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        return ""
