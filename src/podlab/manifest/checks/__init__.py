"""What the types cannot say: names, ranges, and what must fit together.

A check gets a well-formed object and yields what is wrong: the path from that object, and a message.
`structure` calls it for every object of its type, wherever that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from podlab import model
from podlab.manifest.checks import (
    amounts,
    container,
    environment,
    jobs,
    objects,
    pod,
    probes,
    projected,
    security,
    volume,
    workloads,
    workshop,
)
from podlab.manifest.workshop import Images, Preview, Seats, WorkshopSpec
from podlab.model import workloads as model_workloads

CHECKS: Final[Mapping[type, Callable[[Any], Iterator[tuple[tuple[str | int, ...], str]]]]] = {
    model.AppArmorProfile: security.profile,
    model.Capabilities: security.capabilities,
    model.Container: container.container,
    model.ContainerPort: container.port,
    model.DNSConfig: pod.dns_config,
    model.EmptyDir: volume.empty_dir,
    model.ClaimSpec: objects.claim_spec,
    model.ConfigMap: objects.config_map,
    model.ConfigMapProjection: projected.named_source,
    model.ConfigMapVolume: projected.config_map,
    model.DownwardAPIFile: projected.own_file,
    model.DownwardAPIVolume: projected.downward_api,
    model.EnvFromSource: environment.env_from,
    model.EnvVar: environment.variable,
    model.EnvVarSource: environment.source,
    model.ExecAction: probes.exec_action,
    model.GRPCAction: probes.grpc,
    model.HTTPGetAction: probes.http_get,
    model.HostAlias: pod.host_alias,
    model.HostPath: volume.host_path,
    model.ImageVolume: volume.image,
    model.KeySelector: environment.key_selector,
    model.KeyToPath: projected.key,
    model.Lifecycle: probes.lifecycle,
    model.LifecycleHandler: probes.handler,
    model.Metadata: pod.metadata,
    model.NFSVolume: volume.nfs,
    model.ObjectReference: environment.reference,
    model.Pod: pod.whole,
    model.PodSecurityContext: security.pod_security_context,
    model.PodSpec: pod.spec,
    model.Probe: probes.probe,
    model.Resources: amounts.resources,
    model.ProjectedVolume: projected.projected,
    model.PullSecret: pod.pull_secret,
    model.ResourceSelector: environment.resource,
    model.SeccompProfile: security.profile,
    model.Secret: objects.secret,
    model.SecretProjection: projected.named_source,
    model.SecretVolume: projected.secret,
    model.SecurityContext: security.security_context,
    model.SleepAction: probes.sleep,
    model.TCPSocketAction: probes.tcp_socket,
    model.Volume: volume.volume,
    model.VolumeMount: volume.mount,
    model.VolumeProjection: projected.projection,
    model_workloads.CronJob: jobs.cron_job,
    model_workloads.DaemonSet: workloads.daemon_set,
    model_workloads.Deployment: workloads.deployment,
    model_workloads.Job: jobs.job,
    model_workloads.ReplicaSet: workloads.replica_set,
    model_workloads.StatefulSet: workloads.stateful_set,
    model_workloads.TemplateMetadata: workloads.template_metadata,
    Images: workshop.images,
    Preview: workshop.preview,
    Seats: workshop.seats,
    WorkshopSpec: workshop.spec,
}
