"""The engine's events, as those of pods."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from podlab import naming
from podlab.engines.base import PodEvent
from podlab.engines.docker.api import Client
from podlab.errors import NotFound

_LOOKING = {
    "top",
    "attach",
    "detach",
    "resize",
    "archive-path",
    "exec_create",
    "exec_start",
    "exec_die",
    "exec_detach",
    "exec",
    "exec_died",
    "init",
    "cleanup",
    "sync",
    "mount",
    "unmount",
}
"""What happened to a pod is told, not that somebody looked at it: probes alone would be most of the events. The last
seven are Podman's, of its own work before a start and after an end."""
_IN_DOCKERS_WORDS = {"remove": "destroy", "died": "die"}
"""https://docs.podman.io/en/latest/markdown/podman-events.1.html"""

Query = dict[str, "str | dict[str, list[str]]"]


async def watch(
    client: Client, name: str, *, since: datetime | None, follow: bool
) -> AsyncIterator[PodEvent]:
    """https://docs.docker.com/reference/api/engine/version/v1.45/#tag/System/operation/SystemEvents

    Who follows all pods is also told when one is cut off from its network; networks' events have no pod's label.
    """
    features = await client.known_features()
    label = [f"{naming.POD}={name}"] if name else [naming.POD] if features.events_by_label else []
    query: Query = {"filters": {"type": ["container"], "label": label}}
    if since is not None:
        query["since"] = f"{since.timestamp():.6f}"
    if not follow:
        query.setdefault("since", "0")
        if features.past_events_need_no_end:
            query["stream"] = "false"
        else:
            query["until"] = f"{datetime.now(UTC).timestamp():.6f}"
    if name or not follow:
        async for event in _containers(client, query):
            yield event
        return
    cut_off: Query = query | {"filters": {"type": ["network"], "event": ["disconnect"]}}
    async for event in _both(_containers(client, query), _networks(client, cut_off)):
        yield event


async def _containers(client: Client, query: Query) -> AsyncIterator[PodEvent]:
    async for event in _told(client, query):
        labels, action = event["Actor"]["Attributes"], event["Action"]
        if naming.POD in labels and action.split(":")[0] not in _LOOKING and not _is_filling(event):
            yield _event(event, labels, _IN_DOCKERS_WORDS.get(action, action))


def _is_filling(event: Mapping[str, Any]) -> bool:
    """podlab's own writing into volumes, as a part of what it does to the pod."""
    role = event["Actor"]["Attributes"].get(naming.ROLE)
    return bool(role == "opener" or (role == "infra" and event["Action"] == "extract-to-dir"))


async def _networks(client: Client, query: Query) -> AsyncIterator[PodEvent]:
    async for event in _told(client, query):
        try:
            # of Podman's, the container is the actor
            id = event["Actor"]["Attributes"].get("container") or event["Actor"]["ID"]
            labels = (await client.json("GET", f"/containers/{id}/json"))["Config"]["Labels"] or {}
        except (KeyError, NotFound):
            continue
        if naming.POD in labels:
            yield _event(event, labels, "disconnect")


async def _told(client: Client, query: Query) -> AsyncIterator[Mapping[str, Any]]:
    async with client.request("GET", "/events", query=query) as response:
        async for event in response.json_lines():
            yield event


def _event(event: Mapping[str, Any], labels: Mapping[str, str], action: str) -> PodEvent:
    nano = event.get("timeNano") or event["time"] * 10**9
    return PodEvent(
        at=datetime.fromtimestamp(nano / 1e9, UTC),
        pod=labels.get(naming.POD, ""),
        container=labels.get(naming.CONTAINER, ""),
        action=action,
        attributes={k: v for k, v in labels.items() if not k.startswith("podlab.io/")},
    )


async def _both(*streams: AsyncIterator[PodEvent]) -> AsyncIterator[PodEvent]:
    """As they come, until one ends or fails."""
    queue: asyncio.Queue[PodEvent | BaseException | None] = asyncio.Queue()

    async def pour(stream: AsyncIterator[PodEvent]) -> None:
        try:
            async for event in stream:
                queue.put_nowait(event)
        except Exception as error:
            queue.put_nowait(error)
        else:
            queue.put_nowait(None)

    tasks = [asyncio.create_task(pour(stream)) for stream in streams]
    try:
        while (event := await queue.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
