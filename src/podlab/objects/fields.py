"""Fields of the pod itself, as its environment and its downwardAPI volumes show them.

https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Final

from podlab import quantity
from podlab.model import Container, FieldSelector, Pod, Resources, ResourceSelector
from podlab.objects.surroundings import Facts

NAMESPACE: Final = "default"
"""Of every pod: an engine without a cluster has one."""
SERVICE_ACCOUNT: Final = "default"
OF_ENV: Final = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
OF_FILES: Final = (
    "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations",
)  # fmt: skip
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


def subscript(path: str) -> tuple[str, str] | None:
    """(`labels`, `app`) of `metadata.labels['app']`."""
    match = _SUBSCRIPT.fullmatch(path)
    return (match[1], match[2]) if match else None


def needs_address(container: Container) -> bool:
    """Whether its environment shows an address, which a pod has only once its network is up."""
    return any(path.startswith("status.") for path in field_paths(container))


def needs_machine(container: Container) -> bool:
    """Whether its environment shows something of the machine that the pod runs on."""
    resources = any(v.value_from and v.value_from.resource_field_ref for v in container.env)
    return resources or "spec.nodeName" in field_paths(container)


def field_paths(container: Container) -> set[str]:
    refs = (v.value_from.field_ref for v in container.env if v.value_from)
    return {ref.field_path for ref in refs if ref}


def field_value(pod: Pod, selector: FieldSelector, facts: Facts) -> str:
    """Empty for a label or annotation that the pod has not."""
    path = selector.field_path
    if part := subscript(path):
        return (pod.metadata.labels if part[0] == "labels" else pod.metadata.annotations).get(part[1], "")
    values = {
        "metadata.name": pod.name,
        "metadata.namespace": NAMESPACE,
        "metadata.uid": facts.uid,
        "metadata.labels": lines(pod.metadata.labels),
        "metadata.annotations": lines(pod.metadata.annotations),
        "spec.nodeName": facts.node,
        "spec.serviceAccountName": SERVICE_ACCOUNT,
        "status.hostIP": facts.host_ips[0] if facts.host_ips else "",
        "status.hostIPs": ",".join(facts.host_ips),
        "status.podIP": facts.pod_ips[0] if facts.pod_ips else "",
        "status.podIPs": ",".join(facts.pod_ips),
    }
    return values[path]


def lines(pairs: Mapping[str, str]) -> str:
    """`key="value"`, a line each, by key, the value as a Go program would quote it."""
    return "\n".join(f"{key}={_quoted(value)}" for key, value in sorted(pairs.items()))


_ESCAPES: Final = {
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\", '"': r"\"",
}  # fmt: skip


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else _code(ord(c))) for c in text) + '"'


def _code(number: int) -> str:
    if number < 0x7F or number == 0x7F:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def resource_value(pod: Pod, container: Container, selector: ResourceSelector, facts: Facts) -> str:
    """In units of the divisor, rounded up. A limit that was not set is all that the machine has; a request that was
    not set is the limit that was, else 0.

    https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-resourceFieldRef
    """
    about = pod.container(selector.container_name) if selector.container_name else container
    resources = (about or container).resources or Resources()
    kind, _, name = selector.resource.partition(".")
    machine: Mapping[str, int] = {"cpu": facts.cpus, "memory": facts.memory_bytes}
    amount: str | float
    if kind == "limits":
        amount = resources.limits.get(name, machine.get(name, 0))
    else:
        amount = resources.requests.get(name, resources.limits.get(name, 0))
    divisor = quantity.parse(selector.divisor or 1) or Decimal(1)
    # Kubernetes counts processors in thousandths before it divides, everything else in whole units.
    step = Decimal("0.001") if name == "cpu" else Decimal(1)
    whole = quantity.parse(amount).quantize(step, ROUND_CEILING)
    return str(int((whole / divisor).to_integral_value(ROUND_CEILING)))
