"""The bridges, and the pods that are in the machine's own network instead."""

from __future__ import annotations

from podlab import hostnames, naming
from podlab.engines.docker.translate.labels import NETWORK_LABELS, Body
from podlab.model import Pod

HOST = "host"


def network_name(pod: Pod) -> str:
    """As the engine calls the network of the pod's infra."""
    if pod.spec.host_network:
        return HOST
    return naming.ISOLATED_NETWORK if pod.is_isolated else naming.NETWORK


def bridge_name(pod: Pod) -> str:
    """Of the network that podlab makes for the pod; empty where it needs none."""
    return "" if pod.spec.host_network else network_name(pod)


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


def endpoint(pod: Pod) -> Body:
    """How the infra joins the network, under which names."""
    if pod.spec.host_network:
        return {}
    return {"EndpointsConfig": {network_name(pod): {"Aliases": hostnames.names(pod)}}}
