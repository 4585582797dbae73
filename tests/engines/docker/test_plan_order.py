"""Plans of pods with init containers, from any found state: the order holds, and the pod gets where it should."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.engines.docker.plan import Step, Verb, plan
from podlab.model import Container, ExecAction, Metadata, Pod, PodSpec, Probe
from podlab.node import order
from podlab.record import ContainerRecord, Record
from podlab.status import Kind
from podlab.wire import encode
from tests.engines.docker.test_plan import T0, World

CHECK = Probe(exec=ExecAction(command=("true",)))
INITS = ("first", "proxy", "gated", "last")
MAINS = ("app", "side")
BOUND = 2 * (len(INITS) + len(MAINS)) + 4
"""Of plans until nothing is left to do."""


def init(name: str, *, image: str = "busybox") -> Container:
    if name == "proxy":
        return Container(name=name, image=image, restart_policy="Always")
    if name == "gated":
        return Container(name=name, image=image, restart_policy="Always", startup_probe=CHECK)
    return Container(name=name, image=image)


def pod_of(inits: list[str], mains: list[str], policy: str | None = None) -> Pod:
    return Pod(
        metadata=Metadata(name="web"),
        spec=PodSpec(
            init_containers=tuple(map(init, inits)),
            containers=tuple(Container(name=name, image="busybox") for name in mains),
            restart_policy=policy,  # type: ignore[arg-type]
        ),
    )


class Life(World):
    """The same memory, in which init containers end and somebody asks startup probes."""

    def __init__(self, pod: Pod, found: FoundPod, record: Record | None = None) -> None:
        super().__init__(pod, found)
        self.record = record or Record()
        self.started: list[str] = []
        self.write(self.record)

    def write(self, record: Record) -> None:
        self.record = record
        told = {naming.STATUS: json.dumps(encode(record))}
        self.found = dataclasses.replace(self.found, status=told, status_volumes={1: "podlab-web-status.1"})

    def _do(self, step: Step) -> None:
        if step.verb is Verb.STOP:
            assert self.found.members[step.target].is_up
            self.end(step.target, 143)
            return
        if step.verb in (Verb.START, Verb.RESTART) and step.target != naming.INFRA:
            self.started.append(step.target)
            self.check_order(step.target)
        super()._do(step)

    def end(self, name: str, code: int) -> None:
        self.clock += timedelta(seconds=1)
        ended = dataclasses.replace(
            self.found.members[name], state="exited", exit_code=code, finished_at=self.clock
        )
        self.found = dataclasses.replace(self.found, members={**self.found.members, name: ended})

    def is_through(self, name: str) -> bool:
        member = self.found.members.get(name)
        if member is None or self.found.is_from_before(member):
            return False
        if order.kind(self.pod, name) is Kind.INIT:
            return member.state == "exited" and member.exit_code == 0
        if name != "gated":  # the engine may be about to restart it
            return member.is_up
        known = self.record.of(name)
        return member.state in ("running", "paused") and bool(known.started and known.run == member.run)

    @property
    def is_initialized(self) -> bool:
        return self.record.initialized == order.key(self.pod, self.found.sandbox)

    def check_order(self, name: str) -> None:
        before = [c.name for c in self.pod.members]
        before = [n for n in before[: before.index(name)] if n in INITS]
        assert self.is_initialized or all(map(self.is_through, before)), f"{name} is started before its turn"

    def pass_(self) -> bool:
        """What is under way comes to its end; whether there was anything."""
        has_moved = False
        for name, member in list(self.found.members.items()):
            if member.state not in ("running", "paused") or self.found.is_from_before(member):
                continue
            if order.kind(self.pod, name) is Kind.INIT and self.pod.container(name):
                self.end(name, 0)
                has_moved = True
            elif name == "gated" and not self.is_through(name):
                self.write(
                    self.record.with_container(ContainerRecord(name=name, run=member.run, started=True))
                )
                has_moved = True
        mains = [self.found.members.get(c.name) for c in self.pod.spec.containers]
        is_done = all(map(self.is_through, (c.name for c in self.pod.spec.init_containers)))
        if is_done and not self.is_initialized and all(m and m.started_at for m in mains):
            key = order.key(self.pod, self.found.sandbox)
            self.write(dataclasses.replace(self.record, initialized=key))
        return has_moved


STATES = st.sampled_from(["created", "running", "paused", "restarting", "exited", "dead"])
PODS = st.builds(
    pod_of,
    st.lists(st.sampled_from(INITS), unique=True, min_size=1).map(
        lambda names: sorted(names, key=INITS.index)
    ),
    st.lists(st.sampled_from(MAINS), unique=True, min_size=1),
    st.sampled_from([None, "Always", "OnFailure", "Never"]),
)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Whatever crashes, hands and other versions may leave."""
    pod = draw(PODS)
    infra = None
    if draw(st.booleans()):
        state = draw(STATES)
        began = None if state == "created" else T0 + timedelta(minutes=10)
        labels = {naming.HASH: translate.infra_hash(pod)}
        infra = FoundContainer(
            id="infra-of-a-pod", name="", state=state, image="", labels=labels, started_at=began
        )
    members = {}
    for name in draw(st.lists(st.sampled_from([*INITS, *MAINS, "old"]), unique=True)):
        own = pod.container(name)
        digest = translate.member_hash(pod, own) if own and draw(st.integers(0, 3)) else "0000"
        state = draw(STATES)
        began = T0 + timedelta(minutes=draw(st.sampled_from([5, 11])))
        members[name] = FoundContainer(
            id=f"id-{name}", name="", state=state, image="", labels={naming.HASH: digest},
            started_at=None if state == "created" else began,
            finished_at=began + timedelta(minutes=draw(st.sampled_from([1, 8]))) if state == "exited" else None,
            exit_code=draw(st.sampled_from([0, 1, 137])) if state == "exited" else None,
            network_mode=f"container:{infra.id if infra and draw(st.integers(0, 3)) else 'gone'}",
        )  # fmt: skip
    spec = encode(pod) if infra and draw(st.booleans()) else {"metadata": {"name": "web"}} if infra else None
    found = FoundPod(name="web", infra=infra, members=members, spec=spec, networks=frozenset(["podlab"]))
    initialized = order.key(pod, found.sandbox) if found.sandbox and draw(st.booleans()) else ""
    started = ContainerRecord(
        name="gated", run=members["gated"].run if "gated" in members else "", started=draw(st.booleans())
    )
    return Life(pod, found, Record(generation=1, initialized=initialized, containers=(started,)))


def live(life: Life) -> int:
    """Plan, run, let pass, until nothing is left; how many plans it took."""
    for number in range(BOUND):
        steps = plan(life.pod, life.found)
        life.run(steps)
        assert plan(life.pod, life.found) == [], "what was planned is done, and nothing else is to do now"
        if not life.pass_() and not plan(life.pod, life.found):
            return number
    raise AssertionError(f"not there after {BOUND} plans")


@settings(deadline=None)
@given(lives())
def test_from_any_state_the_pod_gets_where_it_should_in_a_bounded_number_of_plans(life: Life) -> None:
    live(life)
    infra, pod = life.found.infra, life.pod
    assert infra is not None
    assert infra.is_up
    members = life.found.members
    assert members.keys() <= {c.name for c in pod.members}
    has_failed = (
        any(
            order.kind(pod, name) is Kind.INIT and c.exit_code and order.policy(pod, name) == "Never"
            for name, c in members.items()
        )
        and not life.is_initialized
    )
    if has_failed:
        return
    is_over = all(not members[c.name].is_up for c in pod.spec.containers)
    for container in pod.spec.containers:
        member = members[container.name]
        assert member.is_up or order.has_ended(pod, container.name, member.exit_code)
        assert not life.found.is_stale(member)
    for container in pod.spec.init_containers:
        if is_over:
            assert not (container.name in members and members[container.name].is_up)
        elif order.is_sidecar(container):
            assert members[container.name].is_up
        else:
            assert life.is_initialized or life.is_through(container.name)


@settings(deadline=None)
@given(lives())
def test_a_plan_is_short_and_says_nothing_twice(life: Life) -> None:
    steps = plan(life.pod, life.found)
    assert len(steps) <= 6 + 4 * (len(INITS) + len(MAINS) + 1)
    assert len(set(steps)) == len(steps)


def up(pod: Pod) -> Life:
    life = Life(pod, FoundPod(name="web"))
    live(life)
    return life


def verbs(life: Life) -> list[tuple[str, str]]:
    return [(str(s.verb), s.target) for s in plan(life.pod, life.found)]


def test_a_new_pod_starts_in_order() -> None:
    assert up(pod_of([*INITS], [*MAINS])).started == ["first", "proxy", "gated", "last", "app", "side"]


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
def test_an_infra_that_was_restarted_stops_all_and_runs_the_init_containers_again(policy: str) -> None:
    life = up(pod_of(["first", "proxy"], ["app"], policy))
    assert life.found.infra is not None
    life.clock += timedelta(days=1)
    again = dataclasses.replace(life.found.infra, started_at=life.clock)
    life.found = dataclasses.replace(life.found, infra=again)
    life.started.clear()
    assert verbs(life) == [("stop", "app"), ("stop", "proxy"), ("start", "first")]
    live(life)
    assert life.started == ["first", "proxy", "app"]


def test_what_was_through_and_cleared_away_is_not_made_again() -> None:
    life = up(pod_of(["first", "last"], ["app"]))
    members = {name: c for name, c in life.found.members.items() if name != "first"}
    life.found = dataclasses.replace(life.found, members=members)
    assert verbs(life) == []


def test_another_init_container_runs_before_the_containers_start_again() -> None:
    life = up(pod_of(["first"], ["app"]))
    life.pod = pod_of(["first", "last"], ["app"])
    assert verbs(life) == [
        ("write spec", "podlab-web-spec.2"), ("create", "last"), ("stop", "app"), ("start", "last"),
    ]  # fmt: skip
    live(life)
    assert life.started[-2:] == ["last", "app"]


def test_sidecars_stop_when_all_containers_have_ended_the_last_one_first() -> None:
    life = up(pod_of(["proxy", "first", "gated"], ["app", "side"], "OnFailure"))
    life.end("app", 0)
    assert verbs(life) == []
    life.end("side", 0)
    steps = plan(life.pod, life.found)
    assert [(str(s.verb), s.target) for s in steps] == [("stop", "gated"), ("stop", "proxy")]
    assert steps[1].after == (steps[0],)
    live(life)
    assert verbs(life) == []
