"""All that a lab stands on, as the manifests that anybody could apply by hand. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes.lab import borders, bounds
from podlab.engines.kubernetes.lab.pod_security import standard

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from podlab.engines.labs import Ground

LAB: Final = "podlab.io/lab"
"""Label of all that is here: the workshop's name. On a namespace: podlab made it, and may remove it."""
MADE_FROM: Final = "podlab.io/hash"
"""Annotation: of what podlab last applied. Equal hashes need no request more."""
SEATS: Final = "podlab-seats"
"""The service account of seats: without any right, and its token is mounted nowhere."""
_LONGEST: Final = 63

Manifest = dict[str, Any]


def namespace_of(lab: str) -> str:
    """Where a workshop's pods are unless another namespace is named: `podlab-docker-pods`."""
    name = f"podlab-{lab}"
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9]}-{hashlib.sha256(lab.encode()).hexdigest()[:8]}"


def namespace(ground: Ground, name: str) -> Manifest:
    """https://kubernetes.io/docs/concepts/security/pod-security-admission/ ; older clusters pass over the labels."""
    level = standard([ground.seat, *ground.beside])
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn")}
    return _of(ground.lab, {"apiVersion": "v1", "kind": "Namespace"}, name, labels=labels)


def account(lab: str) -> Manifest:
    kind = {"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": False}
    return _of(lab, kind, SEATS)


def within(ground: Ground, *, closed: Collection[str] = (), is_ours: bool = True) -> list[Manifest]:
    """What is in the namespace; in one that is not podlab's own nothing bounds what others do there. `closed` as in
    `borders.policies`."""
    name = f"podlab-{ground.lab}"
    rules = borders.policies(ground, closed)
    found = [account(ground.lab)]
    if is_ours:
        found += [_of(ground.lab, each, name) for each in (bounds.quota(ground), bounds.limit_range(ground))]
    return [
        *found,
        *(
            _of(ground.lab, each, f"podlab-{each.get('metadata', {}).get('name', ground.lab)}")
            for each in rules
        ),
    ]


def _of(
    lab: str, manifest: Mapping[str, Any], name: str, *, labels: Mapping[str, str] | None = None
) -> Manifest:
    """The manifest as the lab's own, under this name."""
    kind = {key: manifest[key] for key in ("apiVersion", "kind")}
    rest = {key: value for key, value in manifest.items() if key not in (*kind, "metadata")}
    return kind | {"metadata": {"name": name, "labels": {LAB: lab, **(labels or {})}}} | rest


def hashed(manifest: Manifest) -> Manifest:
    """With an annotation that tells it from any other, wherever it is."""
    metadata = manifest["metadata"]
    said = {key: value for key, value in metadata.get("annotations", {}).items() if key != MADE_FROM}
    bare = {key: value for key, value in metadata.items() if key not in ("annotations", "namespace")}
    text = json.dumps([manifest | {"metadata": bare}, said], sort_keys=True)
    told = {**said, MADE_FROM: hashlib.sha256(text.encode()).hexdigest()[:16]}
    return manifest | {"metadata": metadata | {"annotations": told}}
