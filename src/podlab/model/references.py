"""What an object of the API points to another one with."""

from __future__ import annotations

from dataclasses import dataclass

from podlab.model.quantity import Quantity
from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySelector(Wire):
    """One key of a ConfigMap or of a Secret."""

    name: str
    key: str
    optional: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSelector(Wire):
    """`metadata.name`, `status.podIP`, `metadata.labels['app']`: a field of the pod itself."""

    field_path: str
    api_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSelector(Wire):
    """`limits.cpu`, counted in units of `divisor`."""

    resource: str
    container_name: str | None = None
    divisor: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReference(Wire):
    """A ConfigMap or Secret as a whole; a pull secret."""

    name: str
    optional: bool | None = None
