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
from podlab.manifest.workshop import TemplateMetadata

_LATER: Final = "not honoured yet; remove it, or name it in --allow-ignored to go on without it"
_CLUSTER: Final = "only a cluster can honour it; remove it, or name it in --allow-ignored to go on without it"
_SERVER: Final = ""
"""Written by a server into what `kubectl get -o yaml` prints: it tells what was, and asks for nothing."""


def _each(names: str, reason: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


_SERVER_SET: Final = _each(
    "creationTimestamp generation managedFields resourceVersion selfLink uid deletionTimestamp"
    " deletionGracePeriodSeconds",
    _SERVER,
)

_REFUSED: Final[Mapping[type, Mapping[str, str]]] = {
    model.Pod: _each("status", _SERVER),
    model.Metadata: _SERVER_SET | _each("finalizers generateName namespace ownerReferences", _CLUSTER),
    TemplateMetadata: _SERVER_SET | _each("name namespace", "the workshop names its pods; remove it"),
    model.PodSpec: _each(
        "dnsPolicy enableServiceLinks ephemeralContainers hostIPC hostNetwork hostPID hostUsers"
        " hostnameOverride imagePullSecrets initContainers os resources securityContext"
        " setHostnameAsFQDN subdomain",
        _LATER,
    ) | _each(
        "affinity automountServiceAccountToken nodeName nodeSelector overhead preemptionPolicy priority"
        " priorityClassName readinessGates resourceClaims schedulerName schedulingGates serviceAccount"
        " serviceAccountName tolerations topologySpreadConstraints",
        _CLUSTER,
    ),
    model.Container: _each(
        "envFrom lifecycle livenessProbe resizePolicy restartPolicy restartPolicyRules startupProbe"
        " terminationMessagePath terminationMessagePolicy volumeDevices",
        _LATER,
    ),
    model.EnvVar: _each("valueFrom", _LATER),
    model.VolumeMount: _each("mountPropagation recursiveReadOnly subPath subPathExpr", _LATER),
    model.Resources: _each("claims", _CLUSTER),
    model.SecurityContext: _each("runAsNonRoot seLinuxOptions windowsOptions", _LATER),
    model.Probe: _each("grpc terminationGracePeriodSeconds", _LATER),
    model.Volume: _each("configMap downwardAPI image nfs persistentVolumeClaim projected secret", _LATER)
    | _each(
        "awsElasticBlockStore azureDisk azureFile cephfs cinder csi ephemeral fc flexVolume flocker"
        " gcePersistentDisk gitRepo glusterfs iscsi photonPersistentDisk portworxVolume quobyte rbd scaleIO"
        " storageos vsphereVolume",
        _CLUSTER,
    ),
}  # fmt: skip

_HARMLESS: Final[Mapping[tuple[type, str], tuple[Any, ...]]] = {
    (model.Metadata, "namespace"): ("default",),
    (model.PodSpec, "automountServiceAccountToken"): (False,),
    (model.PodSpec, "dnsPolicy"): ("ClusterFirst", "Default"),
    (model.PodSpec, "enableServiceLinks"): (True, False),
    (model.PodSpec, "hostIPC"): (False,),
    (model.PodSpec, "hostNetwork"): (False,),
    (model.PodSpec, "hostPID"): (False,),
    (model.PodSpec, "hostUsers"): (True,),
    (model.PodSpec, "preemptionPolicy"): ("PreemptLowerPriority",),
    (model.PodSpec, "priority"): (0,),
    (model.PodSpec, "schedulerName"): ("default-scheduler",),
    (model.PodSpec, "serviceAccount"): ("default",),
    (model.PodSpec, "serviceAccountName"): ("default",),
    (model.PodSpec, "setHostnameAsFQDN"): (False,),
    (model.Container, "terminationMessagePath"): ("/dev/termination-log",),
    (model.Container, "terminationMessagePolicy"): ("File",),
    (model.SecurityContext, "runAsNonRoot"): (False,),
    (model.VolumeMount, "mountPropagation"): ("None",),
}


def refused(cls: type) -> Iterable[str]:
    """The names of a type's fields that are known and not honoured."""
    return _REFUSED.get(cls, ())


def refusal(cls: type, key: str) -> str | None:
    """Why the field is not honoured; None for a field nobody knows."""
    reason = _REFUSED.get(cls, {}).get(key)
    return None if reason is None else reason or "written by the server"


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
