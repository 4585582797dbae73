"""All that a class in a cluster consists of before its first seat, as documents in the order of their making. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from podlab.deploy import folder, portal, rights
from podlab.engines.kubernetes import isolation
from podlab.engines.kubernetes.lab import ground as standing
from podlab.engines.kubernetes.lab import shared
from podlab.objects.references import references
from podlab.workshop.lab import mirror as lab_mirror

if TYPE_CHECKING:
    from collections.abc import Collection

    from podlab.deploy.portal import Portal
    from podlab.engines.labs import Ground

_PLURALS = {
    "ServiceAccount": "serviceaccounts",
    "ResourceQuota": "resourcequotas",
    "LimitRange": "limitranges",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`documents` bear their namespaces; `seats` and `own` are their names."""

    documents: tuple[dict[str, Any], ...]
    seats: str
    own: str


def deployment(
    ground: Ground,
    wanted: Portal,
    files: dict[str, bytes],
    *,
    closed: Collection[str] = (),
    has_storage: bool = True,
    keeps: str = "",
) -> Deployment:
    """`closed` as in `borders.policies`; `keeps` and `has_storage` as in `shared.manifests`."""
    seats, own = wanted.seats_namespace, own_namespace(ground.lab)
    stands = [*standing.within(ground, closed=closed), isolation.policy()]
    for each in ground.beside:
        stands += shared.manifests(ground.lab, each, lab_mirror.PORT, keeps=keeps, has_storage=has_storage)
    made, items = folder.config_map(portal.NAME, files)
    wanted = replace(wanted, items=tuple(items), folder_hash=_hash(files))
    looked_at = [
        ("", _PLURALS[each["kind"]], each["metadata"]["name"]) for each in stands if each["kind"] in _PLURALS
    ]
    looked_at.append(("", "namespaces", seats))
    looked_at += sorted({("", f"{each.kind.lower()}s", each.name) for each in references(ground.seat)})
    mirror = ground.beside[0].name if ground.beside else ""
    may = [
        rights.role(portal.NAME, mirror=mirror, ground=looked_at),
        rights.binding(portal.NAME, account=portal.NAME, namespace=own),
    ]
    home = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": own, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    documents = [
        standing.namespace(ground, seats),
        home,
        *(_in(each, seats) for each in (*stands, *may)),
        *(_in(each, own) for each in (made, *portal.manifests(wanted))),
    ]
    return Deployment(
        documents=tuple(standing.hashed(_labelled(each, ground.lab)) for each in documents),
        seats=seats,
        own=own,
    )


def own_namespace(lab: str) -> str:
    """The portal's, which is not its seats': `podlab-docker-pods-portal`."""
    return standing.namespace_of(f"{lab}-portal")


def _in(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    return manifest | {"metadata": {**manifest["metadata"], "namespace": namespace}}


def _labelled(manifest: dict[str, Any], lab: str) -> dict[str, Any]:
    metadata = manifest["metadata"]
    return manifest | {"metadata": {**metadata, "labels": {standing.LAB: lab, **metadata.get("labels", {})}}}


def _hash(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in files.items():
        digest.update(f"{len(path)} {path} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]
