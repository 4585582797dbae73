"""What a look at a pod shows, and which of the changes that would make it as wanted are an agent's to make. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from podlab import naming
from podlab.node import order
from podlab.status import ContainerStatus, Kind, Phase, PodStatus, State

if TYPE_CHECKING:
    from podlab.agent.known import Known
    from podlab.engines.base import Change
    from podlab.model import Pod
    from podlab.node.decide import Decision

_NEVER_ON_PURPOSE = ("connect", "publish")
_NEVER_WANTED = ("Stale", "StartError")
"""Why a container is as it is: it runs on lost namespaces, or the engine could not start it."""


def repairable(
    known: Known, wanted: Pod, status: PodStatus, decision: Decision, changes: Sequence[Change]
) -> tuple[list[Change], set[str]]:
    """Of the changes that would make the pod as wanted, those that undo an accident or go on with what is under way;
    and the containers that must stay as they are.

    When all containers have ended, stopping their sidecars is the rest of what is under way.

    Left alone: what was stopped on purpose; what is made and not started, for whoever made it is about to; what backs
    off; and what was down already when the agent came, where the engine does not tell why. But running on lost
    namespaces is never on purpose, nor is what is missing, nor what an agent left half repaired.
    """
    ours = {c.name for c in decision.record.containers if c.not_before is not None}
    is_under_way = bool(wanted.spec.init_containers) and decision.record.initialized != order.key(
        wanted, status.sandbox
    )
    was_down = known.spec is None and status.phase not in (Phase.RUNNING, Phase.PENDING)
    is_over = order.is_over(wanted, status)
    is_ours = known.repairing is not None
    found = {c.name: c for c in status.containers}
    is_unwanted = any(c.reason in _NEVER_WANTED for c in status.containers)
    is_explained = is_over or ours or known.died or is_ours or is_unwanted
    if (was_down and not is_explained) or naming.INFRA in known.stopped:
        return [], {change.container for change in changes}
    repairs: list[Change] = []
    held: set[str] = set()
    for change in changes:
        name, container = change.container, found.get(change.container)
        if name in decision.hold:
            held.add(name)
        elif name in ours or is_under_way or _is_never_wanted(change, container, is_over=is_over):
            repairs.append(change)
        elif name in known.stopped or (container and container.state is State.WAITING and not is_ours):
            held.add(name)
        elif (
            known.spec is not None
            or is_ours
            or name in known.died
            or (container is None and name not in ("", naming.INFRA))
        ):
            repairs.append(change)
        else:
            held.add(name)
    if repairs:  # what they need is done with them
        repairs = [c for c in changes if c in repairs or c.container == naming.INFRA]
    return repairs, held - {naming.INFRA, ""}


def is_odd(status: PodStatus) -> bool:
    """Whether the cheap listing shows a pod that may need a repair."""
    return (
        status.phase is not Phase.RUNNING
        or status.running < status.wanted
        or any(c.reason == "Stale" or _has_ended(c) for c in status.containers)
    )


def _has_ended(c: ContainerStatus) -> bool:
    return c.state is State.TERMINATED and not (c.kind is Kind.INIT and c.exit_code == 0)


def _is_never_wanted(change: Change, container: ContainerStatus | None, *, is_over: bool) -> bool:
    """Whether nobody can have wished for what the change undoes, whatever they stopped."""
    if change.verb in _NEVER_ON_PURPOSE or (is_over and change.verb == "stop"):
        return True
    return container is not None and container.reason in _NEVER_WANTED


def has_moved_on(status: PodStatus, changes: Sequence[Change]) -> bool:
    """Whether something has ended between the look and the plan, and is to run again: nobody has decided about that
    yet."""
    found = {c.name: c for c in status.containers}
    set_aside = {c.container for c in changes if c.verb == "set aside"}
    made = {c.container for c in changes if c.verb in ("create", "recreate", "remove")} - set_aside
    again = {c.container for c in changes if c.verb == "start"} - made | set_aside
    return any(name in found and _runs(found[name]) for name in again)


def _runs(container: ContainerStatus) -> bool:
    return container.state is State.RUNNING and container.reason != "Stale"


def all_run(status: PodStatus) -> bool:
    return all(c.state is State.RUNNING for c in status.containers)


def lacks(changes: Collection[Change], status: PodStatus) -> bool:
    """Whether a container is not even there."""
    there = {c.name for c in status.containers}
    return any(c.verb == "create" and c.container not in there for c in changes)


def cut_off(status: PodStatus) -> set[str]:
    """What ended with the pod's earlier namespaces, or may have: no fault of its own, as when a machine is rebooted."""
    began = float(status.sandbox.split()[-1]) if status.sandbox else 0.0
    return {
        c.name
        for c in status.containers
        if not began or (c.started_at is not None and c.started_at.timestamp() < began)
    }


def is_special(wanted: Pod, status: PodStatus, *, is_owned: bool) -> bool:
    """Whether there is anything that the engine's own restarts do not do."""
    if order.needs_node(wanted):
        return True
    has_probe = not is_owned and any(c.readiness_probe for c in wanted.spec.containers)
    return has_probe or any(
        c.state is State.TERMINATED or c.restart_count or c.reason for c in status.containers
    )


def goes_on(changes: Collection[Change], status: PodStatus, decision: Decision) -> bool:
    """Whether this is no accident that is repaired, but the next step of what is under way."""
    found = {c.name: c for c in status.containers}
    return all(
        decision.record.of(change.container).ends > 1
        or ((c := found.get(change.container)) is not None and c.state is State.WAITING)
        for change in changes
    )
