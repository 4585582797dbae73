"""What was seen of a cluster. Plain values: what to make of them is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`free` is what is allocatable and nobody has requested: `cpu`, `memory` in bytes, `pods`."""

    name: str
    is_ready: bool
    free: Mapping[str, Decimal]
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What one seat asks of a node; by default one of examples/docker-pods, as podlab fits it to a cluster."""

    cpu: Decimal = Decimal("0.125")
    memory: Decimal = Decimal(448 * 2**20)
    selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    is_privileged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What was tried in a namespace of the doctor's own; None where it could not be, and `why` says why not."""

    why: str = ""
    holds_pod_security: bool | None = None
    takes_privileged: bool | None = None
    refusal: str = ""
    holds_policies: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`lacking` are the rights that we do not have, as `create pods`; `lacking_to_deploy` those for `podlab deploy`.
    `nodes` is None where we may not look at them."""

    server: str
    chosen_by: str
    version: str
    namespace: str
    lacking: tuple[str, ...] = ()
    lacking_to_deploy: tuple[str, ...] = ()
    storage_classes: tuple[str, ...] | None = None
    default_storage: str = ""
    nodes: tuple[Node, ...] | None = None
    probed: Probed = Probed()
