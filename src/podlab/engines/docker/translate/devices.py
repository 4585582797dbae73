"""Devices of the machine that a container asks for by their number.

NVIDIA's are asked for as `docker run --gpus` does. All others are named in the Container Device Interface's way:
`example.com/card: 2` means the devices `example.com/card=0` and `=1`, which the engine finds in its own files.
https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
https://docs.docker.com/reference/cli/docker/container/run/#cdi-devices
"""

from __future__ import annotations

from typing import Final

from podlab import quantity
from podlab.engines.docker.translate.labels import Body
from podlab.model import Container

NVIDIA: Final = "nvidia.com/gpu"


def devices(container: Container) -> Body:
    limits = container.resources.limits if container.resources else {}
    wanted = {name: quantity.whole(amount) for name, amount in limits.items() if "/" in name}
    requests = [_request(name, count) for name, count in wanted.items() if count]
    return {"DeviceRequests": requests} if requests else {}


def disk(container: Container) -> Body:
    """What the container may write beside its volumes. Only some storage drivers can bound it.

    https://docs.docker.com/reference/cli/docker/container/run/#storage-opt
    """
    limits = container.resources.limits if container.resources else {}
    size = limits.get("ephemeral-storage")
    return {} if size is None else {"StorageOpt": {"size": str(quantity.whole(size))}}


def _request(name: str, count: int) -> Body:
    if name == NVIDIA:
        return {"Driver": "nvidia", "Count": count, "Capabilities": [["gpu"]]}
    return {"Driver": "cdi", "DeviceIDs": [f"{name}={n}" for n in range(count)]}
