"""Volumes and where they are mounted. https://kubernetes.io/docs/concepts/storage/volumes/"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from podlab.model.quantity import Quantity
from podlab.model.references import FieldSelector, ResourceSelector
from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMount(Wire):
    name: str
    mount_path: str
    read_only: bool | None = None
    recursive_read_only: Literal["Disabled", "IfPossible", "Enabled"] | None = None
    mount_propagation: Literal["None", "HostToContainer", "Bidirectional"] | None = None
    sub_path: str | None = None
    sub_path_expr: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyDir(Wire):
    medium: Literal["", "Memory"] | None = None
    size_limit: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPath(Wire):
    path: str
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyToPath(Wire):
    """`mode` is in decimal or octal as YAML reads it."""

    key: str
    path: str
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMapVolume(Wire):
    name: str
    items: tuple[KeyToPath, ...] = ()
    default_mode: int | None = None
    optional: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretVolume(Wire):
    secret_name: str
    items: tuple[KeyToPath, ...] = ()
    default_mode: int | None = None
    optional: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownwardAPIFile(Wire):
    """Exactly one of `field_ref` and `resource_field_ref`."""

    path: str
    field_ref: FieldSelector | None = None
    resource_field_ref: ResourceSelector | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownwardAPIVolume(Wire):
    items: tuple[DownwardAPIFile, ...] = ()
    default_mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMapProjection(Wire):
    name: str
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretProjection(Wire):
    name: str
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownwardAPIProjection(Wire):
    items: tuple[DownwardAPIFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeProjection(Wire):
    """Exactly one of these."""

    config_map: ConfigMapProjection | None = None
    secret: SecretProjection | None = None
    downward_api: DownwardAPIProjection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectedVolume(Wire):
    sources: tuple[VolumeProjection, ...] = ()
    default_mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimVolume(Wire):
    claim_name: str
    read_only: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageVolume(Wire):
    """An image as a read-only folder."""

    reference: str
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NFSVolume(Wire):
    server: str
    path: str
    read_only: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimResources(Wire):
    limits: Mapping[str, Quantity] = field(default_factory=dict)
    requests: Mapping[str, Quantity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSpec(Wire):
    access_modes: tuple[
        Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"], ...
    ] = ()
    resources: ClaimResources | None = None
    storage_class_name: str | None = None
    volume_mode: Literal["Filesystem", "Block"] | None = None
    volume_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTemplate(Wire):
    spec: ClaimSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class EphemeralVolume(Wire):
    """A claim that is made and removed with its pod."""

    volume_claim_template: ClaimTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Wire):
    """Exactly one source."""

    name: str
    empty_dir: EmptyDir | None = None
    host_path: HostPath | None = None
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    downward_api: DownwardAPIVolume | None = None
    projected: ProjectedVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    ephemeral: EphemeralVolume | None = None
    image: ImageVolume | None = None
    nfs: NFSVolume | None = None
