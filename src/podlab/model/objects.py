"""What pods refer to by name. https://kubernetes.io/docs/concepts/configuration/"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podlab.model.metadata import Metadata
from podlab.model.volumes import ClaimSpec
from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMap(Wire):
    """`binary_data` is base64."""

    metadata: Metadata
    data: Mapping[str, str] = field(default_factory=dict)
    binary_data: Mapping[str, str] = field(default_factory=dict)
    immutable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Wire):
    """`data` is base64; `string_data` counts before it."""

    metadata: Metadata
    data: Mapping[str, str] = field(default_factory=dict)
    string_data: Mapping[str, str] = field(default_factory=dict)
    type: str | None = None
    immutable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistentVolumeClaim(Wire):
    metadata: Metadata
    spec: ClaimSpec
