"""What the fake engine thinks about a pod: pure functions of what is wanted and what there is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from podlab.engines.base import Change
from podlab.errors import Conflict, Unsupported
from podlab.manifest import together
from podlab.model import Container, Pod
from podlab.node import backoff, conditions, order, resizing, termination
from podlab.ports import published, text
from podlab.status import ContainerStatus, Kind, Phase, State, Termination
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.record import ContainerRecord
    from podlab.testing.fake.world import FakeContainer, FakePod


def plan(found: FakePod | None, pod: Pod) -> list[Change]:
    """What has to be done to make `found` as wanted."""
    together.refuse(pod)
    if found is None:
        changes = [Change(verb="create", pod=pod.name, reason="pod is missing")]
        return changes + [_create(pod, each, "missing") for each in pod.members]
    if fixed(found.spec) != fixed(pod) or found.own_ports - published_ports(pod):
        raise Conflict(
            f"pod {pod.name!r} would have to be replaced: its host name, ports or shared namespaces changed",
            subject=pod.name, hint=f"podlab down {pod.name}, or podlab up --replace",
        )  # fmt: skip
    changes = _ports(found, pod)
    turn, initialized = line(found, pod)
    for each in pod.members:
        there = found.containers.get(each.name)
        is_over = initialized and order.kind(pod, each.name) is Kind.INIT
        if there is None:
            changes += [] if is_over else [_create(pod, each, "missing")]
        elif there.spec != each and is_over:
            changes.append(Change(verb="remove", pod=pod.name, container=each.name, reason="changed"))
        elif there.spec != each and resizing.is_in_place(there.spec, each):
            reason = "may use more or less"
            changes.append(Change(verb="update", pod=pod.name, container=each.name, reason=reason))
        elif there.spec != each:
            changes.append(Change(verb="recreate", pod=pod.name, container=each.name, reason="changed"))
        elif each.name in turn and not there.is_running and not _has_finished(found, there):
            verb = "set aside" if pod.restarts_clean and there.started_at else "start"
            changes.append(Change(verb=verb, pod=pod.name, container=each.name, reason="not running"))
    changes = [
        Change(verb="stop", pod=pod.name, container=name, reason="it is not its turn")
        for name in itertools.chain.from_iterable(order.stop_order(pod))
        if name in found.containers and found.containers[name].is_running and name not in turn
    ] + changes
    gone = [name for name in found.containers if pod.container(name) is None]
    changes += [Change(verb="remove", pod=pod.name, container=name, reason="not wanted") for name in gone]
    if not changes and encode(found.spec) != encode(pod):
        changes.append(Change(verb="update", pod=pod.name, reason="labels or annotations changed"))
    return changes


def line(found: FakePod, pod: Pod) -> tuple[frozenset[str], bool]:
    """Who may run, and whether the init containers are through."""
    mains = [found.containers.get(each.name) for each in pod.spec.containers]
    if pod.spec.init_containers and mains and all(each and _has_finished(found, each) for each in mains):
        return frozenset(), True
    facts = {}
    for each in pod.spec.init_containers:
        there = found.containers.get(each.name)
        if there is None or there.spec != each or is_from_before(found, there):
            continue
        known = found.record.of(each.name) if found.record else None
        facts[each.name] = order.Fact(
            is_done=there.state is State.TERMINATED and there.exit_code == 0,
            is_started=there.is_running
            and (not order.has_gate(each) or bool(known and known.started and known.run == there.run)),
        )
    initialized = order.is_through(pod, facts) or bool(
        found.record and found.record.initialized == order.key(pod, found.sandbox)
    )
    return order.turn(pod, facts, initialized=initialized), initialized


def is_from_before(pod: FakePod, container: FakeContainer) -> bool:
    if pod.is_down:
        return True
    return bool(pod.began_at and container.started_at and container.started_at < pod.began_at)


def _create(pod: Pod, container: Container, reason: str) -> Change:
    return Change(verb="create", pod=pod.name, container=container.name, reason=reason)


def fixed(pod: Pod) -> object:
    """What cannot change while the pod lives."""
    said = pod.spec.resources
    bounded = said and (sorted(said.limits), sorted(said.requests))
    return bounded, pod.spec.hostname, pod.spec.share_process_namespace, pod.is_isolated


def host_ports(pod: Pod) -> dict[int, int]:
    return {port.host_port: port.container_port for port in published(pod) if port.host_port is not None}


def published_ports(pod: Pod) -> frozenset[str]:
    return frozenset(map(text, published(pod)))


def _ports(found: FakePod, pod: Pod) -> list[Change]:
    """What came later may come and go; not over SCTP, and not to a pod that nobody on its network reaches."""
    before, now = published_ports(found.spec), published_ports(pod)
    for port in sorted(now - before):
        if pod.is_isolated or port.endswith("/sctp"):
            raise Unsupported(
                f"port {port} cannot be published for pod {pod.name!r} any more", subject=pod.name
            )
    changes = [Change(verb="unpublish", pod=pod.name, reason=port) for port in sorted(before - now)]
    return changes + [Change(verb="publish", pod=pod.name, reason=port) for port in sorted(now - before)]


def _has_finished(pod: FakePod, container: FakeContainer) -> bool:
    """Ended, and the restart policy leaves it so."""
    if order.kind(pod.spec, container.spec.name) is Kind.INIT and is_from_before(pod, container):
        return False
    ended = container.state is State.TERMINATED and (container.is_wanted or container.by_agent)
    return ended and order.has_ended(pod.spec, container.spec.name, container.exit_code)


def phase(pod: FakePod, containers: Sequence[ContainerStatus]) -> Phase:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase"""
    spec = pod.spec.spec
    if any(_is_about_to_start(pod, each) for each in pod.containers.values()):
        return (
            Phase.RUNNING
            if conditions.is_initialized(containers, len(spec.init_containers))
            else Phase.PENDING
        )
    if not pod.containers:
        return Phase.RUNNING
    has_failed = order.has_failed_init(pod.spec, containers)
    return conditions.phase(containers, len(spec.init_containers), len(spec.containers), has_failed)


def _is_about_to_start(pod: FakePod, each: FakeContainer) -> bool:
    has_ended = each.state is State.TERMINATED
    return has_ended and each.is_wanted and not each.by_agent and not _has_finished(pod, each)


def container_status(pod: FakePod, each: FakeContainer) -> ContainerStatus:
    name, state, reason, message = each.spec.name, each.state, "", ""
    kind = order.kind(pod.spec, name)
    known = pod.record.of(name) if pod.record else None
    if state is State.WAITING:
        reason = conditions.why_waiting(has_inits=bool(pod.spec.spec.init_containers))
    elif state is State.TERMINATED:
        reason, message = "Error" if each.exit_code else "Completed", last_words(each)
        if kind is Kind.INIT and is_from_before(pod, each):
            state, reason, message = State.WAITING, conditions.INITIALIZING, ""
        elif known and known.not_before is not None:
            state, reason = State.WAITING, conditions.CRASH_LOOP
            message = conditions.backing_off(name, pod.spec.name, backoff.pause_s(known.ends))
    is_run = bool(known and known.run == each.run)
    is_started = None
    if state is State.RUNNING:
        is_started = (known.started if known and is_run else None) if order.has_gate(each.spec) else True
    return ContainerStatus(
        name=name, image=each.spec.image, state=state, kind=kind, container_id=each.id,
        is_started=is_started, is_ready=_is_ready(each, known if is_run else None, state, is_started, kind),
        restart_count=each.restart_count + (known.restarts if known else 0), started_at=each.started_at,
        finished_at=each.finished_at,
        exit_code=None if reason == conditions.INITIALIZING else each.exit_code,
        reason=reason, message=message, last=_last(each, state),
    )  # fmt: skip


def last_words(each: FakeContainer) -> str:
    """Its termination message; a run before this one's does not count."""
    said = termination.words(each.spec)
    if said is None:
        return ""
    found = each.files.get(said.path)
    file = found.data if found and each.started_at and found.modified_at >= each.started_at else b""
    if not termination.needs_log(said, file, each.exit_code):
        return termination.message(file)
    lines = each.logs[-termination.LOG_LINES :]
    return termination.message(file, b"".join(line.text + b"\n" for line in lines))


def cleared_away(pod: FakePod) -> list[ContainerStatus]:
    """Init containers that were through and are there no more."""
    if not line(pod, pod.spec)[1]:
        return []
    return [
        ContainerStatus(
            name=each.name, image=each.image, state=State.TERMINATED, kind=Kind.INIT, is_ready=True, exit_code=0,
            reason="Completed",
        )
        for each in pod.spec.spec.init_containers
        if each.name not in pod.containers and not order.is_sidecar(each)
    ]  # fmt: skip


def _is_ready(
    each: FakeContainer, known: ContainerRecord | None, state: State, is_started: bool | None, kind: Kind
) -> bool | None:
    if kind is Kind.INIT:
        return state is State.TERMINATED and each.exit_code == 0
    if state is not State.RUNNING:
        return False
    if each.spec.readiness_probe is not None and is_started is not False:
        if known is None:
            return None
        return known.ready is True if known.asked else known.ready
    return is_started


def _last(each: FakeContainer, state: State) -> Termination | None:
    if state is not State.WAITING or each.exit_code is None:
        return None
    return Termination(
        exit_code=each.exit_code, reason="Error" if each.exit_code else "Completed", message=last_words(each),
        started_at=each.started_at, finished_at=each.finished_at,
    )  # fmt: skip
