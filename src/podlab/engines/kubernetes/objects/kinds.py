"""Where the API has objects of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from podlab.engines.kubernetes import versions
from podlab.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.engines.kubernetes.client import Client


@dataclass(frozen=True, slots=True)
class Place:
    """`since` is the first version that has the kind in this group."""

    group: str
    plural: str
    since: versions.Version = (0, 0)


_PLACES: Final[Mapping[str, tuple[Place, ...]]] = {
    "ConfigMap": (Place("v1", "configmaps"),),
    "Secret": (Place("v1", "secrets"),),
    "PersistentVolumeClaim": (Place("v1", "persistentvolumeclaims"),),
    "Deployment": (Place("apps/v1", "deployments"),),
    "ReplicaSet": (Place("apps/v1", "replicasets"),),
    "StatefulSet": (Place("apps/v1", "statefulsets"),),
    "DaemonSet": (Place("apps/v1", "daemonsets"),),
    "Job": (Place("batch/v1", "jobs"),),
    "CronJob": (Place("batch/v1", "cronjobs", (1, 21)), Place("batch/v1beta1", "cronjobs")),
}
"""The newest first."""


async def place(client: Client, kind: str) -> Place:
    """`Unsupported` for a kind that podlab does not know."""
    places = _PLACES.get(kind, ())
    if len(places) == 1:
        return places[0]
    version = await versions.of(client) if places else (0, 0)
    for each in places:
        if each.since <= version:
            return each
    raise Unsupported(f"podlab keeps no objects of kind {kind!r}", subject=kind)


async def path(client: Client, kind: str, name: str = "") -> str:
    of = await place(client, kind)
    return client.of(of.plural, name, group=of.group)
