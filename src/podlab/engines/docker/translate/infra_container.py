"""The container that holds the namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podlab import model, naming
from podlab.engines.docker.translate.bridges import HOST, endpoint, network_name
from podlab.engines.docker.translate.labels import (
    Body,
    digest,
    labels,
    one_shim,
    runtime,
    wanted_state,
)
from podlab.engines.docker.translate.names import called, hostname, resolver
from podlab.engines.docker.translate.security import SECCOMP_FILE, group_of_volumes, users
from podlab.engines.docker.translate.volumes import HELD_AT, is_in_memory, volume_mount
from podlab.engines.docker.translate.whole_pod import grouped, is_bounded
from podlab.manifest.sysctls import dotted
from podlab.model import ContainerPort, Pod
from podlab.objects.files import has_content
from podlab.ports import published


def infra(pod: Pod, image: str, ends_at: int | None) -> Body:
    """`ends_at` is in seconds since the epoch: absolute, so that a restart does not begin the lifetime anew."""
    spec = pod.spec
    own = labels(pod, naming.INFRA, "infra", infra_hash(pod)) | {naming.GENERATION: "1", **wanted_state(pod)}
    if ends_at is not None:
        own[naming.DEADLINE] = str(ends_at)
    wait = "exec sleep infinity"
    if ends_at is not None:  # which may be over by now: sleep refuses less than 0
        wait = f'rest=$(({ends_at} - $(date +%s))); exec sleep "$((rest > 0 ? rest : 0))"'
    return {
        "Image": image,
        **called(pod),
        "Entrypoint": ["sh", "-c"],
        "Cmd": [wait],
        "User": "65534:65534",
        "Labels": own,
        "ExposedPorts": {key: {} for key in bindings(pod)},
        "HostConfig": {
            "Init": True,
            "NetworkMode": network_name(pod),
            "IpcMode": HOST if spec.host_ipc else "shareable",
            "CgroupnsMode": "private",
            "PortBindings": bindings(pod),
            **resolver(pod),
            "ExtraHosts": [f"{name}:{alias.ip}" for alias in spec.host_aliases for name in alias.hostnames],
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", f"{SECCOMP_FILE}podlab/infra.json"],
            "Sysctls": sysctls(pod),
            "RestartPolicy": {"Name": "unless-stopped" if ends_at is None else "on-failure"},
            **runtime(pod),
            **grouped(pod),
            **users(pod),
            "Annotations": one_shim(pod),
            "Mounts": [volume_mount(pod, v, f"{HELD_AT}/{v.name}") for v in spec.volumes if is_in_memory(v)],
        },
        "NetworkingConfig": endpoint(pod),
    }


def infra_hash(pod: Pod, *, ports: Iterable[ContainerPort] | None = None) -> str:
    """Changes when the pod as a whole would have to be made anew. With `ports`: as if it published these."""
    spec = pod.spec
    return digest(
        hostname(pod), spec.host_aliases, spec.dns_config, bindings(pod, ports), bool(spec.share_process_namespace),
        pod.is_isolated, spec.active_deadline_seconds, *runtime(pod).values(), *_of_whole_pod(pod),
    )  # fmt: skip


def _of_whole_pod(pod: Pod) -> Iterator[object]:
    """Only what was said, so that pods that say nothing of it keep their hash."""
    spec = pod.spec
    said = {"hostNetwork": spec.host_network, "hostIPC": spec.host_ipc, "subdomain": spec.subdomain}
    said["hostUsers"] = spec.host_users is False
    said["dnsPolicy"] = spec.dns_policy == "None"
    yield from ({name: value} for name, value in said.items() if value)
    if settings := sysctls(pod):
        yield {"sysctls": settings}
    if held := sorted(v.name for v in pod.spec.volumes if has_content(v)):
        yield {"contents": held}  # only what the infra holds stays filled
    if is_bounded(pod) and spec.resources:  # what was said can change, and not be unsaid
        yield {"resources": [sorted(spec.resources.limits), sorted(spec.resources.requests)]}
    if (group := group_of_volumes(pod)) is not None:
        yield {"fsGroup": group}


def sysctls(pod: Pod) -> dict[str, str]:
    """The network's and the messages' namespaces are the infra's, so their settings are made there.

    https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
    """
    of_pod = pod.spec.security_context or model.PodSecurityContext()
    return {dotted(each.name): each.value for each in of_pod.sysctls}


def bindings(pod: Pod, ports: Iterable[ContainerPort] | None = None) -> dict[str, list[dict[str, str]]]:
    """None in the machine's own network, where every port is the machine's."""
    bindings: dict[str, list[dict[str, str]]] = {}
    if pod.spec.host_network:
        return bindings
    for port in published(pod) if ports is None else ports:
        key = f"{port.container_port}/{(port.protocol or 'TCP').lower()}"
        bindings.setdefault(key, []).append({"HostIp": port.host_ip or "", "HostPort": str(port.host_port)})
    return bindings
