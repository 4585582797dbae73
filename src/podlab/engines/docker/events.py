"""The engine's events, as those of pods."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from podlab import naming
from podlab.engines.base import PodEvent
from podlab.engines.docker.api import Client

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
    "mount",
    "unmount",
}
"""What happened to a pod is told, not that somebody looked at it: probes alone would be most of the events. The last
six are Podman's, of its own work before a start and after an end."""
_OTHERWISE = {"remove": "destroy", "died": "die"}
"""Podman's words for the same. https://docs.podman.io/en/latest/markdown/podman-events.1.html"""


async def watch(
    client: Client, name: str, *, since: datetime | None, follow: bool
) -> AsyncIterator[PodEvent]:
    """https://docs.docker.com/reference/api/engine/version/v1.45/#tag/System/operation/SystemEvents"""
    query: dict[str, str | dict[str, list[str]]] = {
        "filters": {"type": ["container"], "label": [f"{naming.POD}={name}" if name else naming.POD]}
    }
    if since is not None:
        query["since"] = f"{since.timestamp():.6f}"
    if not follow:
        query.setdefault("since", "0")
        if (await client.known_features()).past_events_need_no_end:
            query["stream"] = "false"
        else:
            query["until"] = f"{datetime.now(UTC).timestamp():.6f}"
    async with client.request("GET", "/events", query=query) as response:
        async for event in response.json_lines():
            labels = event["Actor"]["Attributes"]
            if event["Action"].split(":")[0] in _LOOKING:
                continue
            nano = event.get("timeNano") or event["time"] * 10**9
            yield PodEvent(
                at=datetime.fromtimestamp(nano / 1e9, UTC),
                pod=labels.get(naming.POD, ""),
                container=labels.get(naming.CONTAINER, ""),
                action=_OTHERWISE.get(event["Action"], event["Action"]),
                attributes={k: v for k, v in labels.items() if not k.startswith("podlab.io/")},
            )
