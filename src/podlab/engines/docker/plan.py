"""Wanted against found: the steps between them. Pure, so every state can be tested without an engine.

Whose turn it is comes from `node.order`: an init container that is done, and what stands behind one that is not, is
there and not started; when that changes, there is a next plan.

What must hold on a Docker Engine: a member's namespaces are bound to the infra container's *id* when the
member is created, so the infra is never made anew under living members; and a member that was started
before its infra holds namespaces that are gone ("stale"), though the engine calls it running.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from podlab import naming
from podlab.engines.base import NEW_NAMESPACES
from podlab.engines.docker import plan_bounds, publishing, resizing, translate
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.engines.docker.plan_volumes import Volumes
from podlab.engines.docker.steps import Step, Steps, Verb
from podlab.errors import Conflict
from podlab.manifest import together
from podlab.model import Pod
from podlab.node import order
from podlab.status import Kind
from podlab.wire import encode

__all__ = ["Step", "Verb", "plan"]


def plan(wanted: Pod, found: FoundPod, *, hold: Collection[str] = ()) -> list[Step]:
    """The steps in an order in which they could run one by one; empty when nothing differs.

    `Conflict` where the infra container itself would have to change, `Invalid` where the pod contradicts itself.
    """
    together.refuse(wanted)
    steps = Steps()
    volumes = Volumes(steps, wanted, found)
    in_memory = volumes.before_infra()
    ports = publishing.added(wanted, found.infra)
    # A new infra takes all ports itself.
    freed = [] if found.infra else [steps.add(Verb.UNPUBLISH, text, text) for text in found.publishers]
    infra_id, infra_ready = _infra(steps, wanted, found, needs=[*in_memory, *freed])
    infra_starts = infra_ready is not None

    spec_written = _spec(steps, wanted, found)
    # Whatever else happens, what is wanted is on one of them: a member may have the last copy.
    removed = {
        name: steps.add(
            Verb.REMOVE, name, reason, after=[*spec_written, *filter(None, [steps.infra_created])]
        )
        for name, c in found.members.items()
        if (reason := _why_remove(wanted, c, name, infra_id) or _why_other_address(found, c, infra_starts))
    }
    volumes.create(after=spec_written)

    line = _line(wanted, found, removed, infra_starts=infra_starts)
    removed |= _anew(
        steps, wanted, found, line, {*removed, *hold}, infra_starts=infra_starts, after=spec_written
    )
    if not infra_starts:
        removed |= _cut_short(steps, wanted, found, line, {*removed, *hold}, after=spec_written)
    created: dict[str, Step] = {}
    for container in wanted.members:
        name = container.name
        if (name not in found.members or name in removed) and not line.is_over(name):
            needs = volumes.before_create(container, infra_ready=infra_ready, after=spec_written)
            reason = "is missing" if found.exists and name not in removed else ""
            created[name] = steps.add(
                Verb.CREATE,
                name,
                reason,
                after=[*spec_written, *needs, *filter(None, [steps.infra_created, removed.get(name)])],
            )
    bounded = plan_bounds.add(
        steps, wanted, found, created, infra=[infra_ready] if infra_ready else [], after=spec_written
    )
    volumes.open()
    stopped = _stop(steps, wanted, found, line, {*removed, *hold})
    _start(
        steps,
        wanted,
        found,
        line,
        volumes,
        hold,
        created,
        infra_ready=infra_ready,
        after=[*stopped, *bounded],
    )

    if found.infra is not None:
        freed = [
            steps.add(Verb.UNPUBLISH, text, text, after=spec_written)
            for text in publishing.superfluous(found, ports)
        ]
        for text in publishing.lacking(found, ports):
            after = [*spec_written, *freed, *filter(None, [infra_ready])]
            steps.add(Verb.PUBLISH, text, text, after=after)

    for volume in volumes.superfluous():
        steps.add(Verb.REMOVE_VOLUME, volume, "is no longer wanted", after=list(removed.values()))
    if spec_written or steps.infra_created:  # the newest generation counts: older ones go last, lost ones too
        everything = list(steps.all)
        for name in found.spec_volumes.values():
            steps.add(Verb.REMOVE_SPEC, name, after=everything)
    return steps.all


def _infra(
    steps: Steps, wanted: Pod, found: FoundPod, *, needs: list[Step]
) -> tuple[str | None, Step | None]:
    """The id of the infra that stays, and the step after which its namespaces are there. A new one waits
    for `needs`."""
    infra = found.infra
    if infra is not None:
        _refuse_other_infra(wanted, infra)
    network = translate.bridge_name(wanted)
    joined = infra.networks if infra is not None else None
    is_lost = bool(network) and joined is not None and network not in joined
    if infra is not None and infra.is_up and not is_lost:
        return infra.id, None
    networked = [] if not network or network in found.networks else [steps.add(Verb.CREATE_NETWORK, network)]
    if is_lost:
        networked = [steps.add(Verb.CONNECT, network, "was disconnected", after=networked)]
    if infra is not None and infra.is_up:
        return infra.id, None
    if infra is not None:
        reason = "" if infra.state == "created" else "had ended"
        return infra.id, steps.add(Verb.START, naming.INFRA, reason, after=networked)
    reason = "was removed behind podlab's back" if found.members else ""
    steps.infra_created = steps.add(Verb.CREATE, naming.INFRA, reason, after=[*networked, *needs])
    return None, steps.add(Verb.START, naming.INFRA, after=[steps.infra_created])


def _refuse_other_infra(wanted: Pod, infra: FoundContainer) -> None:
    if not publishing.is_infra_of(wanted, infra):
        raise Conflict(
            f"pod '{wanted.name}' cannot change its host name, host aliases, DNS, process sharing, "
            "namespaces of the machine, kernel settings, fsGroup, isolation or lifetime while it lives: its namespaces "
            "were made with them",
            subject=wanted.name,
            hint="`podlab up --replace` removes the pod and makes it anew",
        )


_WAITS = "must wait for the init containers"


@dataclass(frozen=True, slots=True)
class _Line:
    """Who may run, and the init containers that have had their turn: they need not even be there. `is_over`: all
    containers have ended for good."""

    turn: frozenset[str]
    over: frozenset[str] = frozenset()
    ended: bool = False
    sidecars: frozenset[str] = frozenset()
    """While the pod initializes: others are started after these."""

    def is_over(self, name: str) -> bool:
        return name in self.over

    def is_held_back_by(self, name: str, found: FoundPod) -> bool:
        """Whether nobody behind that container may be started as long as it is not."""
        return name in self.sidecars and not (name in found.members and found.members[name].is_up)


def _line(wanted: Pod, found: FoundPod, removed: Collection[str], *, infra_starts: bool) -> _Line:
    inits = wanted.spec.init_containers
    if not inits:
        return _Line(frozenset(c.name for c in wanted.spec.containers))
    mains = [c.name for c in wanted.spec.containers]
    if mains and all(
        name in found.members
        and name not in removed
        and found.members[name].state == "exited"
        and not _why_start(wanted, found, name, infra_starts=infra_starts)
        for name in mains
    ):
        return _Line(frozenset(), frozenset(c.name for c in inits), ended=True)
    facts = {} if infra_starts else _facts(wanted, found, removed)
    record = found.record()
    initialized = not infra_starts and (
        order.is_through(wanted, facts)
        or bool(record and record.initialized == order.key(wanted, found.sandbox))
    )
    over = (c.name for c in inits if initialized and not order.is_sidecar(c))
    sidecars = (c.name for c in inits if not initialized and order.is_sidecar(c))
    turn = order.turn(wanted, facts, initialized=initialized)
    return _Line(turn, frozenset(over), sidecars=frozenset(sidecars))


def _anew(
    steps: Steps, wanted: Pod, found: FoundPod, line: _Line, but: Collection[str],
    *, infra_starts: bool, after: Collection[Step],
) -> dict[str, Step]:  # fmt: skip
    """Of a pod whose restarts are clean: what has run and is to be started again is made anew."""
    if not wanted.restarts_clean:
        return {}
    return {
        name: steps.add(Verb.SET_ASIDE, name, repair[1], after=after)
        for name, member in found.members.items()
        if name in line.turn
        and name not in but
        and member.state != "created"
        and (repair := _why_start(wanted, found, name, infra_starts=infra_starts))
    }


def _cut_short(
    steps: Steps, wanted: Pod, found: FoundPod, line: _Line, but: Collection[str], *, after: Collection[Step]
) -> dict[str, Step]:
    """What runs before its turn and might not be started again after a stop is made anew: it has not had its run. Of
    what outlived its namespaces the plan knows by that."""
    if line.ended:
        return {}
    return {
        name: steps.add(
            Verb.REMOVE, name, _WAITS, after=[*after, steps.add(Verb.STOP, name, _WAITS, after=after)]
        )
        for name, member in found.members.items()
        if member.is_up
        and not found.is_from_before(member)
        and name not in {*line.turn, *line.over, *but}
        and order.policy(wanted, name) != "Always"
    }


def _stop(steps: Steps, wanted: Pod, found: FoundPod, line: _Line, but: Collection[str]) -> list[Step]:
    """Those whose turn it is not, sidecars one after another and the last one first."""
    reason = "all containers have ended" if line.ended else _WAITS
    stopped: list[Step] = []
    for names in order.stop_order(wanted):
        stopped += [
            steps.add(Verb.STOP, name, reason, after=stopped)
            for name in names
            if name in found.members and found.members[name].is_up and name not in {*line.turn, *but}
        ]
    return stopped


def _start(
    steps: Steps, wanted: Pod, found: FoundPod, line: _Line, volumes: Volumes, hold: Collection[str],
    created: Mapping[str, Step], *, infra_ready: Step | None, after: Collection[Step],
) -> None:  # fmt: skip
    """Those whose turn it is: what stands behind a sidecar after that, all others at once."""
    infra_starts = infra_ready is not None
    sidecars: list[Step] = []
    for container in wanted.members:
        name = container.name
        if name in hold or name not in line.turn:
            if line.is_held_back_by(name, found):
                return
            continue
        if name in created:
            verb, reason = Verb.START, ""
        elif repair := _why_start(wanted, found, name, infra_starts=infra_starts):
            verb, reason = repair
        else:
            continue
        needs = [*filter(None, [infra_ready, created.get(name)]), *after, *sidecars]
        needs += volumes.before_start(container, infra_ready=infra_ready)
        started = steps.add(verb, name, reason, after=needs)
        if name in line.sidecars:
            sidecars.append(started)


def _facts(wanted: Pod, found: FoundPod, removed: Collection[str]) -> dict[str, order.Fact]:
    record = found.record()
    facts = {}
    for container in wanted.spec.init_containers:
        member = found.members.get(container.name)
        if member is None or container.name in removed or found.is_from_before(member):
            continue
        known = record.of(container.name) if record else None
        facts[container.name] = order.Fact(
            is_done=member.state == "exited" and member.exit_code == 0,
            is_started=member.state in ("running", "paused")
            and (not order.has_gate(container) or bool(known and known.started and known.run == member.run)),
        )
    return facts


def _spec(steps: Steps, wanted: Pod, found: FoundPod) -> list[Step]:
    """Before anything else changes, so that whoever finds half a change knows where it was going."""
    if found.infra is None or found.spec == encode(wanted):
        return []
    return [steps.add(Verb.WRITE_SPEC, naming.spec_volume(wanted.name, found.generation + 1))]


def _why_remove(wanted: Pod, found: FoundContainer, name: str, infra_id: str | None) -> str:
    container = wanted.container(name)
    if container is None:
        return "is no longer wanted"
    if infra_id is None or (found.network_mode != f"container:{infra_id}"):
        return "is bound to an infra container that is gone"
    if resizing.has_other_shape(wanted, container, found):
        return "changed"
    if found.state in ("dead", "removing"):
        return f"is {found.state}"
    return ""


def _why_other_address(found: FoundPod, member: FoundContainer, infra_starts: bool) -> str:
    """Its environment shows the pod's address, and an infra that starts may get another one."""
    shown = member.labels.get(naming.ADDRESS)
    if shown is None or (found.infra and found.infra.ip in ("", shown.split(",")[0]) and not infra_starts):
        return ""
    return "shows an address that the pod may no longer have"


def _why_start(wanted: Pod, found: FoundPod, name: str, *, infra_starts: bool) -> tuple[Verb, str] | None:
    member = found.members[name]
    if member.is_up:
        if infra_starts or found.is_stale(member):
            return Verb.RESTART, "lost the pod's namespaces"
        return None
    if member.state == "created":
        return Verb.START, "was never started"
    if wanted.spec.init_containers and (infra_starts or found.is_from_before(member)):
        reason = _why_again(wanted, found, name, infra_starts=infra_starts)
        return (Verb.START, reason) if reason else None
    if not order.has_ended(wanted, name, member.exit_code) or (member.exit_code != 0 and infra_starts):
        return Verb.START, f"had ended with exit code {member.exit_code}"
    return None


def _why_again(wanted: Pod, found: FoundPod, name: str, *, infra_starts: bool) -> str:
    """Whether what ended in earlier namespaces runs again in new ones: all but a container that was through, which one
    that outlived its namespaces was not."""
    member = found.members[name]
    if order.kind(wanted, name) is Kind.INIT:
        return NEW_NAMESPACES
    began = found.infra.started_at if found.infra and not infra_starts else None
    was_cut_off = bool(began and member.finished_at and member.finished_at >= began)
    if member.exit_code != 0 or was_cut_off or not order.has_ended(wanted, name, member.exit_code):
        return f"had ended with exit code {member.exit_code}"
    return ""
