"""The container that was before this one: where restarts are clean it is set aside, stopped, for its logs and files.

Labels cannot be changed, so it is known by its name; there is one at most, as a kubelet keeps one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab import naming
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.stopping import stop_found
from podlab.errors import Conflict, Invalid

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.found import FoundPod


async def set_aside(client: Client, infra_image: str, found: FoundPod, container: str) -> None:
    """Stop what was found and give it another name, in place of the one before it. By their ids: somebody else may have
    done so, and the names be those of others; then it is `Conflict` or `NotFound`."""
    id, name = found.members[container].id, naming.former(found.name, container)
    if found.members[container].is_up:
        await stop_found(client, infra_image, found, container)
        await client.json("POST", f"/containers/{id}/stop")
    await remove_former(client, found, container)
    try:
        await client.json("POST", f"/containers/{id}/rename", query={"name": name})
    except Invalid as error:  # it has this name
        raise Conflict(f"container '{container}' of pod '{found.name}' was set aside already") from error


async def remove_former(client: Client, found: FoundPod, container: str) -> None:
    """Where there is one."""
    if former := found.former.get(container):
        await remove_container(client, former.id)
