"""The fields of Kubernetes core/v1 that this version of podlab does not honour, and why.

They are known, so that nobody takes one for a misspelling, and refused, so that nothing is silently dropped.
A field that asks for what happens anyway (`harmless`) is honoured. A field that a dataclass has and that is
named here is refused, too: it becomes honoured when its name goes from here. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from podlab import model
from podlab.manifest.nodes import Mapping as MappingNode
from podlab.manifest.nodes import Node, Scalar
from podlab.model import workloads

_WAY_OUT: Final = "remove it, or name it in --allow-ignored to go on without it"
_CLUSTER: Final = f"only a cluster can honour it; {_WAY_OUT}"
_SERVER: Final = ""
"""Written by a server into what `kubectl get -o yaml` prints: it tells what was, and asks for nothing."""


def _each(names: str, reason: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


def _because(reason: str) -> str:
    return f"{reason}; {_WAY_OUT}"


_NO_WINDOWS: Final = _because("it is for Windows containers, and podlab runs Linux ones")
_ALPHA: Final = _because("it is alpha in Kubernetes 1.37 and off there")
_GONE: Final = _because("Kubernetes itself no longer has this driver")
_DRIVER: Final = _because("it needs a storage driver of a cluster")


_SERVER_SET: Final = _each(
    "creationTimestamp generation managedFields resourceVersion selfLink uid deletionTimestamp"
    " deletionGracePeriodSeconds",
    _SERVER,
)

_REFUSED: Final[Mapping[type, Mapping[str, str]]] = {
    model.Pod: _each("status", _SERVER),
    model.Metadata: _SERVER_SET | _each("finalizers generateName namespace ownerReferences", _CLUSTER),
    workloads.TemplateMetadata: _SERVER_SET
    | _each("finalizers generateName namespace ownerReferences", _CLUSTER)
    | {"name": _because("what the template makes is named by the object that has it")},
    workloads.CronJob: _each("status", _SERVER),
    workloads.DaemonSet: _each("status", _SERVER),
    workloads.Deployment: _each("status", _SERVER),
    workloads.Job: _each("status", _SERVER),
    workloads.ReplicaSet: _each("status", _SERVER),
    workloads.StatefulSet: _each("status", _SERVER),
    workloads.JobSpec: {
        "managedBy": _because("podlab's agent looks after Jobs"),
        "podReplacementPolicy": _because("a pod is replaced when it has failed, not before"),
        "scheduling": _CLUSTER,
    },
    model.PodSpec: _each(
        "affinity automountServiceAccountToken evictionResponders nodeName nodeSelector overhead preemptionPolicy"
        " priority priorityClassName readinessGates resourceClaims schedulerName schedulingGates schedulingGroup"
        " serviceAccount serviceAccountName tolerations topologySpreadConstraints",
        _CLUSTER,
    ) | {
        "enableServiceLinks": _because("there are no Services whose variables could be set"),
        "ephemeralContainers": _because("Kubernetes takes none in a file either; `podlab debug` adds one to a pod"),
    },
    model.Container: {
        "volumeDevices": _because("an engine has no block volumes; mount a hostPath of type BlockDevice"),
    },
    model.VolumeMount: _each("bindMountOptions", _ALPHA),
    model.Resources: _each("claims", _CLUSTER),
    model.SecurityContext: {"windowsOptions": _NO_WINDOWS},
    model.PodSecurityContext: {
        "seLinuxChangePolicy": _because("volumes are labelled by the engine, if at all"),
        "windowsOptions": _NO_WINDOWS,
    },
    model.EnvVarSource: {"fileKeyRef": _because("read the file in the container's own command")},
    model.VolumeProjection: _each("clusterTrustBundle podCertificate serviceAccountToken", _CLUSTER),
    model.ConfigMapVolume: _each("defaultUser", _ALPHA),
    model.SecretVolume: _each("defaultUser", _ALPHA),
    model.DownwardAPIVolume: _each("defaultUser", _ALPHA),
    model.ProjectedVolume: _each("defaultUser", _ALPHA),
    model.KeyToPath: _each("user", _ALPHA),
    model.DownwardAPIFile: _each("user", _ALPHA),
    model.EmptyDir: _each("mode", _ALPHA),
    model.HTTPGetAction: {"protocol": _because("probes and hooks speak HTTP/1.1")},
    model.LifecycleHandler: {
        "tcpSocket": _because("Kubernetes has deprecated it, since it fails at run time; say exec, httpGet or sleep"),
    },
    model.GRPCAction: {"mode": _because("probes speak gRPC without TLS")},
    model.ClaimTemplate: {"metadata": _because("the claim is named and found by its pod")},
    model.ClaimSpec: _each("dataSource dataSourceRef selector volumeAttributesClassName", _CLUSTER)
    | {"volumeName": _because("the engine makes the claim's volume; mount one that is there as a hostPath")},
    model.PersistentVolumeClaim: _each("apiVersion kind status", _SERVER),
    model.Volume: _each("azureFile csi fc flexVolume iscsi portworxVolume", _DRIVER)
    | _each(
        "awsElasticBlockStore azureDisk cephfs cinder flocker gcePersistentDisk gitRepo glusterfs"
        " photonPersistentDisk quobyte rbd scaleIO storageos vsphereVolume",
        _GONE,
    ),
}  # fmt: skip

_HARMLESS: Final[Mapping[tuple[type, str], tuple[Any, ...]]] = {
    (model.Metadata, "namespace"): ("default",),
    (workloads.TemplateMetadata, "namespace"): ("default",),
    (workloads.JobSpec, "managedBy"): ("kubernetes.io/job-controller",),
    (workloads.JobSpec, "podReplacementPolicy"): ("Failed",),
    (model.GRPCAction, "mode"): ("Plaintext",),
    (model.PodSpec, "automountServiceAccountToken"): (False,),
    (model.PodSpec, "enableServiceLinks"): (True, False),
    (model.PodSpec, "preemptionPolicy"): ("PreemptLowerPriority",),
    (model.PodSpec, "priority"): (0,),
    (model.PodSpec, "schedulerName"): ("default-scheduler",),
    (model.PodSpec, "serviceAccount"): ("default",),
    (model.PodSpec, "serviceAccountName"): ("default",),
    (model.VolumeMount, "mountPropagation"): ("None",),
}


def refused(cls: type) -> Iterable[str]:
    """The names of a type's fields that are known and not honoured."""
    return _REFUSED.get(cls, ())


def refusal(cls: type, key: str) -> str | None:
    """Why the field is not honoured; None for a field nobody knows."""
    reason = _REFUSED.get(cls, {}).get(key)
    return None if reason is None else reason or "written by the server"


def is_for_clusters(cls: type, key: str) -> bool:
    """Whether a cluster would honour a refused field."""
    return _REFUSED[cls][key] in (_CLUSTER, _DRIVER)


def asks_for_nothing(cls: type, key: str) -> bool:
    """Whether every value of a refused field is passed over."""
    reason = _REFUSED.get(cls, {}).get(key)
    return reason == _SERVER or {True, False} <= set(_HARMLESS.get((cls, key), ()))


def taken(cls: type, key: str) -> Iterable[Any]:
    """The values of a refused field that ask for what happens anyway."""
    return _HARMLESS.get((cls, key), ())


def harmless(cls: type, key: str, value: Node) -> bool:
    """Whether leaving the field out changes nothing: server-written, empty, or what podlab does anyway."""
    if _REFUSED[cls][key] == _SERVER:
        return True
    if isinstance(value, Scalar):
        # 1 == True in Python, not here
        return any(
            type(value.value) is type(same) and value.value == same for same in _HARMLESS.get((cls, key), ())
        )
    return not (value.entries if isinstance(value, MappingNode) else value.items)
