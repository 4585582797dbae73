"""How a cluster keeps pods apart from its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from podlab.engines.guards import Security
from podlab.errors import Denied, NotFound

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

LEVELS: Final = frozenset({"privileged"})
"""The other levels need a seccomp profile of podlab's own on every node, and `procMount: Unmasked`, which no cluster
before 1.33 has and later ones only in a user namespace: docs/kubernetes-classroom.md."""


async def security(client: Client) -> Security:
    """Who may not ask for runtime classes has none."""
    try:
        found = await client.json("GET", "/apis/node.k8s.io/v1/runtimeclasses")
    except (Denied, NotFound):
        return Security(levels=LEVELS)
    return Security(runtimes=frozenset(each["metadata"]["name"] for each in found["items"]), levels=LEVELS)
