"""What a container may do, and as whom. What it says itself counts before what its pod says.

https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from podlab import model
from podlab.model import Container, Pod

SECCOMP_FILE: Final = "seccomp=@"
"""In a body: a profile by name. The engine takes the profile's text; `profiles` puts it in on the way out."""
_ALL: Final = "ALL"


def effective(pod: Pod, container: Container) -> model.SecurityContext:
    """The container's own context with what its pod says where it says nothing."""
    own = container.security_context or model.SecurityContext()
    of_pod = pod.spec.security_context
    if of_pod is None:
        return own
    shared = {name: getattr(of_pod, name) for name in _SHARED if getattr(own, name) is None}
    return dataclasses.replace(own, **shared)


_SHARED: Final = (
    "run_as_user", "run_as_group", "run_as_non_root", "seccomp_profile", "app_armor_profile", "se_linux_options",
)  # fmt: skip


def capabilities(pod: Pod, security: model.SecurityContext) -> tuple[list[str], list[str]]:
    """Those to add, and those to drop. `ALL` first, then single names, and dropping counts last, as under Kubernetes;
    Docker alone would let `add: [ALL]` win over `drop: [ALL]`, and adding over dropping.

    Raw sockets go from isolated pods, which share a bridge: with them one answers ARP in a neighbour's name.
    `ping` needs none where it is iputils. https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
    """
    said = security.capabilities or model.Capabilities()
    add, drop = list(map(_bare, said.add)), list(map(_bare, said.drop))
    if _ALL in drop:
        return [name for name in add if name not in drop], [_ALL]
    if _ALL in add:
        return [_ALL], drop
    if pod.is_isolated and not security.privileged and "NET_RAW" not in (*add, *drop):
        drop.append("NET_RAW")
    return [name for name in add if name not in drop], drop


def _bare(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def user(security: model.SecurityContext) -> str:
    """As Docker takes it. `:GROUP` is the image's own user with that group: `image_user` completes it.

    https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerCreate
    """
    uid = "" if security.run_as_user is None else str(security.run_as_user)
    return uid if security.run_as_group is None else f"{uid}:{security.run_as_group}"


def users(pod: Pod) -> dict[str, str]:
    """The machine's own, where the engine maps them and the pod does not want that."""
    return {"UsernsMode": "host"} if pod.spec.host_users else {}


def groups(pod: Pod) -> list[str]:
    """That every process of the pod has beside its own: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#security-context"""
    own = group_of_volumes(pod)
    others = pod.spec.security_context.supplemental_groups if pod.spec.security_context else ()
    return [str(each) for each in dict.fromkeys([*([] if own is None else [own]), *others])]


def group_of_volumes(pod: Pod) -> int | None:
    """`fsGroup`: the group that owns the pod's own volumes and all that is made in them."""
    return pod.spec.security_context.fs_group if pod.spec.security_context else None


def security_options(security: model.SecurityContext) -> list[str]:
    options = []
    if security.allow_privilege_escalation is False:
        options.append("no-new-privileges")
    if (seccomp := security.seccomp_profile) and seccomp.type == "Unconfined":
        options.append("seccomp=unconfined")
    elif seccomp and seccomp.type == "Localhost":
        options.append(SECCOMP_FILE + (seccomp.localhost_profile or ""))
    if (apparmor := security.app_armor_profile) and apparmor.type == "Unconfined":
        options.append("apparmor=unconfined")
    elif apparmor and apparmor.type == "Localhost":
        options.append(f"apparmor={apparmor.localhost_profile}")
    if security.se_linux_options:
        options += _labels(security.se_linux_options)
    return options


def _labels(options: model.SELinuxOptions) -> list[str]:
    """An engine without SELinux passes over them, as a kubelet does."""
    said = (("user", options.user), ("role", options.role), ("type", options.type), ("level", options.level))
    return [f"label={kind}:{value}" for kind, value in said if value]


def said_of_members(pod: Pod) -> Iterator[model.PodSecurityContext]:
    """Of the pod's context, what its members are made from: nothing where it says nothing of that."""
    if pod.spec.security_context is not None:
        own = dataclasses.replace(pod.spec.security_context, fs_group_change_policy=None, sysctls=())
        if own != model.PodSecurityContext():
            yield own
