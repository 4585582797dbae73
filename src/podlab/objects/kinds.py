"""The kinds of objects that an engine keeps beside its pods."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from typing import Final, TypeAlias

from podlab.errors import Conflict, Invalid
from podlab.model import ConfigMap, PersistentVolumeClaim, Secret
from podlab.model.workloads import CronJob, DaemonSet, Deployment, Job, ReplicaSet, StatefulSet, Workload
from podlab.wire import encode

Object: TypeAlias = ConfigMap | Secret | PersistentVolumeClaim | Workload
KINDS: Final[Mapping[str, type[Object]]] = {
    "ConfigMap": ConfigMap,
    "Secret": Secret,
    "PersistentVolumeClaim": PersistentVolumeClaim,
    "Deployment": Deployment,
    "ReplicaSet": ReplicaSet,
    "StatefulSet": StatefulSet,
    "DaemonSet": DaemonSet,
    "Job": Job,
    "CronJob": CronJob,
}
HIDDEN: Final = "***"
"""Stands for a Secret's value wherever a person may look."""


def kind_of(made: Object) -> str:
    return type(made).__name__


def key_of(made: Object) -> tuple[str, str]:
    """What no two objects of an engine share."""
    return kind_of(made), made.metadata.name


def settled(made: Object) -> Object:
    """As an API server keeps it: a Secret's `stringData` is in its `data`, where it counts before what was there.

    https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
    """
    if not isinstance(made, Secret) or not made.string_data:
        return made
    written = {key: base64.b64encode(text.encode()).decode() for key, text in made.string_data.items()}
    return dataclasses.replace(made, data={**made.data, **written}, string_data={})


def replaced(before: Object, after: Object) -> Object:
    """`after`, where it may take the place of `before`; both are settled. `Conflict` where it may not.

    https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable
    """
    kind, name = key_of(before)
    if isinstance(before, ConfigMap | Secret):
        if before.immutable and encode(before) != encode(after):
            raise Conflict(
                f"{kind} '{name}' is immutable",
                subject=name,
                hint="give the new one another name, or remove this one first",
            )
        return after
    if not isinstance(before, PersistentVolumeClaim) or not isinstance(after, PersistentVolumeClaim):
        return after
    fixed = [dataclasses.replace(each.spec, resources=None) for each in (before, after)]
    if fixed[0] != fixed[1]:
        raise Conflict(
            f"{kind} '{name}' is there already, and only the size that it asks for can change",
            subject=name,
            hint="give the new claim another name; `podlab down --volumes` with its file removes this one and its data",
        )
    return after


def data_of(made: ConfigMap | Secret) -> dict[str, bytes]:
    """All values by key. `Invalid` where a value is no base64."""
    encoded, plain = (made.binary_data, made.data) if isinstance(made, ConfigMap) else (made.data, {})
    texts = plain if isinstance(made, ConfigMap) else made.string_data
    values = {key: _decoded(made, key, value) for key, value in encoded.items()}
    return values | {key: text.encode() for key, text in texts.items()}


def _decoded(made: ConfigMap | Secret, key: str, value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        kind, name = key_of(made)
        raise Invalid(f"key '{key}' of {kind} '{name}' is no base64", subject=name) from None


def hidden(made: Object) -> Object:
    """With `***` for every value of a Secret, as text that may be shown."""
    if not isinstance(made, Secret):
        return made
    keys = (*made.data, *made.string_data)
    return dataclasses.replace(made, data={}, string_data=dict.fromkeys(keys, HIDDEN))
