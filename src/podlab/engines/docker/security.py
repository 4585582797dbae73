"""How this engine keeps containers apart from its machine, from its own account of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.engines.guards import Security

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client


async def security(client: Client) -> Security:
    """https://docs.docker.com/reference/api/engine/version/v1.45/#tag/System/operation/SystemInfo"""
    info = await client.json("GET", "/info")
    options = {option.split(",")[0] for option in info.get("SecurityOptions") or ()}
    return Security(
        maps_users=bool(options & {"name=userns", "name=rootless"}),
        cgroup_version=int(info.get("CgroupVersion") or 1),
        runtimes=frozenset(info.get("Runtimes") or ()),
    )
