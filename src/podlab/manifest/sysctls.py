"""Which kernel settings a pod may have: those of its own namespaces, and of these by itself only the safe ones.

https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from podlab.manifest.nodes import quoted
from podlab.model import UNSAFE_SYSCTLS, PodSpec

SAFE: Final = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
_NETWORK: Final = ("net.",)
_MESSAGES: Final = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
_NAME = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_LONGEST: Final = 253


def dotted(name: str) -> str:
    """`net/ipv4/conf/eth0.1/forwarding` is another way to write `net.ipv4.conf.eth0/1.forwarding`."""
    first = re.search("[./]", name)
    return name.translate(str.maketrans("./", "/.")) if first and first[0] == "/" else name


def judge(spec: PodSpec, allowed: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong, by its place below the pod's `spec`. `allowed` is the annotation's value: names with commas
    between them, of which one that ends in `*` stands for all that begin so, as with the kubelet's own flag."""
    settings = spec.security_context.sysctls if spec.security_context else ()
    patterns = [each.strip() for each in allowed.split(",") if each.strip()]
    seen: set[str] = set()
    for n, setting in enumerate(settings):
        name = dotted(setting.name)
        fault = _shape(setting.name) or _forbidden(name, spec, patterns)
        if name in seen:
            fault = f"{quoted(name)} is set twice"
        seen.add(name)
        if fault:
            yield ("securityContext", "sysctls", n, "name"), fault


def _shape(name: str) -> str:
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        return f"{quoted(name)} is no kernel setting; they are written as net.ipv4.tcp_syncookies"
    return ""


def _forbidden(name: str, spec: PodSpec, patterns: Iterable[str]) -> str:
    if name.startswith(_NETWORK):
        host = "hostNetwork" if spec.host_network else ""
    elif name.startswith(_MESSAGES):
        host = "hostIPC" if spec.host_ipc else ""
    else:
        return f"forbidden sysctl: {quoted(name)} is not namespaced: it would change the whole machine"
    if host:
        return f"forbidden sysctl: {quoted(name)} not allowed with {host}: it would change the whole machine"
    if name not in SAFE and not any(_fits(name, pattern) for pattern in patterns):
        return (
            f"forbidden sysctl: {quoted(name)} not allowlisted; it is not one of the safe ones: allow it with the "
            f'annotation {UNSAFE_SYSCTLS}: "{name}"'
        )
    return ""


def _fits(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == dotted(pattern)
