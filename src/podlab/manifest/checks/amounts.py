"""What may be asked for of processors, memory, disk and devices.

https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from podlab import model, quantity
from podlab.manifest.checks.finding import Findings, at
from podlab.manifest.nodes import Path, quoted
from podlab.manifest.suggest import did_you_mean

_PLAIN: Final = ("cpu", "memory", "ephemeral-storage")
_LEAST_MEMORY: Final = 6 * 1024 * 1024
"""https://docs.docker.com/engine/containers/resource_constraints/#limit-a-containers-access-to-memory"""
_MOST: Final = {"cpu": Decimal(2**63) / 10**9}
"""What the engine's 64-bit numbers hold: billionths of a processor. Of all else they count bytes."""
_DEVICE: Final = re.compile(r"[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?/[a-zA-Z0-9](?:[-._a-zA-Z0-9]*[a-zA-Z0-9])?")
_MOST_DEVICES: Final = 1024
OF_PODS: Final = ("cpu", "memory")


def resources(r: model.Resources) -> Findings:
    for kind, amounts in (("limits", r.limits), ("requests", r.requests)):
        for name, amount in amounts.items():
            yield from at((kind, name), _amount(kind, name, amount))
    for name in r.requests:
        if "/" in name and name not in r.limits:
            yield ("requests", name), "a device needs a limit, too, and the same one"
        if name not in r.limits:
            continue
        limit, request = r.limits[name], r.requests[name]
        if _amount("limits", name, limit) or _amount("requests", name, request):
            continue
        if quantity.parse(request) > quantity.parse(limit):
            yield ("requests", name), f"{request} is more than the limit, {limit}"
        elif "/" in name and quantity.parse(request) != quantity.parse(limit):
            yield ("requests", name), f"must be as many as the limit, {limit}: devices are not shared out"


def _amount(kind: str, name: str, amount: model.Quantity) -> str:
    if fault := _name(name):
        return fault
    try:
        value = quantity.parse(amount)
    except ValueError as error:
        return str(error)
    if "/" in name:
        whole = 0 <= value <= _MOST_DEVICES and value == int(value)
        return "" if whole else f"must be a number of devices, 0 to {_MOST_DEVICES}, not {amount}"
    if value < 0 or (value == 0 and kind == "limits"):
        return f"must be more than 0, not {amount}"
    if value >= _MOST.get(name, Decimal(2**63)):
        return f"{amount} is too much"
    if name == "memory" and kind == "limits" and value < _LEAST_MEMORY:
        meant = f"; 'm' means thousandths, write {str(amount)[:-1]}Mi" if str(amount).endswith("m") else ""
        return f"{amount} is less than the 6Mi that a container needs{meant}"
    return ""


def _name(name: str) -> str:
    if name in _PLAIN:
        return ""
    if name.startswith("hugepages-"):
        return "an engine has no bound for a container's huge pages; remove it"
    if _DEVICE.fullmatch(name) and not name.partition("/")[0].endswith("kubernetes.io"):
        return ""
    near = did_you_mean(name, _PLAIN)
    return f"cpu, memory, ephemeral-storage and devices such as nvidia.com/gpu are honoured, not {quoted(name)}{near}"


def of_pod(spec: model.PodSpec) -> Iterator[tuple[Path, str]]:
    """The pod's own resources, and its containers' beside them; paths are from the spec."""
    own = spec.resources
    if own is None:
        return
    for kind, amounts in (("limits", own.limits), ("requests", own.requests)):
        for name in amounts:
            if name not in OF_PODS:
                yield ("resources", kind, name), "a pod as a whole has cpu and memory only"
    yield from _limits(own.limits, spec.containers)
    for name in OF_PODS:
        asked = _sum(c.resources.requests.get(name) for c in spec.containers if c.resources)
        most = _value(own.requests.get(name, own.limits.get(name)))
        if most is not None and asked > most:
            kind = "requests" if name in own.requests else "limits"
            yield ("resources", kind, name), "must be greater than or equal to aggregate container requests"


def _limits(of_pod: Mapping[str, model.Quantity], containers: Iterable[model.Container]) -> Findings:
    for n, container in enumerate(containers):
        for name, amount in (container.resources.limits if container.resources else {}).items():
            most, own = _value(of_pod.get(name)), _value(amount)
            if most is not None and own is not None and own > most:
                yield (
                    ("containers", n, "resources", "limits", name),
                    f"must be less than or equal to pod limits of {of_pod[name]}",
                )


def _sum(amounts: Iterable[model.Quantity | None]) -> Decimal:
    return sum((value for each in amounts if (value := _value(each)) is not None), Decimal())


def _value(amount: model.Quantity | None) -> Decimal | None:
    """None where there is none, or what is written is no quantity: that is told in its own place."""
    try:
        return None if amount is None else quantity.parse(amount)
    except ValueError:
        return None
