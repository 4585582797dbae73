"""Wanted against found: the steps between them. Pure, so every state can be tested without an engine.

What must hold on a Docker Engine: a member's namespaces are bound to the infra container's *id* when the
member is created, so the infra is never made anew under living members; and a member that was started
before its infra holds namespaces that are gone ("stale"), though the engine calls it running.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from podlab import naming
from podlab.engines.docker import publishing, translate
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.errors import Conflict, Invalid
from podlab.manifest import together
from podlab.model import Container, Pod
from podlab.wire import encode


class Verb(StrEnum):
    CREATE_NETWORK = "create network"
    WRITE_SPEC = "write spec"
    CREATE_VOLUME = "create volume"
    OPEN_VOLUME = "open volume"
    CREATE = "create"
    START = "start"
    RESTART = "restart"
    REMOVE = "remove"
    REMOVE_VOLUME = "remove volume"
    REMOVE_SPEC = "remove spec"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"


@dataclass(frozen=True, slots=True)
class Step:
    """One call to the engine. `target` is a container's name in the pod (`infra` for the infra), or the
    engine's name of a volume or network. It waits for the steps in `after`."""

    verb: Verb
    target: str
    reason: str = ""
    after: tuple[Step, ...] = ()

    @property
    def concerns_container(self) -> bool:
        return self.verb in (Verb.CREATE, Verb.START, Verb.RESTART, Verb.REMOVE)


def plan(wanted: Pod, found: FoundPod, *, hold: Collection[str] = ()) -> list[Step]:
    """The steps in an order in which they could run one by one; empty when nothing differs.

    `Conflict` where the infra container itself would have to change, `Invalid` where the pod contradicts itself.
    """
    _refuse_contradictions(wanted)
    steps = _Steps()
    volumes = translate.empty_dirs(wanted)
    # The infra mounts those in memory: made after it, they would be the engine's own volumes of that name, on the disk.
    in_memory = {
        name: steps.add(Verb.CREATE_VOLUME, name)
        for name, volume in volumes.items()
        if found.infra is None and translate.is_in_memory(volume) and name not in found.volumes
    }
    ports = publishing.added(wanted, found.infra)
    # A new infra takes all ports itself.
    freed = [] if found.infra else [steps.add(Verb.UNPUBLISH, text, text) for text in found.publishers]
    infra_id, infra_ready = _infra(steps, wanted, found, needs=[*in_memory.values(), *freed])
    infra_starts = infra_ready is not None

    spec_written = _spec(steps, wanted, found)
    removed = {
        name: steps.add(Verb.REMOVE, name, reason, after=spec_written)
        for name, c in found.members.items()
        if (reason := _why_remove(wanted, c, name, infra_id))
    }
    new_volumes = in_memory | {
        name: steps.add(Verb.CREATE_VOLUME, name, after=spec_written)
        for name in volumes
        if name not in found.volumes and name not in in_memory
    }

    created: dict[str, Step] = {}
    for container in wanted.spec.containers:
        name = container.name
        if name not in found.members or name in removed:
            needs = [new_volumes[v] for v in _volumes_of(wanted, container) if v in new_volumes]
            reason = "is missing" if found.exists and name not in removed else ""
            created[name] = steps.add(
                Verb.CREATE,
                name,
                reason,
                after=[*spec_written, *needs, *filter(None, [steps.infra_created, removed.get(name)])],
            )
    opened = {
        name: steps.add(Verb.OPEN_VOLUME, name, after=[new_volumes[name]] if name in new_volumes else [])
        for name, volume in volumes.items()
        if not translate.is_in_memory(volume) and not _has_been_used(wanted, found, name)
    }
    for container in wanted.spec.containers:
        name = container.name
        if name in hold:
            continue
        after = [*filter(None, [infra_ready, created.get(name)])]
        after += [opened[v] for v in _volumes_of(wanted, container) if v in opened]
        if name in created:
            steps.add(Verb.START, name, after=after)
        elif repair := _why_start(wanted, found, found.members[name], infra_starts=infra_starts):
            verb, reason = repair
            steps.add(verb, name, reason, after=after)

    if found.infra is not None:
        freed = [
            steps.add(Verb.UNPUBLISH, text, text, after=spec_written)
            for text in publishing.superfluous(found, ports)
        ]
        for text in publishing.lacking(found, ports):
            after = [*spec_written, *freed, *filter(None, [infra_ready])]
            steps.add(Verb.PUBLISH, text, text, after=after)

    for volume in sorted(found.volumes - volumes.keys()):
        steps.add(Verb.REMOVE_VOLUME, volume, "is no longer wanted", after=list(removed.values()))
    if spec_written or steps.infra_created:  # the newest generation counts: older ones go last, lost ones too
        everything = list(steps.all)
        for name in found.spec_volumes.values():
            steps.add(Verb.REMOVE_SPEC, name, after=everything)
    return steps.all


class _Steps:
    def __init__(self) -> None:
        self.all: list[Step] = []
        self.infra_created: Step | None = None

    def add(self, verb: Verb, target: str, reason: str = "", *, after: Collection[Step] = ()) -> Step:
        step = Step(verb, target, reason, tuple(after))
        self.all.append(step)
        return step


def _infra(
    steps: _Steps, wanted: Pod, found: FoundPod, *, needs: list[Step]
) -> tuple[str | None, Step | None]:
    """The id of the infra that stays, and the step after which its namespaces are there. A new one waits
    for `needs`."""
    infra = found.infra
    if infra is not None:
        _refuse_other_infra(wanted, infra)
        if infra.is_up:
            return infra.id, None
    network = translate.bridge_name(wanted)
    networked = [] if not network or network in found.networks else [steps.add(Verb.CREATE_NETWORK, network)]
    if infra is not None:
        reason = "" if infra.state == "created" else "had ended"
        return infra.id, steps.add(Verb.START, naming.INFRA, reason, after=networked)
    reason = "was removed behind podlab's back" if found.members else ""
    steps.infra_created = steps.add(Verb.CREATE, naming.INFRA, reason, after=[*networked, *needs])
    return None, steps.add(Verb.START, naming.INFRA, after=[steps.infra_created])


def _refuse_contradictions(wanted: Pod) -> None:
    for path, message in together.of_pod(wanted):
        raise Invalid(f"pod '{wanted.name}': {'.'.join(map(str, path))}: {message}", subject=wanted.name)


def _refuse_other_infra(wanted: Pod, infra: FoundContainer) -> None:
    if not publishing.is_infra_of(wanted, infra):
        raise Conflict(
            f"pod '{wanted.name}' cannot change its host name, host aliases, DNS, process sharing, "
            "isolation or lifetime while it lives: its namespaces were made with them",
            subject=wanted.name,
            hint="`podlab up --replace` removes the pod and makes it anew",
        )


def _spec(steps: _Steps, wanted: Pod, found: FoundPod) -> list[Step]:
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
    if found.hash != translate.member_hash(wanted, container):
        return "changed"
    if found.state in ("dead", "removing"):
        return f"is {found.state}"
    return ""


def _why_start(
    wanted: Pod, found: FoundPod, member: FoundContainer, *, infra_starts: bool
) -> tuple[Verb, str] | None:
    if member.is_up:
        if infra_starts or found.is_stale(member):
            return Verb.RESTART, "lost the pod's namespaces"
        return None
    if member.state == "created":
        return Verb.START, "was never started"
    policy = wanted.spec.restart_policy or "Always"
    has_failed = member.exit_code != 0
    if policy == "Always" or (has_failed and (policy == "OnFailure" or infra_starts)):
        return Verb.START, f"had ended with exit code {member.exit_code}"
    return None


def _volumes_of(pod: Pod, container: Container) -> list[str]:
    own = translate.empty_dirs(pod)
    names = (naming.volume(pod.name, m.name) for m in container.volume_mounts)
    return [n for n in names if n in own]


def _has_been_used(pod: Pod, found: FoundPod, volume: str) -> bool:
    """Whether a container that mounts it has ever run; one that exists may have been made and not opened."""
    if volume not in found.volumes:
        return False
    mounters = [c.name for c in pod.spec.containers if volume in _volumes_of(pod, c)]
    return not mounters or any(m.started_at for name, m in found.members.items() if name in mounters)
