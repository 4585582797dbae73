"""The plan of what pods and containers may use: from any found state one run reaches the wanted one."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.engines.docker.plan import Step, Verb, plan
from podlab.model import Container, Metadata, Pod, PodSpec, ResizePolicy, Resources
from podlab.wire import encode
from tests.engines.docker.test_plan import T0, World

NAMES = ("app", "side")
AMOUNTS = st.sampled_from(
    [
        None,
        Resources(limits={"cpu": "200m", "memory": "32Mi"}),
        Resources(limits={"cpu": "400m"}, requests={"memory": "16Mi"}),
        Resources(requests={"cpu": "300m"}),
    ]
)
OF_POD = st.sampled_from(
    [None, Resources(limits={"cpu": "1", "memory": "64Mi"}), Resources(limits={"cpu": "2", "memory": "96Mi"})]
)
POLICIES = st.sampled_from([(), (ResizePolicy(resource_name="cpu", restart_policy="RestartContainer"),)])


class Bounded(World):
    def _do(self, step: Step) -> None:
        super()._do(step)
        if step.verb is Verb.BOUND:
            assert self.found.sandbox, "bounds are held around an infra that runs"
            name = translate.bounds_volume(self.pod, self.found.sandbox)["Name"]
            self.found = dataclasses.replace(self.found, bounds_volumes=frozenset([name]))
        if step.verb is Verb.UPDATE:
            own = self.pod.container(step.target)
            assert own is not None
            members = dict(self.found.members)
            before = members[step.target]
            after = {**before.bounds, **translate.own_bounds(self.pod, own)}
            members[step.target] = dataclasses.replace(before, bounds=after)
            self.found = dataclasses.replace(self.found, members=members)


@st.composite
def pods(draw: st.DrawFn, of_pod: st.SearchStrategy[Resources | None] = OF_POD) -> Pod:
    policy = draw(POLICIES)
    containers = tuple(
        Container(name=each, image="busybox", resources=draw(AMOUNTS), resize_policy=policy) for each in NAMES
    )
    return Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=containers, resources=draw(of_pod)))


def made_from(pod: Pod, own: Container, infra: FoundContainer) -> FoundContainer:
    labels = {
        naming.HASH: translate.member_hash(pod, own), naming.SHAPE: translate.member_shape(pod, own),
    }  # fmt: skip
    return FoundContainer(
        id=own.name, name="", state="running", image="", labels=labels, network_mode=f"container:{infra.id}",
        started_at=T0, bounds=translate.own_bounds(pod, own),
    )  # fmt: skip


@st.composite
def found_of(draw: st.DrawFn, pod: Pod) -> FoundPod:
    """As an earlier wanted state of the same pod left it, with members updated since or not."""
    of_pod = st.just(pod.spec.resources) if pod.spec.resources is None else OF_POD.filter(bool)
    before = draw(pods(of_pod))
    labels = {naming.HASH: translate.infra_hash(pod)}
    infra = FoundContainer(id="i", name="", state="running", image="", labels=labels, started_at=T0)
    members = {c.name: made_from(before, c, infra) for c in before.spec.containers if draw(st.booleans())}
    by_hand = {"Memory": 2**26, "NanoCpus": 10**9}
    members = {
        n: dataclasses.replace(m, bounds=by_hand) if draw(st.booleans()) else m for n, m in members.items()
    }
    found = FoundPod(
        name="web", infra=infra, members=members, spec=encode(before), networks=frozenset(["podlab"])
    )
    held = translate.bounds_volume(draw(st.sampled_from([pod, before])), found.sandbox)["Name"]
    return dataclasses.replace(
        found, bounds_volumes=frozenset(draw(st.sampled_from([[], [held], ["older"]])))
    )


@given(st.data())
def test_one_run_reaches_the_wanted_bounds(data: st.DataObject) -> None:
    pod = data.draw(pods())
    found = data.draw(found_of(pod))
    world = Bounded(pod, found)
    steps = plan(pod, found)
    world.run(steps)
    assert plan(pod, world.found) == []
    bounded = [s for s in steps if s.verb is Verb.BOUND]
    for start in (s for s in steps if s.verb is Verb.START):
        assert set(bounded) <= set(start.after), "no container starts before its pod's bounds are there"


@given(st.data())
def test_a_pod_is_never_smaller_than_its_containers_meanwhile(data: st.DataObject) -> None:
    pod = data.draw(pods(OF_POD.filter(bool)))
    found = data.draw(found_of(pod))
    order = [s.verb for s in plan(pod, found) if s.verb in (Verb.BOUND, Verb.UPDATE)]
    before = found.spec["spec"]["resources"]["limits"]["cpu"] if found.spec else "1"
    now = pod.spec.resources.limits["cpu"] if pod.spec.resources else "1"
    if Verb.BOUND in order and Verb.UPDATE in order and before != now:
        assert (order[0] is Verb.BOUND) == (int(str(now)) > int(str(before)))


def test_a_new_pod_is_bounded_once_its_infra_runs() -> None:
    pod = Pod(
        metadata=Metadata(name="web"),
        spec=PodSpec(
            containers=(Container(name="app", image="busybox"),), resources=Resources(limits={"cpu": "1"})
        ),
    )
    steps = plan(pod, FoundPod(name="web"))
    [bound] = [s for s in steps if s.verb is Verb.BOUND]
    assert [(s.verb, s.target) for s in bound.after] == [(Verb.START, naming.INFRA)]


def test_what_nobody_said_leaves_the_hash_of_the_pod_as_it_was() -> None:
    pod = Pod(
        metadata=Metadata(name="web"), spec=PodSpec(containers=(Container(name="app", image="busybox"),))
    )
    assert translate.infra_hash(pod) == "948a78489d93b1a5"
    for said in ({"host_network": True}, {"subdomain": "s"}, {"resources": Resources(limits={"cpu": "1"})}):
        other = dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, **said))
        assert translate.infra_hash(other) != translate.infra_hash(pod)
