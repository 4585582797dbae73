"""Which of the Pod Security Standards a pod keeps. https://kubernetes.io/docs/concepts/security/pod-security-standards/"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podlab.model import Container, Pod, PodSpec, Volume

Standard = Literal["restricted", "baseline", "privileged"]

_ADDED: Final = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
})  # fmt: skip
_SYSCTLS: Final = frozenset({
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
})  # fmt: skip
_SELINUX: Final = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})


def standard(pods: Iterable[Pod]) -> Standard:
    """The strictest that all of them keep."""
    found: Standard = "restricted"
    for pod in pods:
        spec = pod.spec
        if not _is_baseline(spec):
            return "privileged"
        if not all(_is_restricted(each, spec) for each in pod.members) or any(map(_is_unusual, spec.volumes)):
            found = "baseline"
    return found


def _is_baseline(spec: PodSpec) -> bool:
    whole = spec.security_context
    if spec.host_network or spec.host_pid or spec.host_ipc or any(each.host_path for each in spec.volumes):
        return False
    if whole and any(each.name not in _SYSCTLS for each in whole.sysctls):
        return False
    return _keeps_profiles(whole) and all(
        _is_harmless(each) for each in (*spec.init_containers, *spec.containers)
    )


def _is_harmless(container: Container) -> bool:
    own = container.security_context
    if any(port.host_port for port in container.ports):
        return False
    if own is None:
        return True
    added = own.capabilities.add if own.capabilities else ()
    return (
        not own.privileged
        and {each.upper().removeprefix("CAP_") for each in added} <= _ADDED
        and own.proc_mount in (None, "Default")
        and _keeps_profiles(own)
    )


def _keeps_profiles(context: object) -> bool:
    """Of a pod or a container: none of the usual guards is turned off."""
    seccomp = getattr(context, "seccomp_profile", None)
    app_armor = getattr(context, "app_armor_profile", None)
    selinux = getattr(context, "se_linux_options", None)
    if selinux and (selinux.user or selinux.role or (selinux.type or "") not in _SELINUX):
        return False
    return all(each is None or each.type != "Unconfined" for each in (seccomp, app_armor))


def _is_restricted(container: Container, spec: PodSpec) -> bool:
    own, whole = container.security_context, spec.security_context
    if own is None or own.allow_privilege_escalation is not False or own.capabilities is None:
        return False
    non_root = own.run_as_non_root
    if non_root is None:
        non_root = whole.run_as_non_root if whole else None
    user = own.run_as_user
    if user is None:
        user = whole.run_as_user if whole else None
    seccomp = own.seccomp_profile or (whole.seccomp_profile if whole else None)
    return (
        non_root is True
        and user != 0
        and seccomp is not None
        and "ALL" in own.capabilities.drop
        and set(own.capabilities.add) <= {"NET_BIND_SERVICE"}
    )


def _is_unusual(volume: Volume) -> bool:
    """Whether it is none of the kinds that a restricted pod may have."""
    return any((volume.host_path, volume.nfs, volume.image))
