"""An object as the API takes it, and back. Pure.

ConfigMaps and Secrets are read as they are. Of claims and workloads, in which the API sets much by itself, what was
wanted is an annotation, word for word; how many pods are wanted is read from the object, where others change it, too.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Final

from podlab import naming
from podlab.engines.kubernetes import manifest
from podlab.engines.kubernetes.find import Found
from podlab.model import ConfigMap, PersistentVolumeClaim, Secret
from podlab.model.workloads import CronJob, PodTemplate, Workload
from podlab.objects import Object, key_of
from podlab.objects.kinds import KINDS, settled
from podlab.wire import decode, encode

_OPAQUE: Final = "Opaque"
"""https://kubernetes.io/docs/concepts/configuration/secret/#opaque-secrets"""


def document(made: Object, group: str) -> dict[str, Any]:
    """`group` is the API's, such as `apps/v1`."""
    made = settled(made)
    kind, name = key_of(made)
    encoded = encode(made)
    written = {naming.CONTENT: json.dumps(encoded, separators=(",", ":"))}
    is_plain = isinstance(made, ConfigMap | Secret)
    metadata = {
        "name": name,
        "labels": {**made.metadata.labels, naming.VERSION: naming.LABEL_SCHEME},
        "annotations": {**made.metadata.annotations, **({} if is_plain else written)},
    }
    rest = {key: value for key, value in encoded.items() if key != "metadata"}
    if isinstance(made, CronJob):
        job = rest["spec"]["jobTemplate"]
        spec = {**job["spec"], "template": _template(made.spec.job_template.spec.template, made)}
        metadata_of_job = {**(job.get("metadata") or {})}
        metadata_of_job["labels"] = {
            **(metadata_of_job.get("labels") or {}),
            naming.VERSION: naming.LABEL_SCHEME,
            naming.OWNER_KIND: kind,
            naming.OWNER_NAME: name,
        }
        rest["spec"] = {**rest["spec"], "jobTemplate": {**job, "metadata": metadata_of_job, "spec": spec}}
    elif not isinstance(made, ConfigMap | Secret | PersistentVolumeClaim):
        rest["spec"] = {**rest["spec"], "template": _template(made.spec.template, made)}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, **rest}


def _template(template: PodTemplate, owner: Workload) -> dict[str, Any]:
    """Its pods are podlab's, and their owner is told as on every engine."""
    encoded = encode(template)
    kind, name = key_of(owner)
    own = {naming.VERSION: naming.LABEL_SCHEME, naming.OWNER_KIND: kind, naming.OWNER_NAME: name}
    metadata = encoded.get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), **own}
    if template.metadata.annotations.get(manifest.ISOLATION) == "true":
        labels |= {manifest.ISOLATION: "true"}
    return {**encoded, "metadata": {**metadata, "labels": labels}, "spec": manifest.spec(encoded["spec"])}


def known(kind: str, found: Found) -> Object:
    """The object as podlab put it."""
    text = manifest.annotations_of(found).get(naming.CONTENT)
    if text is not None:
        return _live(decode(KINDS[kind], json.loads(text)), found)
    metadata = {
        "name": found["metadata"]["name"],
        "labels": manifest.labels_of_user(found),
        "annotations": manifest.annotations_of_user(found),
    }
    rest = {
        key: value for key, value in found.items() if key not in ("metadata", "status", "apiVersion", "kind")
    }
    made: Object = decode(KINDS[kind], {**rest, "metadata": metadata})
    return dataclasses.replace(made, type=None) if isinstance(made, Secret) and made.type == _OPAQUE else made


def same(before: Object, after: Object) -> bool:
    """Whether nothing is to be sent."""

    def plain(made: Object) -> Object:
        is_default = isinstance(made, Secret) and made.type == _OPAQUE
        return dataclasses.replace(made, type=None) if is_default else made  # type: ignore[arg-type]

    return bool(encode(plain(settled(before))) == encode(plain(settled(after))))


def _live(made: Object, found: Found) -> Object:
    replicas = (found.get("spec") or {}).get("replicas")
    has_number = hasattr(getattr(made, "spec", None), "replicas")
    if has_number and replicas is not None and replicas != _wanted_replicas(made):
        spec: Any = made.spec  # type: ignore[union-attr]
        return dataclasses.replace(made, spec=dataclasses.replace(spec, replicas=replicas))
    return made


def _wanted_replicas(made: Any) -> int:
    return 1 if made.spec.replicas is None else int(made.spec.replicas)
