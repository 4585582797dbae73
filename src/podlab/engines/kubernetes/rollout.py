"""How far the cluster's controllers have come with a workload, as `kubectl rollout status` judges it. Pure, but for the
request. https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from podlab.engines.base import Rollout
from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.objects.kinds import path
from podlab.errors import NotFound

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.kubernetes.find import Found


async def rollout(client: Client, kind: str, name: str) -> Rollout:
    found: Found = await client.json("GET", await path(client, kind, name))
    if not find.is_ours(found):
        raise NotFound(f"there is no {kind} '{name}' of podlab's", subject=name)
    return judge(kind, found)


def judge(kind: str, found: Found) -> Rollout:
    spec, status = found["spec"], found.get("status") or {}
    if kind == "CronJob":
        return Rollout(is_done=True)
    if (failed := _failed(status)) is not None:
        return Rollout(is_done=False, is_failed=True, message=failed)
    if kind == "Job":
        return _of_job(spec, status)
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return Rollout(is_done=False, message="its controller has not seen it yet")
    if kind == "DaemonSet":
        return _of_daemon_set(status)
    wanted = 1 if spec.get("replicas") is None else spec["replicas"]
    kept = (spec.get("updateStrategy") or {}).get("rollingUpdate", {}).get("partition") or 0
    is_on_delete = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    is_never_new = kind == "ReplicaSet" or is_on_delete
    updated = wanted if is_never_new else (status.get("updatedReplicas") or 0) + kept
    if updated < wanted:
        return Rollout(is_done=False, message=f"{updated} of {wanted} pods are new")
    if (there := status.get("replicas") or 0) != wanted:
        return Rollout(is_done=False, message=f"{there} pods are there, and {wanted} are wanted")
    ready = status.get("readyReplicas" if kind == "StatefulSet" else "availableReplicas") or 0
    return Rollout(is_done=ready >= wanted, message=f"{ready} of {wanted} pods are ready" * (ready < wanted))


def _of_daemon_set(status: Mapping[str, Any]) -> Rollout:
    wanted = status.get("desiredNumberScheduled") or 0
    done = min(status.get("updatedNumberScheduled") or 0, status.get("numberAvailable") or 0)
    return Rollout(is_done=done >= wanted, message=f"{done} of {wanted} pods are ready" * (done < wanted))


def _of_job(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Rollout:
    if any(
        each["type"] == "Complete" and each["status"] == "True" for each in status.get("conditions") or ()
    ):
        return Rollout(is_done=True)
    done, wanted = status.get("succeeded") or 0, spec.get("completions") or 1
    return Rollout(is_done=False, message=f"{done} of {wanted} pods have ended well")


def _failed(status: Mapping[str, Any]) -> str | None:
    for each in status.get("conditions") or ():
        is_late = each["type"] == "Progressing" and each.get("reason") == "ProgressDeadlineExceeded"
        if is_late or (each["type"] == "Failed" and each["status"] == "True"):
            return str(each.get("message") or each.get("reason") or "")
    return None
