"""What a pod is as people write it: the wanted state. What an engine found is `podlab.status`.

The wanted types mirror Kubernetes core/v1 field by field (snake_case here, camelCase on the wire):
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
A field that is None or empty was not said; defaults are applied where the field is used.
"""

from podlab.model.annotations import DEFAULT_CONTAINER, INIT, ISOLATED, PIDS_LIMIT, PUBLISH
from podlab.model.container import Container, ContainerPort, Resources
from podlab.model.environment import EnvFromSource, EnvVar, EnvVarSource
from podlab.model.metadata import Metadata
from podlab.model.objects import ConfigMap, PersistentVolumeClaim, Secret
from podlab.model.pod import DNSConfig, DNSOption, HostAlias, Pod, PodSpec
from podlab.model.probes import (
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    HTTPHeader,
    Lifecycle,
    LifecycleHandler,
    Probe,
    SleepAction,
    TCPSocketAction,
)
from podlab.model.quantity import Quantity
from podlab.model.references import FieldSelector, KeySelector, ObjectReference, ResourceSelector
from podlab.model.security import (
    AppArmorProfile,
    Capabilities,
    PodSecurityContext,
    SeccompProfile,
    SecurityContext,
    SELinuxOptions,
    Sysctl,
)
from podlab.model.volumes import (
    ClaimResources,
    ClaimSpec,
    ClaimTemplate,
    ClaimVolume,
    ConfigMapProjection,
    ConfigMapVolume,
    DownwardAPIFile,
    DownwardAPIProjection,
    DownwardAPIVolume,
    EmptyDir,
    EphemeralVolume,
    HostPath,
    ImageVolume,
    KeyToPath,
    NFSVolume,
    ProjectedVolume,
    SecretProjection,
    SecretVolume,
    Volume,
    VolumeMount,
    VolumeProjection,
)

__all__ = [
    "DEFAULT_CONTAINER",
    "INIT",
    "ISOLATED",
    "PIDS_LIMIT",
    "PUBLISH",
    "AppArmorProfile",
    "Capabilities",
    "ClaimResources",
    "ClaimSpec",
    "ClaimTemplate",
    "ClaimVolume",
    "ConfigMap",
    "ConfigMapProjection",
    "ConfigMapVolume",
    "Container",
    "ContainerPort",
    "DNSConfig",
    "DNSOption",
    "DownwardAPIFile",
    "DownwardAPIProjection",
    "DownwardAPIVolume",
    "EmptyDir",
    "EnvFromSource",
    "EnvVar",
    "EnvVarSource",
    "EphemeralVolume",
    "ExecAction",
    "FieldSelector",
    "GRPCAction",
    "HTTPGetAction",
    "HTTPHeader",
    "HostAlias",
    "HostPath",
    "ImageVolume",
    "KeySelector",
    "KeyToPath",
    "Lifecycle",
    "LifecycleHandler",
    "Metadata",
    "NFSVolume",
    "ObjectReference",
    "PersistentVolumeClaim",
    "Pod",
    "PodSecurityContext",
    "PodSpec",
    "Probe",
    "ProjectedVolume",
    "Quantity",
    "ResourceSelector",
    "Resources",
    "SELinuxOptions",
    "SeccompProfile",
    "Secret",
    "SecretProjection",
    "SecretVolume",
    "SecurityContext",
    "SleepAction",
    "Sysctl",
    "TCPSocketAction",
    "Volume",
    "VolumeMount",
    "VolumeProjection",
]  # fmt: skip
