"""What a container's stop takes beyond a signal, kept in a label of its own: so whoever stops a container knows it
from the list that finds it, also when the pod's wanted state has changed or is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from podlab import naming
from podlab.model import Container, Lifecycle, Metadata, Pod, PodSpec
from podlab.node import order
from podlab.wire import decode, encode


@dataclass(frozen=True, slots=True)
class Ending:
    """Of containers that end together, as far as their stop is concerned: `pod` has nothing else. `grace_s` is the
    pod's own grace period."""

    pod: Pod
    grace_s: int


def stops(pod: Pod, container: Container, grace_s: int) -> dict[str, str]:
    """The label. Most containers need none: they are simply stopped, all at once."""
    sidecars = [c.name for c in pod.spec.init_containers if order.is_sidecar(c)]
    pre_stop = container.lifecycle.pre_stop if container.lifecycle else None
    if container.name not in sidecars and pre_stop is None:
        return {}
    told: dict[str, Any] = {"graceSeconds": grace_s, "container": {}}
    if pre_stop is not None:
        ports = tuple(p for p in container.ports if p.name)
        told["container"] = encode({"ports": ports, "lifecycle": Lifecycle(pre_stop=pre_stop)})
    if container.name in sidecars:
        told["sidecar"] = sidecars.index(container.name)
    return {naming.STOPS: json.dumps(told, separators=(",", ":"))}


def ending(pod: str, containers: Mapping[str, Mapping[str, str]]) -> Ending:
    """From the labels of containers, by name, at least one of which has something to say."""
    told = {
        name: json.loads(labels[naming.STOPS])
        for name, labels in containers.items()
        if naming.STOPS in labels
    }
    members: list[Container] = []
    sidecars: list[tuple[int, Container]] = []
    for name in containers:
        known = told.get(name, {"container": {}})
        container = decode(Container, {"name": name, "image": ""} | known["container"])
        if "sidecar" in known:
            sidecars.append((known["sidecar"], replace(container, restart_policy="Always")))
        else:
            members.append(container)
    in_order = tuple(container for _, container in sorted(sidecars, key=lambda pair: pair[0]))
    spec = PodSpec(containers=tuple(members), init_containers=in_order)
    grace_s = max(each["graceSeconds"] for each in told.values())
    return Ending(Pod(metadata=Metadata(name=pod), spec=spec), grace_s)
