"""What a document says it is, by `apiVersion` and `kind`, and reading it as that."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Final, TypeAlias

from podlab.manifest.nodes import Mapping, Node, Path, Scalar, Sequence, quoted
from podlab.manifest.report import Report, place
from podlab.manifest.structure import read
from podlab.manifest.suggest import did_you_mean
from podlab.manifest.workshop import Workshop
from podlab.model import ConfigMap, PersistentVolumeClaim, Pod, Secret, workloads

Object: TypeAlias = Pod | Workshop | workloads.Workload | ConfigMap | Secret | PersistentVolumeClaim
_HEAD: Final = ("apiVersion", "kind")
READ: Final[MappingOf[str, tuple[str, type[Object]]]] = {
    "Pod": ("v1", Pod),
    "ConfigMap": ("v1", ConfigMap),
    "Secret": ("v1", Secret),
    "PersistentVolumeClaim": ("v1", PersistentVolumeClaim),
    "Deployment": ("apps/v1", workloads.Deployment),
    "ReplicaSet": ("apps/v1", workloads.ReplicaSet),
    "StatefulSet": ("apps/v1", workloads.StatefulSet),
    "DaemonSet": ("apps/v1", workloads.DaemonSet),
    "Job": ("batch/v1", workloads.Job),
    "CronJob": ("batch/v1", workloads.CronJob),
    "Workshop": ("podlab/v1", Workshop),
}
"""The kinds that are read, with their `apiVersion` and type. A new kind is a line here."""
_API_VERSION: Final = {"List": "v1", "PodList": "v1"} | {kind: version for kind, (version, _) in READ.items()}
_LATER: Final = "not yet"
_REFUSED: Final = {
    "CustomResourceDefinition": "an engine knows no other kinds",
    "Endpoints": "there are no Services",
    "EndpointSlice": "there are no Services",
    "HorizontalPodAutoscaler": "`podlab scale` says how many pods there are",
    "Ingress": "publish a pod's port with hostPort",
    "LimitRange": "say limits in the pods",
    "Namespace": "an engine is one name space",
    "NetworkPolicy": "`podlab up --isolated` keeps other pods out",
    "Node": "an engine is one node",
    "PersistentVolume": "a claim alone makes a volume of the engine",
    "PodDisruptionBudget": "nobody evicts pods here",
    "PodTemplate": "write the template into a Deployment or another workload",
    "ReplicationController": "a Deployment is what came after it",
    "ResourceQuota": "say limits in the pods",
    "Role": "whoever reaches the engine may do everything",
    "RoleBinding": "whoever reaches the engine may do everything",
    "Service": "pods find each other by name; publish a pod's port with hostPort",
    "ServiceAccount": "pods have no API to sign in to",
    "StorageClass": "claims are volumes of the engine",
}
"""Kinds that people will try, and what there is instead."""
_ALL: Final = (
    "Pod, ConfigMap, Secret, PersistentVolumeClaim, List, Deployment and other workloads, and Workshop"
)


@dataclass(frozen=True, slots=True)
class Found:
    """One object of a file, and where its name stands."""

    object: Object
    line: int
    column: int
    path: Path


def read_document(node: Node, path: Path, report: Report) -> Iterator[Found]:
    """The objects in a document: one, or those of a `List`. What cannot be read is reported."""
    if not isinstance(node, Mapping):
        report.problem(
            node.line, node.column, path, "expected a Pod or Workshop: a mapping that begins with 'kind:'"
        )
        return
    kind = _kind(node, path, report)
    if kind is None:
        return
    if kind.endswith("List"):
        yield from _items(node, path, report)
        return
    made = read(READ[kind][1], node, path, report, skip=_HEAD)
    if made is not None:
        yield Found(made, *place(node, ("metadata", "name")), (*path, "metadata", "name"))


def _kind(node: Mapping, path: Path, report: Report) -> str | None:
    kind, version = node.get("kind"), node.get("apiVersion")
    if not isinstance(kind, Scalar) or not isinstance(kind.value, str):
        found = kind or node
        meant = next(
            (f"; is {quoted(k)} meant for it?" for k in node.entries if did_you_mean(k, ["kind"])), ""
        )
        report.problem(found.line, found.column, (*path, "kind"), f"required: Pod or Workshop{meant}")
        return None
    if kind.value not in _API_VERSION:
        message = f"podlab reads {_ALL}, not {quoted(kind.value)}"
        message += (
            f" ({_REFUSED[kind.value]})" if kind.value in _REFUSED else did_you_mean(kind.value, _API_VERSION)
        )
        report.problem(kind.line, kind.column, (*path, "kind"), message)
        return None
    expected = _API_VERSION[kind.value]
    if not isinstance(version, Scalar) or version.value != expected:
        found = version or kind
        shown = f", got {quoted(version.text)}" if isinstance(version, Scalar) else ""
        report.problem(found.line, found.column, (*path, "apiVersion"), f"expected {expected}{shown}")
    return kind.value


def _items(node: Mapping, path: Path, report: Report) -> Iterator[Found]:
    for key, (at, _) in node.entries.items():
        if key not in (*_HEAD, "items", "metadata"):
            report.refuse(
                at.line, at.column, (*path, key), f"unknown field{did_you_mean(key, ['items', 'metadata'])}"
            )
    items = node.get("items")
    if not isinstance(items, Sequence) or not items.items:
        found = items or node
        report.problem(found.line, found.column, (*path, "items"), "expected a list of pods")
        return
    for n, item in enumerate(items.items):
        if (
            isinstance(item, Mapping)
            and isinstance(kind := item.get("kind"), Scalar)
            and kind.text.endswith("List")
        ):
            report.problem(kind.line, kind.column, (*path, "items", n, "kind"), "a List cannot hold a List")
        else:
            yield from read_document(item, (*path, "items", n), report)
