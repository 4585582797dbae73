"""Registry logins that seats name: they lie in the trainer's namespace, and pods find them only in their own.

https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes.lab import owned
from podlab.engines.kubernetes.lab.ground import LAB
from podlab.errors import Denied, NotFound

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.labs import Ground

_LOGINS: Final = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")


def named(ground: Ground) -> list[str]:
    """`imagePullSecrets` of a seat."""
    return [each.name for each in ground.seat.spec.image_pull_secrets]


async def bring(client: Client, ground: Ground) -> None:
    """Copy those that the seats' namespace lacks from the namespace that the kubeconfig says. `NotFound` where one is
    in neither, or is no registry's login."""
    await asyncio.gather(*(_bring(client, ground.lab, name) for name in named(ground)))


async def _bring(client: Client, lab: str, name: str) -> None:
    wanted: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {LAB: lab}},
    }
    try:
        there = await owned.found(client, wanted)
    except Denied:  # a portal in the cluster: whoever deployed it has brought them
        return
    if there is not None and not owned.is_of(lab, there):
        return
    home = wanted | {"metadata": {"name": name, "namespace": client.access.namespace}}
    found = await owned.found(client, home) if client.access.namespace != client.namespace else None
    if found is not None and found.get("type") in _LOGINS:
        await owned.keep(client, wanted | {"type": found["type"], "data": found["data"]})
    elif there is None:
        raise NotFound(
            f"there is no registry login '{name}' in namespace '{client.namespace}' or '{client.access.namespace}'",
            subject=name,
            hint=f"kubectl create secret docker-registry {name} --namespace {client.access.namespace} "
            "--docker-server=REGISTRY --docker-username=USER --docker-password=…",
        )
