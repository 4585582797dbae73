"""Whether a pod's containers have come as far as they can without waiting for one another, or why they cannot start.
Pure: what the kubelet tells, judged.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from podlab.engines.kubernetes.find import Found
from podlab.errors import Conflict, Invalid, NotFound, PodlabError, Unavailable

_NO_IMAGE: Final = {
    "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable",
    "ImageInspectError",
}  # fmt: skip
_NOT_MADE: Final = {"CreateContainerError", "RunContainerError"}
_NEVER_RAN: Final = {"StartError", "ContainerCannotRun"}
"""Of a run that ended before it began."""
_UNSCHEDULABLE: Final = "Unschedulable"


def is_started(found: Found) -> bool:
    """False: not yet. Raises what keeps it from starting."""
    status = found.get("status") or {}
    _refuse_failed(found, status)
    if len(status.get("initContainerStatuses") or ()) < len(found["spec"].get("initContainers") or ()):
        return False
    if (waits := _inits(found, status)) is not None:
        return waits
    told = {each["name"]: each for each in status.get("containerStatuses") or ()}
    return all(_has_begun(found, told.get(each["name"])) for each in found["spec"]["containers"])


def _refuse_failed(found: Found, status: Mapping[str, Any]) -> None:
    if status.get("phase") == "Failed" and status.get("reason"):
        raise Unavailable(
            f"pod '{_name(found)}' was refused by its node: {status['reason']}: {status.get('message') or ''}",
            subject=_name(found),
            hint="`kubectl describe nodes` shows what nodes have left",
        )


def is_unschedulable(found: Found) -> bool:
    """Whether no node has room for it, now."""
    return any(
        each["type"] == "PodScheduled" and each["status"] == "False" and each.get("reason") == _UNSCHEDULABLE
        for each in (found.get("status") or {}).get("conditions") or ()
    )


def _inits(found: Found, status: Mapping[str, Any]) -> bool | None:
    """None where all are through."""
    told = {each["name"]: each for each in status.get("initContainerStatuses") or ()}
    for each in found["spec"].get("initContainers") or ():
        of = told[each["name"]]
        if not _has_begun(found, of):
            return False
        is_sidecar = each.get("restartPolicy") == "Always"
        ended = of["state"].get("terminated")
        is_through = bool(of.get("started")) if is_sidecar else ended is not None and ended["exitCode"] == 0
        if not is_through:
            return True  # the others wait for it
    return None


def _has_begun(found: Found, told: Mapping[str, Any] | None) -> bool:
    """Also one that has ended. Raises why it cannot."""
    if told is None:
        return False
    state = told.get("state") or {}
    for ended in (state.get("terminated"), (told.get("lastState") or {}).get("terminated")):
        if ended is not None and ended.get("reason") in _NEVER_RAN:
            raise _cannot_start(found, told["name"], str(ended.get("message") or ended["reason"]))
    waiting = state.get("waiting")
    if waiting is None:
        return bool(state)
    reason, message = waiting.get("reason", ""), str(waiting.get("message") or "")
    if reason in _NO_IMAGE:
        raise _no_image(found, told["name"], message or reason)
    if reason == "CreateContainerConfigError":
        raise _bad_configuration(found, told["name"], message)
    if reason in _NOT_MADE:
        raise _cannot_start(found, told["name"], message or reason)
    return bool(reason == "CrashLoopBackOff")


def _name(found: Found) -> str:
    return str(found["metadata"]["name"])


def _cannot_start(found: Found, container: str, why: str) -> PodlabError:
    return Conflict(
        f"cannot start container '{container}' of pod '{_name(found)}': {why}", subject=_name(found)
    )


def _no_image(found: Found, container: str, why: str) -> PodlabError:
    parts = [*(found["spec"].get("initContainers") or ()), *found["spec"]["containers"]]
    image = next(each["image"] for each in parts if each["name"] == container)
    return NotFound(
        f"the cluster cannot get image '{image}' for container '{container}' of pod '{_name(found)}': {why}",
        subject=image,
        hint="its nodes pull it from its registry: is the name right, and may they?",
    )


def _bad_configuration(found: Found, container: str, why: str) -> PodlabError:
    message = f"cannot make container '{container}' of pod '{_name(found)}': {why}"
    is_missing = "not found" in why or "couldn't find" in why
    return (NotFound if is_missing else Invalid)(message, subject=_name(found))
