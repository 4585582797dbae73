"""What a container may use."""

from __future__ import annotations

from podlab import model, quantity
from podlab.engines.docker.translate.labels import Body


def bounds(resources: model.Resources) -> Body:
    """https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"""
    limits, requests = resources.limits, resources.requests
    body: Body = {}
    if "cpu" in limits:
        body["NanoCpus"] = quantity.nano(limits["cpu"])
    if "memory" in limits:
        body["Memory"] = body["MemorySwap"] = quantity.whole(
            limits["memory"]
        )  # equal: no swap, as in Kubernetes
    if cpu := requests.get("cpu", limits.get("cpu")):
        body["CpuShares"] = max(2, int(quantity.parse(cpu) * 1024))
    if "memory" in requests:
        body["MemoryReservation"] = quantity.whole(requests["memory"])
    return body
