"""The bridges."""

from __future__ import annotations

from podlab import naming
from podlab.engines.docker.translate.labels import NETWORK_LABELS, Body
from podlab.model import Pod


def network(pod: Pod) -> Body:
    """One bridge for all plain pods, one for all isolated ones: a bridge for each pod costs 70-145 ms
    and the engine's address pools end after about 30."""
    if not pod.is_isolated:
        return {"Name": naming.NETWORK, "Driver": "bridge", "Labels": NETWORK_LABELS}
    options = {"com.docker.network.bridge.enable_icc": "false"}
    return {
        "Name": naming.ISOLATED_NETWORK,
        "Driver": "bridge",
        "Labels": NETWORK_LABELS,
        "Options": options,
    }
