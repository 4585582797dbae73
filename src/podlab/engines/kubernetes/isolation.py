"""Pods that no other pod reaches: a network policy for all of a namespace's.

It holds where the cluster's network enforces policies; `podlab doctor` looks whether it does.
https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.engines.kubernetes.client import MANAGER
from podlab.engines.kubernetes.manifest import ISOLATION
from podlab.errors import AlreadyExists, NotFound

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

NAME: Final = naming.ISOLATED_NETWORK
_GROUP: Final = "networking.k8s.io/v1"


def policy() -> dict[str, Any]:
    """Nothing comes in. What the API server forwards comes from the node, and is not meant."""
    return {
        "apiVersion": _GROUP,
        "kind": "NetworkPolicy",
        "metadata": {"name": NAME, "labels": {naming.VERSION: naming.LABEL_SCHEME}},
        "spec": {
            "podSelector": {"matchLabels": {ISOLATION: "true"}},
            "policyTypes": ["Ingress"],
            "ingress": [],
        },
    }


async def ensure(client: Client) -> None:
    """Before the first isolated pod is there. It stays: other pods may need it at any time."""
    if client.namespace in _there(client):
        return
    try:
        await client.json("GET", client.of("networkpolicies", NAME, group=_GROUP))
    except NotFound:
        made = client.of("networkpolicies", group=_GROUP)
        with suppress(AlreadyExists):
            await client.json("POST", made, query={"fieldManager": MANAGER}, body=policy())
    _there(client).add(client.namespace)


def _there(client: Client) -> set[str]:
    there: set[str] = client.seen.setdefault("isolation", set())
    return there
