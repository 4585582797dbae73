"""The one address of the engine's machine that isolated pods share: their bridge's own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.ability import refuse_what_cannot_be
from podlab.errors import Conflict, NotFound, Unsupported
from podlab.model import ISOLATED, Metadata, Pod, PodSpec

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client

_ANY = Pod(metadata=Metadata(name="any", annotations={ISOLATED: "true"}), spec=PodSpec())


async def isolated_gateway(client: Client) -> str:
    """The bridge is made where it is missing. `Unsupported` where it would keep nothing apart."""
    refuse_what_cannot_be(_ANY, await client.known_features())
    try:
        network = await _network(client)
    except NotFound:
        body = translate.network(_ANY) | {"CheckDuplicate": True}
        with contextlib.suppress(Conflict):  # somebody else made it at the same time
            await client.json("POST", "/networks/create", body=body)
        network = await _network(client)
    for each in (network.get("IPAM") or {}).get("Config") or ():
        gateway = str(each.get("Gateway") or "")
        if "." in gateway:
            return gateway
    raise Unsupported(
        f"the network '{naming.ISOLATED_NETWORK}' has no gateway with an IPv4 address",
        subject=naming.ISOLATED_NETWORK,
        hint="podlab prune, when no pod runs; it is made anew with the next one",
    )


async def _network(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = await client.json("GET", f"/networks/{naming.ISOLATED_NETWORK}")
    return found
