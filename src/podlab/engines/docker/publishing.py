"""Which ports of a pod its infra container has, and which need a publisher of their own. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.errors import Conflict, Unsupported
from podlab.model import ContainerPort, Pod
from podlab.ports import published, text
from podlab.wire import decode


def ports_of_infra(infra: FoundContainer) -> list[ContainerPort]:
    """Those that it was made with, as the pod's first wanted state has them; its label cannot have changed."""
    spec = infra.labels.get(naming.SPEC)
    return published(decode(Pod, json.loads(spec))) if spec else []


def is_infra_of(wanted: Pod, infra: FoundContainer) -> bool:
    """Whether nothing but the published ports differs from what the infra was made with."""
    if infra.hash == translate.infra_hash(wanted):
        return True
    return infra.hash == translate.infra_hash(wanted, ports=ports_of_infra(infra))


def added(wanted: Pod, infra: FoundContainer | None) -> dict[str, ContainerPort]:
    """The ports that need a publisher, by their text. A new infra takes all of them itself.

    `Conflict` where the infra has one that is not wanted any more: it cannot let go of it. `Unsupported` for what
    cannot be passed on.
    """
    if infra is None or infra.hash == translate.infra_hash(wanted):
        return {}
    own = {text(port) for port in ports_of_infra(infra)}
    now = {text(port): port for port in published(wanted)}
    if gone := sorted(own - now.keys()):
        raise Conflict(
            f"pod '{wanted.name}' cannot take back port {', '.join(gone)} while it lives: its namespaces were made "
            "with it",
            subject=wanted.name,
            hint="`podlab up --replace` removes the pod and makes it anew",
        )
    more = {name: port for name, port in now.items() if name not in own}
    _refuse(wanted, more.values())
    return more


def _refuse(pod: Pod, ports: Iterable[ContainerPort]) -> None:
    for port in ports:
        if port.protocol == "SCTP":
            raise Unsupported(
                f"pod '{pod.name}' is there already, and TCP and UDP ports can be published later, not {text(port)}",
                subject=pod.name,
                hint="`podlab up --replace` makes the pod anew with it",
            )
        if pod.spec.host_network:
            raise Unsupported(
                f"pod '{pod.name}' is in the machine's own network: what it listens on is there, and cannot be "
                f"published as {text(port)}",
                subject=pod.name,
            )
        if pod.is_isolated:
            raise Unsupported(
                f"pod '{pod.name}' is isolated: nobody on its network could pass {text(port)} on to it",
                subject=pod.name,
                hint=f"`podlab port-forward {pod.name} {port.host_port}:{port.container_port}` reaches it from here; "
                "`podlab up --replace` makes the pod anew with the port",
            )


def superfluous(found: FoundPod, wanted: dict[str, ContainerPort]) -> list[str]:
    return sorted(found.publishers.keys() - wanted.keys())


def lacking(found: FoundPod, wanted: dict[str, ContainerPort]) -> dict[str, str]:
    """Text of a port → why it needs its publisher made or started."""
    return {
        name: "" if (there := found.publishers.get(name)) is None else f"is {there.state}"
        for name in wanted
        if name not in found.publishers or not found.publishers[name].is_up
    }
