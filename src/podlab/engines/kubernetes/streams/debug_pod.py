"""What a container to look with is made of, and the pod for it where the cluster has no debug containers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.engines.kubernetes.manifest import ISOLATION

if TYPE_CHECKING:
    from podlab.engines.base import ExecOptions
    from podlab.engines.kubernetes.find import Found

NAME: Final = "debug"
_LONGEST_S: Final = 12 * 3600
"""For how long a pod stays that nobody removes, because its podlab was killed."""


def container(image: str, command: Sequence[str], options: ExecOptions) -> dict[str, Any]:
    """It has an input where it is attached to, and where a holder waits for one."""
    security: dict[str, Any] = {"privileged": True} if options.privileged else {}
    if options.user:
        security["runAsUser"] = int(options.user)
    made: dict[str, Any] = {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": key, "value": value} for key, value in options.env.items()],
        "stdin": True,
        "tty": options.tty,
        "securityContext": security,
    }
    if command:
        made["command"] = list(command)
    if options.workdir:
        made["workingDir"] = options.workdir
    return made


def pod(name: str, of: Found, container: Mapping[str, Any]) -> dict[str, Any]:
    """On the node of the pod that is looked at, and gone with it. Isolated where that one is."""
    spec = of["spec"]
    labels = {naming.POD: of["metadata"]["name"], naming.ROLE: "debug"}
    if isolation := (of["metadata"].get("labels") or {}).get(ISOLATION):
        labels[ISOLATION] = isolation
    owner = {"apiVersion": "v1", "kind": "Pod", "name": of["metadata"]["name"], "uid": of["metadata"]["uid"]}
    made: dict[str, Any] = {
        "nodeName": spec.get("nodeName"),
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "activeDeadlineSeconds": _LONGEST_S,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostNetwork": bool(spec.get("hostNetwork")),
        "hostPID": bool(spec.get("hostPID")),
        "hostIPC": bool(spec.get("hostIPC")),
        "imagePullSecrets": spec.get("imagePullSecrets") or [],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels, "ownerReferences": [owner]},
        "spec": made,
    }
