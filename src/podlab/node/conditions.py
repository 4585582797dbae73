"""Phase, conditions and reasons of a pod, in the words of `kubectl get` and `kubectl describe`.

Pure: from what is wanted and what was found of each container.
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from podlab.record import Record
from podlab.status import Condition, ContainerStatus, Kind, Phase, PodStatus, State

CRASH_LOOP: Final = "CrashLoopBackOff"
INITIALIZING: Final = "PodInitializing"
CREATING: Final = "ContainerCreating"


def why_waiting(*, has_inits: bool) -> str:
    """The reason of a container that was made and not started."""
    return INITIALIZING if has_inits else CREATING


def backing_off(container: str, pod: str, pause_s: float) -> str:
    return f"back-off {pause_s:g}s restarting failed container={container} pod={pod}"


def is_initialized(containers: Iterable[ContainerStatus], wanted_inits: int) -> bool:
    inits = [c for c in containers if c.kind is not Kind.MAIN]
    return len(inits) >= wanted_inits and all(map(_is_through, inits))


def _is_through(c: ContainerStatus) -> bool:
    if c.kind is Kind.SIDECAR:
        return c.is_started is True
    return c.state is State.TERMINATED and c.exit_code == 0


def phase(containers: Sequence[ContainerStatus], wanted_inits: int, wanted: int, has_failed: bool) -> Phase:
    """Of a pod whose namespaces are there. `wanted` counts the containers that are no init containers;
    `has_failed`: an init container has, and is not tried again.
    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase"""
    mains = [c for c in containers if c.kind is Kind.MAIN]
    if not is_initialized(containers, wanted_inits) and not any(_has_run(c) for c in mains):
        return Phase.FAILED if has_failed else Phase.PENDING
    if len(mains) < wanted or any(c.state is State.WAITING and not _has_run(c) for c in mains):
        return Phase.PENDING
    if mains and all(c.state is State.TERMINATED for c in mains):
        # Without an exit code (a cheap listing knows it from the status text) nothing is called a success.
        return Phase.SUCCEEDED if all(c.exit_code == 0 for c in mains) else Phase.FAILED
    return Phase.RUNNING


def _has_run(c: ContainerStatus) -> bool:
    return c.state in (State.RUNNING, State.PAUSED, State.TERMINATED) or c.reason == CRASH_LOOP


def conditions(
    phase: Phase, containers: Sequence[ContainerStatus], inits: Sequence[str], mains: Sequence[str],
    *, has_sandbox: bool, record: Record | None,
) -> tuple[Condition, ...]:  # fmt: skip
    """In the order in which `kubectl describe` prints them. `inits` and `mains` are the wanted containers' names.

    Where no agent asks readiness probes, a running container counts as ready.
    """
    found = {c.name: c for c in containers}
    incomplete = [n for n in inits if n not in found or not _is_through(found[n])]
    unready = [n for n in [*_sidecars(found, inits), *mains] if n not in found or not is_ready(found[n])]
    unknown = [n for n in mains if n not in found]
    initialized, ready = ("True", "", ""), ("True", "", "")
    if phase is Phase.SUCCEEDED:
        initialized, ready = ("True", "PodCompleted", ""), ("False", "PodCompleted", "")
    else:
        if incomplete:
            initialized = (
                "False",
                "ContainersNotInitialized",
                f"containers with incomplete status: [{' '.join(incomplete)}]",
            )
        if phase is Phase.FAILED:
            ready = "False", "PodFailed", ""
        elif unready or unknown:
            told = [("unknown", unknown), ("unready", [n for n in unready if n not in unknown])]
            message = ", ".join(f"containers with {w} status: [{' '.join(n)}]" for w, n in told if n)
            ready = "False", "ContainersNotReady", message
    sandbox = ("True" if has_sandbox else "False", "", "")
    said = {
        "PodReadyToStartContainers": sandbox, "Initialized": initialized, "Ready": ready,
        "ContainersReady": ready, "PodScheduled": ("True", "", ""),
    }  # fmt: skip
    since = {(c.type, c.status): c.since for c in record.conditions} if record else {}
    return tuple(
        Condition(
            type=name, status=status, reason=reason, message=message, since=_when(since.get((name, status)))
        )
        for name, (status, reason, message) in said.items()
    )


def is_ready(c: ContainerStatus) -> bool:
    if c.kind is Kind.INIT:
        return c.state is State.TERMINATED and c.exit_code == 0
    return c.state is State.RUNNING and c.is_ready is not False and c.is_started is not False


def _sidecars(found: Mapping[str, ContainerStatus], inits: Sequence[str]) -> list[str]:
    return [n for n in inits if n in found and found[n].kind is Kind.SIDECAR]


def _when(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def summary(status: PodStatus) -> str:
    """The STATUS column of `kubectl get pods`: the phase, or what matters more.
    https://kubernetes.io/docs/tasks/debug/debug-application/debug-init-containers/#understanding-pod-status"""
    if status.removed_since is not None:
        return "Terminating"
    told = status.reason or status.phase.value
    if status.reason and status.phase is not Phase.PENDING:
        return told
    inits = [c for c in status.containers if c.kind is not Kind.MAIN]
    for place, c in enumerate(inits):
        if _is_through(c) or _is_true(status, "Initialized"):
            continue
        if c.state is State.TERMINATED:
            return f"Init:{c.reason or f'ExitCode:{c.exit_code}'}"
        if c.state is State.WAITING and c.reason not in ("", INITIALIZING, CREATING):
            return f"Init:{c.reason}"
        return f"Init:{place}/{len(inits)}"
    has_running = False
    for c in reversed([c for c in status.containers if c.kind is Kind.MAIN]):
        if c.state in (State.WAITING, State.TERMINATED) and c.reason:
            told = c.reason
        has_running |= c.state is State.RUNNING and is_ready(c)
    if told == "Completed" and has_running:
        return "Running" if _is_true(status, "Ready") else "NotReady"
    return told


def _is_true(status: PodStatus, condition: str) -> bool:
    return any(c.type == condition and c.status == "True" for c in status.conditions)
