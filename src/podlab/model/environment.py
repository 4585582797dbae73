"""Environment variables. https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/"""

from __future__ import annotations

from dataclasses import dataclass

from podlab.model.references import FieldSelector, KeySelector, ObjectReference, ResourceSelector
from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVarSource(Wire):
    """Exactly one of these."""

    field_ref: FieldSelector | None = None
    resource_field_ref: ResourceSelector | None = None
    config_map_key_ref: KeySelector | None = None
    secret_key_ref: KeySelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVar(Wire):
    """`value` or `value_from`."""

    name: str
    value: str = ""
    value_from: EnvVarSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvFromSource(Wire):
    """All keys of a ConfigMap or a Secret, each under `prefix` and its name."""

    prefix: str | None = None
    config_map_ref: ObjectReference | None = None
    secret_ref: ObjectReference | None = None
