"""What a pod's containers and volumes are made from beside the pod: objects and facts, asked of the engine.

Only what a pod refers to is asked for, so one that refers to nothing costs no request.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.objects import store
from podlab.engines.docker.steps import Step, Verb
from podlab.errors import NotFound
from podlab.objects import Facts, Object, Reference, Surroundings, key_of, missing, references
from podlab.objects.fields import field_paths, needs_machine
from podlab.objects.kinds import hidden, settled
from podlab.objects.references import of_volume

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Container, Pod, Volume


async def gather(
    client: Client, pod: Pod, steps: Sequence[Step], *, put: Collection[Object] = ()
) -> Surroundings:
    """What these steps need. `NotFound` for an object that is missing and not optional; but files that are there stay
    without it, as under Kubernetes. `put` counts before what the engine has."""
    targets = {step.target for step in steps if step.verb is Verb.CREATE}
    own = translate.own_volumes(pod)
    filled = [own[step.target] for step in steps if step.verb is Verb.FILL_VOLUME and step.target in own]
    found = [*references(pod, [c for c in pod.members if c.name in targets])]
    again = [reference for volume in filled for reference in of_volume(volume)]
    if any(step.target == naming.INFRA for step in steps if step.verb in (Verb.CREATE, Verb.START)):
        found, again = [*found, *again], []
    return await load(client, pod, found, others=again, put=put)


async def shown(client: Client, pod: Pod, steps: Sequence[Step], put: Collection[Object]) -> Surroundings:
    """The same for people to look at: names stand for what only a running pod has, and for values of Secrets."""
    around = await gather(client, pod, steps, put=put)
    named = Facts(uid="POD_UID", pod_ips=("POD_IP",), host_ips=("HOST_IP",))
    around = dataclasses.replace(
        around,
        objects={key: hidden(each) for key, each in around.objects.items()},
        facts=named,
        is_strict=False,
    )
    return await _with_facts(
        client, pod, around, paths=(), has_resources=any(map(needs_machine, pod.members))
    )


async def load(
    client: Client, pod: Pod, found: Iterable[Reference], *, others: Iterable[Reference] = (),
    put: Collection[Object] = (),
) -> Surroundings:  # fmt: skip
    """`others` may be missing, too."""
    found = list(found)
    given = {key_of(each): settled(each) for each in put}
    keys = {(each.kind, each.name) for each in (*found, *others)} - given.keys()
    objects = given | (await store.chosen(client, keys) if keys else {})
    missing(pod, found, objects)
    return Surroundings(objects=objects, has_subpaths=client.features.has_subpaths)


async def for_container(client: Client, pod: Pod, container: Container, around: Surroundings) -> Surroundings:
    """With the facts that its environment shows. The infra container is there, and up where these are addresses."""
    return await _with_facts(
        client, pod, around, paths=field_paths(container), has_resources=needs_machine(container)
    )


async def for_volume(client: Client, pod: Pod, volume: Volume, around: Surroundings) -> Surroundings:
    sources = volume.projected.sources if volume.projected else ()
    items = [*(volume.downward_api.items if volume.downward_api else ())]
    items += [item for source in sources if source.downward_api for item in source.downward_api.items]
    paths = {item.field_ref.field_path for item in items if item.field_ref}
    return await _with_facts(
        client, pod, around, paths=paths, has_resources=any(item.resource_field_ref for item in items)
    )


async def _with_facts(
    client: Client, pod: Pod, around: Surroundings, *, paths: Collection[str], has_resources: bool
) -> Surroundings:
    facts = around.facts
    if any(path == "metadata.uid" or path.startswith("status.") for path in paths):
        infra = await client.json("GET", f"/containers/{naming.container(pod.name, naming.INFRA)}/json")
        facts = _of_infra(facts, infra)
        if not facts.pod_ips:
            facts = await _of_machine(client, facts)
        if infra["HostConfig"]["NetworkMode"] == "host":
            address = await _machine_address(client)
            facts = dataclasses.replace(facts, pod_ips=address, host_ips=address)
    if has_resources or "spec.nodeName" in paths:
        info = await client.json("GET", "/info")
        facts = dataclasses.replace(
            facts, node=str(info["Name"]), cpus=int(info["NCPU"]), memory_bytes=int(info["MemTotal"])
        )
    return dataclasses.replace(around, facts=facts)


async def _machine_address(client: Client) -> tuple[str, ...]:
    """Where a pod that shares the machine's network has no address of its own: the one by which other pods reach the
    machine. Nothing where the engine has no bridge."""
    for name in ("bridge", naming.NETWORK):
        with contextlib.suppress(NotFound):
            network = await client.json("GET", f"/networks/{name}")
            if found := _said((network.get("IPAM") or {}).get("Config") or (), "Gateway"):
                return found
    return ()


def _of_infra(facts: Facts, infra: Any) -> Facts:
    """The machine's address is that by which the pod reaches it: its network's gateway."""
    networks = [each for each in (infra["NetworkSettings"].get("Networks") or {}).values() if each]
    return dataclasses.replace(
        facts,
        uid=str(uuid.uuid5(uuid.NAMESPACE_OID, infra["Id"])),
        pod_ips=_said(networks, "IPAddress", "GlobalIPv6Address"),
        host_ips=_said(networks, "Gateway", "IPv6Gateway"),
    )


async def _of_machine(client: Client, facts: Facts) -> Facts:
    """A pod in the machine's own network has the machine's address: that which all other pods reach it by."""
    bridge = await client.json("GET", "/networks/bridge")
    addresses = _said(bridge["IPAM"]["Config"] or (), "Gateway")
    return dataclasses.replace(facts, pod_ips=addresses, host_ips=addresses)


def _said(networks: Iterable[Any], *keys: str) -> tuple[str, ...]:
    return tuple(each[key] for each in networks for key in keys if each.get(key))
