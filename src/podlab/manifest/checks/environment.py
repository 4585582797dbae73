"""Where a container's variables come from. https://kubernetes.io/docs/concepts/workloads/pods/downward-api/"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from podlab import model, quantity
from podlab.manifest import syntax
from podlab.manifest.checks.finding import Findings, at
from podlab.manifest.nodes import Path, quoted
from podlab.manifest.suggest import did_you_mean
from podlab.objects.fields import OF_ENV, OF_FILES, subscript

RESOURCES: Final = ("cpu", "memory", "ephemeral-storage")
_CPU_DIVISORS: Final = ("1m", "1")
_DIVISORS: Final = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")


def variable(e: model.EnvVar) -> Findings:
    yield from at("name", syntax.env_name(e.name))
    if e.value and e.value_from:
        yield ("valueFrom",), "a variable has a value or valueFrom, not both"


def source(s: model.EnvVarSource) -> Findings:
    given = {
        "fieldRef": s.field_ref, "resourceFieldRef": s.resource_field_ref,
        "configMapKeyRef": s.config_map_key_ref, "secretKeyRef": s.secret_key_ref,
    }  # fmt: skip
    yield from one_of(given)
    if s.field_ref:
        yield from field(s.field_ref, OF_ENV, ("fieldRef",))


def env_from(e: model.EnvFromSource) -> Findings:
    yield from one_of({"configMapRef": e.config_map_ref, "secretRef": e.secret_ref})
    if e.prefix:
        yield from at("prefix", syntax.env_name(e.prefix))


def one_of(given: Mapping[str, object]) -> Findings:
    said = [name for name, value in given.items() if value is not None]
    if not said:
        yield (), f"needs one of {', '.join(given)}"
    for name in said[1:]:
        yield (name,), f"only one of these counts, and {said[0]} is there already"


def field(f: model.FieldSelector, allowed: tuple[str, ...], at_path: tuple[str, ...]) -> Findings:
    """`allowed`: in an environment and in files there are others."""
    if f.api_version not in (None, "v1"):
        yield (*at_path, "apiVersion"), f"expected v1, got {quoted(f.api_version or '')}"
    if f.field_path in allowed:
        return
    if part := subscript(f.field_path):
        yield from at((*at_path, "fieldPath"), syntax.label_key(part[1]))
        return
    others = OF_FILES if allowed is OF_ENV else OF_ENV
    if f.field_path in others:
        where = "files of a downwardAPI volume" if allowed is OF_ENV else "variables"
        yield (*at_path, "fieldPath"), f"{f.field_path} is for {where} only"
    else:
        near = did_you_mean(f.field_path, [*allowed, "metadata.labels['KEY']", "metadata.annotations['KEY']"])
        yield (*at_path, "fieldPath"), f"a pod shows no field {quoted(f.field_path)}{near}"


def resource(r: model.ResourceSelector) -> Findings:
    kind, _, name = r.resource.partition(".")
    known = [f"{each}.{one}" for each in ("limits", "requests") for one in RESOURCES]
    if kind not in ("limits", "requests") or (name not in RESOURCES and not name.startswith("hugepages-")):
        near = did_you_mean(r.resource, known)
        yield ("resource",), f"expected one of {', '.join(known)}, got {quoted(r.resource)}{near}"
    elif r.divisor is not None:
        yield from at("divisor", _divisor(r.divisor, _CPU_DIVISORS if name == "cpu" else _DIVISORS))


def _divisor(amount: model.Quantity, allowed: tuple[str, ...]) -> str:
    try:
        value = quantity.parse(amount)
    except ValueError as error:
        return str(error)
    if value == 0 or value in map(quantity.parse, allowed):
        return ""
    return f"expected one of {', '.join(allowed)}, got {amount}"


def key_selector(k: model.KeySelector) -> Findings:
    yield from at("name", syntax.dns_subdomain(k.name))
    yield from at("key", syntax.data_key(k.key))


def reference(o: model.ObjectReference) -> Findings:
    yield from at("name", syntax.dns_subdomain(o.name))


def of_pod(s: model.PodSpec) -> Findings:
    """Containers that are named where a pod shows what they may use."""
    names = [c.name for c in (*s.init_containers, *s.containers)]
    for kind, containers in (("initContainers", s.init_containers), ("containers", s.containers)):
        for i, container in enumerate(containers):
            for j, e in enumerate(container.env):
                ref = e.value_from.resource_field_ref if e.value_from else None
                path: Path = (kind, i, "env", j, "valueFrom", "resourceFieldRef", "containerName")
                yield from _named(ref, names, path)
    for i, volume in enumerate(s.volumes):
        for j, item in enumerate(volume.downward_api.items if volume.downward_api else ()):
            path = ("volumes", i, "downwardAPI", "items", j, "resourceFieldRef", "containerName")
            yield from _named(item.resource_field_ref, names, path)
        for k, source in enumerate(volume.projected.sources if volume.projected else ()):
            for j, item in enumerate(source.downward_api.items if source.downward_api else ()):
                below = (
                    "projected",
                    "sources",
                    k,
                    "downwardAPI",
                    "items",
                    j,
                    "resourceFieldRef",
                    "containerName",
                )
                yield from _named(item.resource_field_ref, names, ("volumes", i, *below))


def _named(ref: model.ResourceSelector | None, names: list[str], path: Path) -> Findings:
    if ref and ref.container_name and ref.container_name not in names:
        near = did_you_mean(ref.container_name, names)
        yield path, f"the pod has no container named {quoted(ref.container_name)}{near}"
