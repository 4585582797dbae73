"""What a container may do. https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities(Wire):
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeccompProfile(Wire):
    type: Literal["RuntimeDefault", "Unconfined", "Localhost"]
    localhost_profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppArmorProfile(Wire):
    type: Literal["RuntimeDefault", "Unconfined", "Localhost"]
    localhost_profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SELinuxOptions(Wire):
    user: str | None = None
    role: str | None = None
    type: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctl(Wire):
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityContext(Wire):
    """Of one container; what it says counts before what its pod says."""

    privileged: bool | None = None
    capabilities: Capabilities | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: Literal["Default", "Unmasked"] | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_options: SELinuxOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSecurityContext(Wire):
    """Of all containers of a pod."""

    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    fs_group: int | None = None
    fs_group_change_policy: Literal["Always", "OnRootMismatch"] | None = None
    supplemental_groups: tuple[int, ...] = ()
    supplemental_groups_policy: Literal["Merge", "Strict"] | None = None
    sysctls: tuple[Sysctl, ...] = ()
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_options: SELinuxOptions | None = None
