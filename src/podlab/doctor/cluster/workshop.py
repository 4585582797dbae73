"""What a workshop's seats ask of a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podlab.doctor.cluster.facts import Seat
from podlab.engines.kubernetes.lab.bounds import amounts
from podlab.engines.kubernetes.lab.pod_security import standard
from podlab.manifest import level
from podlab.workshop.lab import set_up as lab
from podlab.workshop.pool import DEFAULT_COUNT

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.manifest.workshop import Workshop


def seat(engine: Engine, workshop: Workshop) -> Seat:
    """A daemon whose level is left to podlab is privileged there: it is the only one that clusters keep."""
    if any(level.plain(workshop.spec.pod.spec)):
        workshop = replace(workshop, spec=replace(workshop.spec, level="privileged"))
    pod = lab.ground_of(lab.fitted(engine, workshop)).seat
    asks = amounts(pod.spec)
    return Seat(
        cpu=asks["requests.cpu"],
        memory=asks["requests.memory"],
        selector=pod.spec.for_cluster.get("nodeSelector") or {},
        tolerations=tuple(pod.spec.for_cluster.get("tolerations") or ()),
        is_privileged=standard([pod]) == "privileged",
    )


def seats(workshop: Workshop) -> int:
    said = workshop.spec.seats
    return (said and said.count) or DEFAULT_COUNT
