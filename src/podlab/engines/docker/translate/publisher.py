"""The container that publishes one more port of a pod that is there already, where the kernel cannot (`forwarder`).

An engine binds a container's ports when it makes the container, and the infra must not be made anew. So a port that
comes later is that of a container of its own, on the pod's bridge, which passes each connection on to the pod by its
name: the pod's address may change when its infra starts again.
"""

from __future__ import annotations

from collections.abc import Mapping

from podlab import naming
from podlab.engines.docker.translate.bridges import network_name
from podlab.engines.docker.translate.labels import Body
from podlab.engines.docker.translate.security import SECCOMP_FILE
from podlab.model import ContainerPort, Pod
from podlab.ports import text


def publisher_name(pod: str, published: str) -> str:
    """The engine's name of the publisher of `127.0.0.1:8080:80/tcp`. It has a dot, which no member's name has."""
    place = published.rpartition(":")[0] + "-" + published.rpartition("/")[2]
    return f"podlab-{pod}-port.{place.strip('[').replace(']', '').replace(':', '_')}"


def publisher_labels(pod: Pod, port: ContainerPort) -> dict[str, str]:
    return {
        naming.POD: pod.name,
        naming.ROLE: "publisher",
        naming.VERSION: naming.LABEL_SCHEME,
        naming.PUBLISHES: text(port),
    }


def publisher_host(pod: Pod, port: ContainerPort, key: str, sysctls: Mapping[str, str]) -> Body:
    """What every publisher may do on the engine's machine; `key` is the container's port in the engine's words."""
    return {
        "Init": True,
        "NetworkMode": network_name(pod),
        "CgroupnsMode": "private",
        "PortBindings": {key: [{"HostIp": port.host_ip or "", "HostPort": str(port.host_port)}]},
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"{SECCOMP_FILE}podlab/infra.json"],
        "ReadonlyRootfs": True,
        "RestartPolicy": {"Name": "unless-stopped"},
        "Sysctls": sysctls,
        "Annotations": {},
        "Mounts": [],
    }


def publisher(pod: Pod, port: ContainerPort, image: str) -> Body:
    """Of a TCP port. Its command is busybox's `nc`, as that of the infra: one process listens, and one more for each
    connection."""
    key = f"{port.container_port}/tcp"
    return {
        "Image": image,
        "Entrypoint": ["nc"],
        "Cmd": [
            "-ll", "-p", str(port.container_port), "-e", "nc", pod.name, str(port.container_port),
        ],
        "User": "65534:65534",
        "Labels": publisher_labels(pod, port),
        "ExposedPorts": {key: {}},
        "HostConfig": publisher_host(pod, port, key, {"net.ipv4.ip_unprivileged_port_start": "0"}),
    }  # fmt: skip
