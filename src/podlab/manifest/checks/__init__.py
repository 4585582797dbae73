"""What the types cannot say: names, ranges, and what must fit together.

A check gets a well-formed object and yields what is wrong: the path from that object, and a message.
`structure` calls it for every object of its type, wherever that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from podlab import model
from podlab.manifest.checks import container, pod, probes, security, volume, workshop
from podlab.manifest.workshop import Images, Preview, Seats, TemplateMetadata, WorkshopSpec

CHECKS: Final[Mapping[type, Callable[[Any], Iterator[tuple[tuple[str | int, ...], str]]]]] = {
    model.AppArmorProfile: security.profile,
    model.Capabilities: security.capabilities,
    model.Container: container.container,
    model.ContainerPort: container.port,
    model.DNSConfig: pod.dns_config,
    model.EmptyDir: volume.empty_dir,
    model.EnvVar: container.env_var,
    model.ExecAction: probes.exec_action,
    model.GRPCAction: probes.grpc,
    model.HTTPGetAction: probes.http_get,
    model.HostAlias: pod.host_alias,
    model.HostPath: volume.host_path,
    model.Metadata: pod.metadata,
    model.Pod: pod.whole,
    model.PodSecurityContext: security.pod_security_context,
    model.PodSpec: pod.spec,
    model.Probe: probes.probe,
    model.Resources: container.resources,
    model.SeccompProfile: security.profile,
    model.SecurityContext: security.security_context,
    model.TCPSocketAction: probes.tcp_socket,
    model.Volume: volume.volume,
    model.VolumeMount: volume.mount,
    Images: workshop.images,
    Preview: workshop.preview,
    Seats: workshop.seats,
    TemplateMetadata: workshop.template_metadata,
    WorkshopSpec: workshop.spec,
}
