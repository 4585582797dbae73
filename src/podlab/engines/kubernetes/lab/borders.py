"""Whom a lab's pods reach, and who reaches them. https://kubernetes.io/docs/concepts/services-networking/network-policies/

Terminals, files, previews and checks come through the API server and the kubelet, which network policies do not
concern; so nothing at all need be let in to a seat.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from podlab.model import ISOLATED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from podlab.engines.labs import Ground
    from podlab.model import Pod

_PRIVATE_4: Final = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
)  # fmt: skip
_PRIVATE_6: Final = ("::1/128", "fc00::/7", "fe80::/10", "ff00::/8", "64:ff9b::/96")
"""Pods, Services, nodes, the metadata service and whatever else the cluster's owner has in the neighbourhood."""
_NAME_SERVICE: Final = {"k8s-app": "kube-dns"}
"""What CoreDNS and its predecessors call themselves in clusters of all makers."""
_NODE_LOCAL: Final = "169.254.20.10/32"
"""https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/"""


def policies(ground: Ground, closed: Collection[str] = ()) -> list[dict[str, Any]]:
    """One for seats, and one for each pod that they share. `closed` are addresses that are nobody's business although
    they are public: of the API server and the nodes."""
    seats = {"matchLabels": {ISOLATED: "true"}}
    out: list[dict[str, Any]] = [_names(), *(_to(each) for each in ground.beside), _outside(closed)]
    found = [_policy("", seats, ingress=[], egress=out)]
    for pod in ground.beside:
        from_seats = {"from": [{"podSelector": seats}], "ports": _ports(pod)}
        outside = [_names(), _outside(closed)] if _fetches(pod) else []
        found.append(_policy(pod.name, {"matchLabels": _labels(pod)}, ingress=[from_seats], egress=outside))
    return found


def _policy(
    name: str, selector: dict[str, Any], *, ingress: list[dict[str, Any]], egress: list[dict[str, Any]]
) -> dict[str, Any]:
    """`name` is empty for that of the seats."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        **({"metadata": {"name": name}} if name else {}),
        "spec": {
            "podSelector": selector,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": egress,
        },
    }


def _names() -> dict[str, Any]:
    return {
        "to": [
            {"namespaceSelector": {}, "podSelector": {"matchLabels": _NAME_SERVICE}},
            {"ipBlock": {"cidr": _NODE_LOCAL}},
        ],
        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
    }


def _to(pod: Pod) -> dict[str, Any]:
    return {"to": [{"podSelector": {"matchLabels": _labels(pod)}}], "ports": _ports(pod)}


def _outside(closed: Collection[str]) -> dict[str, Any]:
    """The internet, and nothing of this side of it."""
    each = [ipaddress.ip_network(one) for one in closed]
    return {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": _except(_PRIVATE_4, each, 4)}},
            {"ipBlock": {"cidr": "::/0", "except": _except(_PRIVATE_6, each, 6)}},
        ]
    }


def _except(
    always: Sequence[str],
    closed: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network],
    version: int,
) -> list[str]:
    private = [ipaddress.ip_network(each) for each in always]
    more = sorted(
        str(one)
        for one in closed
        if one.version == version and not any(one.subnet_of(each) for each in private)  # type: ignore[arg-type]
    )
    return [*always, *more]


def _labels(pod: Pod) -> dict[str, str]:
    return dict(pod.metadata.labels)


def _ports(pod: Pod) -> list[dict[str, Any]]:
    return [
        {"protocol": port.protocol or "TCP", "port": port.container_port}
        for each in pod.spec.containers
        for port in each.ports
    ]


def _fetches(pod: Pod) -> bool:
    """Whether it is to reach the internet: a mirror that caches has been told from where."""
    return any(each.name == "UPSTREAM" for one in pod.spec.containers for each in one.env)
