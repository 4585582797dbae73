"""The plan is pure: any found state, and what must hold of the way from it to the wanted one."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.engines.docker.plan import Step, Verb, plan
from podlab.errors import Conflict
from podlab.model import Container, EmptyDir, Metadata, Pod, PodSpec, Volume, VolumeMount
from podlab.wire import encode

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def wanted(*containers: Container, **spec: object) -> Pod:
    return Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=containers, **spec))  # type: ignore[arg-type]


def container(name: str, *, image: str = "busybox", volume: str = "") -> Container:
    mounts = (VolumeMount(name=volume, mount_path="/data"),) if volume else ()
    return Container(name=name, image=image, volume_mounts=mounts)


class World:
    """An engine's memory, as far as the plan can see it; runs steps and remembers what was done to whom."""

    def __init__(self, pod: Pod, found: FoundPod) -> None:
        self.pod = pod
        self.found = found
        self.clock = T0 + timedelta(hours=1)
        self.counter = 0

    def run(self, steps: list[Step]) -> None:
        done: set[Step] = set()
        for step in steps:
            assert set(step.after) <= done, f"{step} stands before a step that it waits for"
            self._do(step)
            done.add(step)

    def _do(self, step: Step) -> None:
        self.clock += timedelta(seconds=1)
        self.counter += 1
        found, members = self.found, dict(self.found.members)
        match step.verb, step.target:
            case Verb.CREATE_NETWORK, name:
                found = dataclasses.replace(found, networks=found.networks | {name})
            case Verb.CREATE, naming.INFRA:
                assert found.infra is None, "the infra is never made anew while there is one"
                infra = self._made(translate.infra_hash(self.pod))
                found = dataclasses.replace(found, infra=infra, spec=found.spec or encode(self.pod))
            case Verb.START, naming.INFRA:
                assert found.infra is not None
                found = dataclasses.replace(found, infra=self._started(found.infra))
            case Verb.CREATE, name:
                assert found.infra is not None, "a member joins an infra that is there"
                assert name not in members
                spec = self.pod.container(name)
                assert spec is not None
                members[name] = dataclasses.replace(
                    self._made(translate.member_hash(self.pod, spec)),
                    network_mode=f"container:{found.infra.id}",
                )
            case ((Verb.START | Verb.RESTART), name):
                assert found.infra is not None
                assert found.infra.is_up, "a member cannot join an infra that is down"
                assert members[name].network_mode == f"container:{found.infra.id}"
                members[name] = self._started(members[name])
            case ((Verb.REMOVE | Verb.SET_ASIDE), name):
                del members[name]
            case Verb.CREATE_VOLUME, name:
                found = dataclasses.replace(found, volumes=found.volumes | {name})
            case Verb.REMOVE_VOLUME, name:
                found = dataclasses.replace(found, volumes=found.volumes - {name})
            case Verb.WRITE_SPEC, name:
                later = {**found.spec_volumes, int(name.rpartition(".")[2]): name}
                found = dataclasses.replace(found, spec_volumes=later, spec=encode(self.pod))
            case Verb.REMOVE_SPEC, name:
                left = {g: n for g, n in found.spec_volumes.items() if n != name}
                found = dataclasses.replace(
                    found, spec_volumes=left, spec=found.spec if left else encode(self.pod)
                )
            case Verb.OPEN_VOLUME, name:
                assert name in found.volumes
        self.found = dataclasses.replace(found, members=members)

    def _made(self, digest: str) -> FoundContainer:
        labels = {naming.HASH: digest}
        return FoundContainer(id=f"new{self.counter}", name="", state="created", image="", labels=labels)

    def _started(self, c: FoundContainer) -> FoundContainer:
        return dataclasses.replace(c, state="running", started_at=self.clock)


def found_container(
    digest: str, state: str, started_at: datetime | None, exit_code: int, joined: str
) -> FoundContainer:
    return FoundContainer(
        id=f"id-{digest[:4]}-{state}", name="", state=state, image="", labels={naming.HASH: digest},
        started_at=None if state == "created" else started_at, exit_code=exit_code, network_mode=joined,
    )  # fmt: skip


STATES = st.sampled_from(["created", "running", "paused", "restarting", "exited", "dead"])
TIMES = st.sampled_from([T0, T0 + timedelta(minutes=1)])
NAMES = ("app", "side", "old")
PODS = st.builds(
    lambda names, images, volume, policy: wanted(
        *(
            container(n, image=i, volume="data" if volume else "")
            for n, i in zip(names, images, strict=False)
        ),
        volumes=(Volume(name="data", empty_dir=EmptyDir()),) if volume else (),
        restart_policy=policy,
    ),
    st.lists(st.sampled_from(NAMES), unique=True, max_size=3),
    st.lists(st.sampled_from(["busybox", "alpine"]), min_size=3, max_size=3),
    st.booleans(),
    st.sampled_from([None, "Always", "OnFailure", "Never"]),
)


@st.composite
def found_pods(draw: st.DrawFn, pod: Pod) -> FoundPod:
    """Whatever crashes, hands and other versions may leave: an infra or none, members bound to it or not."""
    infra = None
    if draw(st.booleans()):
        infra = found_container(translate.infra_hash(pod), draw(STATES), draw(TIMES), 0, "podlab")
    members = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        own = pod.container(name)
        digest = translate.member_hash(pod, own) if own and draw(st.booleans()) else "0000"
        joined = f"container:{infra.id}" if infra and draw(st.booleans()) else "container:gone"
        members[name] = found_container(
            digest, draw(STATES), draw(TIMES), draw(st.sampled_from([0, 1, 137])), joined
        )
    spec = encode(pod) if infra and draw(st.booleans()) else {"metadata": {"name": "web"}} if infra else None
    volumes = frozenset(draw(st.lists(st.sampled_from(["podlab-web-data", "podlab-web-old"]))))
    generation = {2: naming.spec_volume("web", 2)} if draw(st.booleans()) else {}
    return FoundPod(
        name="web", infra=infra, members=members, volumes=volumes, spec=spec, spec_volumes=generation,
        networks=frozenset(draw(st.sampled_from([[], ["podlab"]]))),
    )  # fmt: skip


@given(st.data())
def test_from_any_state_one_run_of_the_plan_reaches_the_wanted_one(data: st.DataObject) -> None:
    pod = data.draw(PODS)
    found = data.draw(found_pods(pod))
    world = World(pod, found)
    world.run(plan(pod, found))
    assert plan(pod, world.found) == []
    assert set(world.found.members) == {c.name for c in pod.spec.containers}
    assert world.found.infra is not None
    assert world.found.infra.is_up


@given(st.data())
def test_the_plan_is_short(data: st.DataObject) -> None:
    pod = data.draw(PODS)
    steps = plan(pod, data.draw(found_pods(pod)))
    assert len(steps) <= 6 + 4 * len(NAMES) + 4
    assert len(set(steps)) == len(steps)


def up(pod: Pod) -> FoundPod:
    world = World(pod, FoundPod(name="web"))
    world.run(plan(pod, world.found))
    return world.found


def verbs(steps: list[Step]) -> list[tuple[str, str]]:
    return [(str(s.verb), s.target) for s in steps]


def test_a_changed_image_makes_only_that_container_anew() -> None:
    found = up(wanted(container("app"), container("side")))
    steps = plan(wanted(container("app", image="alpine"), container("side")), found)
    assert verbs(steps) == [
        ("write spec", "podlab-web-spec.2"), ("remove", "app"), ("create", "app"), ("start", "app"),
    ]  # fmt: skip


def test_members_of_an_infra_that_was_restarted_are_restarted() -> None:
    pod = wanted(container("app"))
    found = up(pod)
    assert found.infra is not None
    later = dataclasses.replace(found.infra, started_at=T0 + timedelta(days=1))
    assert verbs(plan(pod, dataclasses.replace(found, infra=later))) == [("restart", "app")]


def test_a_removed_infra_takes_its_members_with_it() -> None:
    pod = wanted(container("app"))
    steps = plan(pod, dataclasses.replace(up(pod), infra=None))
    made = next(s for s in steps if (s.verb, s.target) == (Verb.CREATE, naming.INFRA))
    removed = [s for s in steps if s.verb is Verb.REMOVE]
    assert removed
    assert all(made in s.after for s in removed), "one of them may have the last copy of what is wanted"
    assert ("remove", "app") in verbs(steps)
    assert verbs(steps)[0] == ("create", "infra")


def test_another_host_name_needs_another_pod() -> None:
    found = up(wanted(container("app")))
    with pytest.raises(Conflict, match="cannot change its host name") as error:
        plan(wanted(container("app"), hostname="other"), found)
    assert "--replace" in error.value.hint


def test_a_completed_container_stays_ended() -> None:
    pod = wanted(container("app"), restart_policy="Never")
    found = up(pod)
    ended = dataclasses.replace(found.members["app"], state="exited", exit_code=0)
    assert plan(pod, dataclasses.replace(found, members={"app": ended})) == []


def test_held_containers_are_made_but_not_started() -> None:
    steps = plan(wanted(container("app"), container("side")), FoundPod(name="web"), hold={"side"})
    assert ("create", "side") in verbs(steps)
    assert ("start", "side") not in verbs(steps)
    assert ("start", "app") in verbs(steps)


def test_members_are_created_while_the_infra_starts() -> None:
    steps = plan(wanted(container("app")), FoundPod(name="web"))
    create = next(s for s in steps if s.verb is Verb.CREATE and s.target == "app")
    assert [(s.verb, s.target) for s in create.after] == [(Verb.CREATE, "infra")]


@given(st.data())
def test_a_new_wanted_state_is_written_before_anything_of_it_is_done(data: st.DataObject) -> None:
    pod = data.draw(PODS)
    steps = plan(pod, data.draw(found_pods(pod)))
    written = [s for s in steps if s.verb is Verb.WRITE_SPEC]
    for step in steps:
        if (
            written
            and step.verb in (Verb.CREATE, Verb.REMOVE, Verb.CREATE_VOLUME)
            and step.target != naming.INFRA
        ):
            assert written[0] in step.after
