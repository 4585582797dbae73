"""What is on the engine: containers, volumes and networks by podlab's labels, as plain facts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from podlab import naming
from podlab.engines.docker.api import Client
from podlab.engines.docker.api.client import Query
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.errors import NotFound, Unsupported


async def pod(client: Client, name: str) -> FoundPod:
    """One pod, inspected. It may not exist."""
    async with asyncio.TaskGroup() as group:
        listed = group.create_task(containers(client, f"{naming.POD}={name}"))
        kept = group.create_task(volumes(client, f"{naming.POD}={name}"))
        own = group.create_task(networks(client))
    async with asyncio.TaskGroup() as group:
        inspected = [group.create_task(_inspect(client, c["Id"])) for c in listed.result()]
    found = [c for task in inspected if (c := task.result())]
    return _assemble(name, found, kept.result(), own.result())


async def listed_pod(client: Client, name: str) -> FoundPod:
    """One pod from two lists: no exit codes, no exact times. It may not exist."""
    async with asyncio.TaskGroup() as group:
        listed = group.create_task(containers(client, f"{naming.POD}={name}"))
        kept = group.create_task(volumes(client, f"{naming.POD}={name}"))
    return _assemble(name, [_from_list(c) for c in listed.result()], kept.result(), frozenset())


async def pods(client: Client) -> list[FoundPod]:
    """All pods by name, from two lists: no exit codes, no exact times."""
    async with asyncio.TaskGroup() as group:
        listed = group.create_task(containers(client, naming.POD))
        kept = group.create_task(volumes(client, naming.POD))
    by_pod: dict[str, tuple[list[FoundContainer], list[Mapping[str, Any]]]] = {}
    for c in listed.result():
        by_pod.setdefault(c["Labels"][naming.POD], ([], []))[0].append(_from_list(c))
    for v in kept.result():
        by_pod.setdefault(v["Labels"][naming.POD], ([], []))[1].append(v)
    return [_assemble(name, *by_pod[name], frozenset()) for name in sorted(by_pod)]


async def infras_with_lifetime(client: Client) -> list[FoundContainer]:
    """The infra containers of the pods that have one, from one list."""
    return [_from_list(c) for c in await containers(client, naming.DEADLINE)]


async def container_id(client: Client, pod: str, container: str) -> str:
    """`NotFound` names the pod when there is none, else the container and those that there are."""
    return (await listed_container(client, pod, container)).id


async def listed_container(client: Client, pod: str, container: str) -> FoundContainer:
    """One container from a list: no exit code, no exact times. `NotFound` as for `container_id`."""
    listed = map(_from_list, await containers(client, f"{naming.POD}={pod}"))
    found = {c.labels.get(naming.CONTAINER, ""): c for c in listed if not c.is_former}
    if not found:
        raise no_such_pod(pod)
    if container not in found:
        there = ", ".join(sorted(found.keys() - {naming.INFRA, ""})) or "none yet"
        raise NotFound(
            f"pod '{pod}' has no container '{container}'", subject=pod, hint=f"its containers: {there}"
        )
    return found[container]


def no_such_pod(name: str) -> NotFound:
    return NotFound(f"there is no pod '{name}'", subject=name, hint="`podlab ps -a` lists all pods")


# --- requests -------------------------------------------------------------------------------------


async def containers(client: Client, label: str) -> list[Mapping[str, Any]]:
    query: Query = {"all": True, "filters": {"label": [label]}}
    found: list[Mapping[str, Any]] = await client.json("GET", "/containers/json", query=query)
    return found


async def volumes(client: Client, label: str) -> list[Mapping[str, Any]]:
    answer = await client.json("GET", "/volumes", query={"filters": {"label": [label]}})
    found: list[Mapping[str, Any]] = answer["Volumes"] or []
    return found


async def networks(client: Client) -> frozenset[str]:
    """Names of the bridges that podlab made."""
    label = f"{naming.ROLE}=network"
    answer = await client.json("GET", "/networks", query={"filters": {"label": [label]}})
    return frozenset(n["Name"] for n in answer)


async def _inspect(client: Client, id: str) -> FoundContainer | None:
    try:
        told = await client.json("GET", f"/containers/{id}/json")
    except NotFound:  # removed since it was listed
        return None
    found = _from_inspect(told)
    if found.state in ("exited", "restarting"):
        found = await _with_its_end(client, found, told)
    elif (
        found.state == "running"
        and found.restart_count == 1
        and (label := found.labels.get(naming.LAST_WORDS))
    ):
        from podlab.engines.docker.contents.last_words import words_before

        said = await words_before(client, id, label, ended_at=found.finished_at)
        found = replace(found, words_before=said)
    return found


async def _with_its_end(client: Client, found: FoundContainer, told: Mapping[str, Any]) -> FoundContainer:
    if label := found.labels.get(naming.LAST_WORDS):
        from podlab.engines.docker.contents.last_words import last_words

        began, again, code = found.started_at, found.restart_count, found.exit_code
        said = await last_words(client, found.id, label, started_at=began, restarts=again, exit_code=code)
        found = replace(found, last_words=said)
    if found.exit_code and told["HostConfig"].get("Init"):
        from podlab.engines.docker.contents.start_error import may_be, start_error

        if not may_be(found.exit_code, client.features):
            return found
        words = [*(told["Config"].get("Entrypoint") or ()), *(told["Config"].get("Cmd") or ())]
        found = replace(found, start_error=await start_error(client, found.id, words[0] if words else ""))
    return found


# --- from the engine's JSON -----------------------------------------------------------------------


_IN_DOCKERS_WORDS: Final = {"initialized": "created", "stopping": "running", "stopped": "exited"}
"""States that only Podman has. https://github.com/containers/podman/blob/v5.4.2/libpod/define/containerstate.go"""


def _assemble(
    name: str, containers: list[FoundContainer], volumes: list[Mapping[str, Any]], networks: frozenset[str]
) -> FoundPod:
    for c in containers:
        if c.labels.get(naming.VERSION, naming.LABEL_SCHEME) != naming.LABEL_SCHEME:
            raise Unsupported(
                f"pod '{name}' was made by a newer podlab (labels of version {c.labels[naming.VERSION]})",
                subject=name,
                hint="use that version of podlab, or remove the pod with it",
            )
    infra = next((c for c in containers if c.labels.get(naming.ROLE) == "infra"), None)
    members = [c for c in containers if c.labels.get(naming.ROLE) == "member"]
    specs = _generations(volumes, "spec")
    labels = specs[max(specs)]["Labels"] if specs else _keeper_of_spec(infra, containers)
    records = _generations(volumes, "status")
    return FoundPod(
        name=name,
        infra=infra,
        members={c.labels[naming.CONTAINER]: c for c in members if not c.is_former},
        former={c.labels[naming.CONTAINER]: c for c in members if c.is_former},
        publishers={text: c for c in containers if (text := c.labels.get(naming.PUBLISHES))},
        volumes=frozenset(v["Name"] for v in volumes if v["Labels"].get(naming.ROLE) == "volume"),
        spec_volumes={generation: v["Name"] for generation, v in specs.items()},
        bounds_volumes=frozenset(v["Name"] for v in volumes if v["Labels"].get(naming.ROLE) == "bounds"),
        status_volumes={generation: v["Name"] for generation, v in records.items()},
        status=records[max(records)]["Labels"] if records else {},
        spec=json.loads(labels[naming.SPEC]) if naming.SPEC in labels else None,
        removed_since=next(
            (datetime.fromisoformat(v["CreatedAt"]) for v in volumes if v["Labels"].get(naming.ROLE) == "removal"), None
        ),
        networks=networks,
    )


def _keeper_of_spec(infra: FoundContainer | None, containers: list[FoundContainer]) -> Mapping[str, str]:
    """Labels with the first wanted state: the infra's, or where that was removed those of the newest member that has a
    copy."""
    if infra is not None:
        return infra.labels
    copies = [c for c in containers if c.labels.get(naming.ROLE) == "member" and naming.SPEC in c.labels]
    newest = max(copies, key=lambda c: c.created_at or datetime.min.replace(tzinfo=UTC), default=None)
    return newest.labels if newest else {}


def _generations(volumes: list[Mapping[str, Any]], role: str) -> dict[int, Mapping[str, Any]]:
    return {int(v["Labels"][naming.GENERATION]): v for v in volumes if v["Labels"].get(naming.ROLE) == role}


def _from_list(c: Mapping[str, Any]) -> FoundContainer:
    networks = (c.get("NetworkSettings") or {}).get("Networks") or {}
    return FoundContainer(
        id=c["Id"],
        name=c["Names"][0].lstrip("/") if c.get("Names") else c["Id"][:12],
        state=_IN_DOCKERS_WORDS.get(c["State"], c["State"]),
        status=c.get("Status", ""),
        image=c["Image"],
        image_id=c.get("ImageID", ""),
        labels=c.get("Labels") or {},
        network_mode=c.get("HostConfig", {}).get("NetworkMode", ""),
        created_at=datetime.fromtimestamp(c["Created"], UTC),
        networks=frozenset(networks),
        ip=next((n["IPAddress"] for n in networks.values() if n.get("IPAddress")), ""),
        ports=tuple(c.get("Ports") or ()),
    )


def _from_inspect(c: Mapping[str, Any]) -> FoundContainer:
    state, config, host = c["State"], c["Config"], c["HostConfig"]
    networks = c["NetworkSettings"].get("Networks") or {}
    return FoundContainer(
        id=c["Id"],
        name=c["Name"].lstrip("/"),
        state=_IN_DOCKERS_WORDS.get(state["Status"], state["Status"]),
        image=config["Image"],
        image_id=c.get("Image", ""),
        labels=config.get("Labels") or {},
        network_mode=host["NetworkMode"],
        created_at=when(c["Created"]),
        started_at=when(state["StartedAt"]),
        finished_at=when(state["FinishedAt"]),
        exit_code=state["ExitCode"],
        restart_count=c.get("RestartCount", 0),
        is_oom_killed=state.get("OOMKilled", False),
        error=state.get("Error", ""),
        host_pid=state.get("Pid", 0),
        networks=frozenset(networks),
        ip=next((n["IPAddress"] for n in networks.values() if n.get("IPAddress")), ""),
        ports=tuple(_ports(c["NetworkSettings"].get("Ports") or {})),
        bounds={key: host.get(key) or 0 for key in ("NanoCpus", "CpuShares", "Memory", "MemoryReservation")},
        modes={
            "net": host.get("NetworkMode", ""), "ipc": host.get("IpcMode", ""), "pid": host.get("PidMode", ""),
            "uts": host.get("UTSMode", ""), "user": host.get("UsernsMode", ""),
            "cgroup": host.get("CgroupnsMode", ""),
        },
    )  # fmt: skip


def _ports(bindings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """In the shape of the list's `Ports`."""
    return [
        {"IP": b["HostIp"], "PublicPort": int(b["HostPort"]), "PrivatePort": int(port), "Type": kind}
        for (port, kind), found in ((key.split("/"), value) for key, value in bindings.items())
        for b in found or ()
    ]


def when(text: str) -> datetime | None:
    """The engine's RFC 3339 time with nanoseconds, in whatever zone it is; its zero time `0001-…` means never."""
    if not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text).astimezone(UTC)
