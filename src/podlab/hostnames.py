"""What a pod is called on a network. https://kubernetes.io/docs/concepts/workloads/pods/pod-hostname/"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from podlab.model import Pod

NAMESPACE: Final = "default"
"""The one that pods are in here, where a name has a part for it."""
CLUSTER_DOMAIN: Final = "cluster.local"
LONGEST: Final = 64
"""Bytes of a host name in the kernel: https://man7.org/linux/man-pages/man2/gethostname.2.html"""


def short(pod: Pod) -> str:
    """Without its domain."""
    return pod.spec.hostname or pod.name[:63].rstrip("-.")


def domain(pod: Pod) -> str:
    """Of a pod with a subdomain, as a cluster has it: `web.default.svc.cluster.local`. Of others it is empty."""
    sub = pod.spec.subdomain
    return f"{sub}.{NAMESPACE}.svc.{CLUSTER_DOMAIN}" if sub else ""


def full(pod: Pod) -> str:
    return ".".join(filter(None, [short(pod), domain(pod)]))


def names(pod: Pod) -> list[str]:
    """By which other pods find this one. Its subdomain is the headless Service that there is not: it stands for all
    pods that have it, and each of them has a name in it, in the forms that a cluster has."""
    found = [pod.name]
    if sub := pod.spec.subdomain:
        service = (sub, f"{sub}.{NAMESPACE}", f"{sub}.{NAMESPACE}.svc", domain(pod))
        found += [*(f"{short(pod)}.{each}" for each in service), *service]
    return list(dict.fromkeys(found))
