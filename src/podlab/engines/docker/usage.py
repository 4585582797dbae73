"""What a container uses, from the engine's statistics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from podlab.engines.base import Usage
from podlab.engines.docker.api import Client
from podlab.engines.docker.find import when


async def usage(client: Client, id: str, container: str, *, follow: bool) -> AsyncIterator[Usage]:
    query = {"stream": True} if follow else {"stream": False, "one-shot": True}
    async with client.request("GET", f"/containers/{id}/stats", query=query) as response:
        async for stats in response.json_lines():
            yield _reading(stats, container)


def _reading(stats: Mapping[str, Any], container: str) -> Usage:
    memory = stats.get("memory_stats") or {}
    # The page cache can be given back at any time: `docker stats` leaves it out, too.
    # https://docs.docker.com/reference/cli/docker/container/stats/
    detail = memory.get("stats") or {}
    cache = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    blocks = (stats.get("blkio_stats") or {}).get("io_service_bytes_recursive") or []
    networks = (stats.get("networks") or {}).values()
    return Usage(
        container=container,
        at=when(stats.get("read", "")) or datetime.now(UTC),
        cpu_ns=((stats.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage", 0),
        memory_bytes=max(0, memory.get("usage", 0) - cache),
        memory_limit_bytes=memory.get("limit", 0),
        pids=(stats.get("pids_stats") or {}).get("current", 0),
        read_bytes=sum(b["value"] for b in blocks if b["op"].lower() == "read"),
        written_bytes=sum(b["value"] for b in blocks if b["op"].lower() == "write"),
        received_bytes=sum(n["rx_bytes"] for n in networks),
        sent_bytes=sum(n["tx_bytes"] for n in networks),
    )
