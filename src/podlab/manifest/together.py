"""What the parts of a pod must agree about: its fields with each other, and its annotations with them.

Asked of files as they are read, and by engines of every pod, since isolation and a name may come later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from podlab import hostnames, model, ports
from podlab.errors import Invalid
from podlab.manifest import sysctls
from podlab.model import Pod, PodSpec

Disagreements: TypeAlias = Iterator[tuple[tuple[str | int, ...], str]]
"""The path from the pod, and what is wrong there."""
_OF_THE_MACHINE: Final = {"hostNetwork": "network", "hostPID": "processes", "hostIPC": "shared memory"}


def of_pod(pod: Pod) -> Disagreements:
    yield from of_template(pod.metadata.annotations, pod.spec)
    yield from of_name(pod)


def of_name(pod: Pod) -> Disagreements:
    if pod.spec.set_hostname_as_fqdn and len(name := hostnames.full(pod)) > hostnames.LONGEST:
        yield (
            ("spec", "setHostnameAsFQDN"),
            f"FQDN {name} is too long ({hostnames.LONGEST} characters is the max, {len(name)} characters requested)",
        )


def refuse(pod: Pod) -> None:
    """`Invalid` where the pod contradicts itself."""
    for path, message in of_pod(pod):
        raise Invalid(f"pod '{pod.name}': {'.'.join(map(str, path))}: {message}", subject=pod.name)


def of_template(annotations: Mapping[str, str], spec: PodSpec) -> Disagreements:
    """Without the pod's name, which pods of a workshop get later."""
    for path, message in sysctls.judge(spec, annotations.get(model.UNSAFE_SYSCTLS, "")):
        yield ("spec", *path), message
    yield from _with_the_machine(annotations, spec)
    yield from _names(spec)


def _with_the_machine(annotations: Mapping[str, str], spec: PodSpec) -> Disagreements:
    said = {"hostNetwork": spec.host_network, "hostPID": spec.host_pid, "hostIPC": spec.host_ipc}
    if annotations.get(model.ISOLATED) == "true":
        for name, what in _OF_THE_MACHINE.items():
            if said[name]:
                yield ("spec", name), f"an isolated pod cannot have the machine's {what}"
    if spec.host_pid and spec.share_process_namespace:
        yield ("spec", "shareProcessNamespace"), "cannot be true together with hostPID"
    if spec.host_users is False:
        for name in (each for each in _OF_THE_MACHINE if said[each]):
            yield ("spec", name), "cannot be true where hostUsers is false"
    if spec.host_network:
        yield from _ports_of_the_machine(annotations, spec)
        if spec.hostname_override:
            yield (
                ("spec", "hostnameOverride"),
                "a pod in the machine's network has the machine's name, or its hostname",
            )
        if spec.subdomain:
            yield ("spec", "subdomain"), "a pod in the machine's network has no name among the pods"


def _ports_of_the_machine(annotations: Mapping[str, str], spec: PodSpec) -> Disagreements:
    for i, container in enumerate(spec.containers):
        for j, port in enumerate(container.ports):
            if port.host_port not in (None, port.container_port):
                yield (
                    ("spec", "containers", i, "ports", j, "hostPort"),
                    "must match containerPort when hostNetwork is true",
                )
    for text in filter(None, annotations.get(model.PUBLISH, "").split(",")):
        port = ports.parse(text)
        if port.host_port != port.container_port:
            yield (
                ("metadata", "annotations", model.PUBLISH),
                f"{text}: with hostNetwork a port of the pod is the machine's port of the same number",
            )


def _names(spec: PodSpec) -> Disagreements:
    if spec.hostname_override and spec.set_hostname_as_fqdn:
        yield ("spec", "hostnameOverride"), "cannot be set together with setHostnameAsFQDN"
    if spec.dns_policy == "None" and not (spec.dns_config and spec.dns_config.nameservers):
        yield (
            ("spec", "dnsConfig", "nameservers") if spec.dns_config else ("spec", "dnsPolicy"),
            "must provide at least one DNS nameserver when dnsPolicy is None",
        )
    if spec.dns_policy == "ClusterFirstWithHostNet" and spec.host_network:
        yield (
            ("spec", "dnsPolicy"),
            "the server that knows the pods' names is in their own network only; write Default",
        )
