"""What the plan does for volumes, without an engine: whatever a container mounts is as it must be when it starts."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.engines.docker.plan import Step, Verb, plan
from podlab.model import (
    ClaimVolume,
    ConfigMapVolume,
    Container,
    EmptyDir,
    EnvVar,
    EnvVarSource,
    FieldSelector,
    HostPath,
    ImageVolume,
    Metadata,
    Pod,
    PodSpec,
    SecretVolume,
    Volume,
    VolumeMount,
)
from podlab.objects.files import has_content
from tests.engines.docker.test_plan import World

VOLUMES = (
    Volume(name="config", config_map=ConfigMapVolume(name="c")),
    Volume(name="keys", secret=SecretVolume(secret_name="s")),
    Volume(name="ram", empty_dir=EmptyDir(medium="Memory")),
    Volume(name="disk", empty_dir=EmptyDir()),
    Volume(name="tools", image=ImageVolume(reference="busybox")),
    Volume(name="kept", persistent_volume_claim=ClaimVolume(claim_name="kept")),
    Volume(name="dir", host_path=HostPath(path="/srv", type="Directory")),
)
ADDRESS = EnvVar(name="IP", value_from=EnvVarSource(field_ref=FieldSelector(field_path="status.podIP")))


class Filled(World):
    """What is in the volumes, too: `ready` has those that are filled or have their folders, `there` what exists."""

    def __init__(self, pod: Pod, found: FoundPod) -> None:
        super().__init__(pod, found)
        self.ready: set[str] = set()
        self.checked: set[str] = set()
        self.claims: set[str] = set()

    def _do(self, step: Step) -> None:
        own = translate.own_volumes(self.pod)
        name = step.target
        if step.verb is Verb.START and name == naming.INFRA:
            self.ready -= {n for n, volume in own.items() if translate.is_in_memory(volume)}
        elif step.verb in (Verb.FILL_VOLUME, Verb.MAKE_FOLDERS):
            in_memory = name in own and translate.is_in_memory(own[name])
            assert name in self.found.volumes | self.claims
            assert not in_memory or (self.found.infra and self.found.infra.is_up), "the infra holds it"
            self.ready.add(name)
        elif step.verb is Verb.SEE_TO_PATH:
            self.checked.add(name)
        elif step.verb is Verb.CREATE_VOLUME and name in translate.claimed(self.pod):
            self.claims.add(name)
            return
        elif step.verb is Verb.OPEN_VOLUME and name in translate.claimed(self.pod):
            assert name in self.claims
            return
        elif step.verb is Verb.CREATE and name != naming.INFRA:
            self._may_be_created(name)
        elif step.verb in (Verb.START, Verb.RESTART):
            self._may_start(name)
        super()._do(step)
        if step.verb is Verb.CREATE and name != naming.INFRA:
            self._label(name)
        if step.verb is Verb.START and name == naming.INFRA:
            assert self.found.infra
            infra = dataclasses.replace(self.found.infra, ip=f"10.0.0.{self.counter}")
            self.found = dataclasses.replace(self.found, infra=infra)

    def _mounted(self, name: str) -> list[tuple[VolumeMount, Volume]]:
        container = self.pod.container(name)
        assert container
        volumes = {v.name: v for v in self.pod.spec.volumes}
        return [(m, volumes[m.name]) for m in container.volume_mounts]

    def _may_be_created(self, name: str) -> None:
        for _, volume in self._mounted(name):
            source = translate.source(self.pod, volume)
            if volume.host_path:
                assert volume.name in self.checked
            else:
                assert source in self.found.volumes | self.claims

    def _may_start(self, name: str) -> None:
        for mount, volume in self._mounted(name):
            source = translate.source(self.pod, volume)
            if has_content(volume):
                assert source in self.ready, "no container starts on files that are not there"
            elif mount.sub_path and not volume.host_path and not volume.image:
                assert source in self.ready, "nor on a folder that is not there"
        assert self.found.infra
        shown = self.found.members[name].labels.get(naming.ADDRESS)
        assert shown in (None, self.found.infra.ip), "nor with an address that the pod has no more"

    def _label(self, name: str) -> None:
        container = self.pod.container(name)
        if container and ADDRESS in container.env:
            assert self.found.infra and self.found.infra.is_up, "there is no address yet"
            members = dict(self.found.members)
            labels = {**members[name].labels, naming.ADDRESS: self.found.infra.ip}
            members[name] = dataclasses.replace(members[name], labels=labels)
            self.found = dataclasses.replace(self.found, members=members)


def pod_of(mounts: dict[str, list[VolumeMount]], shows: set[str]) -> Pod:
    used = {m.name for each in mounts.values() for m in each}
    containers = tuple(
        Container(name=n, image="busybox", volume_mounts=tuple(m), env=(ADDRESS,) if n in shows else ())
        for n, m in mounts.items()
    )
    volumes = tuple(v for v in VOLUMES if v.name in used)
    return Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=containers, volumes=volumes))


MOUNTS = st.builds(
    lambda name, below: VolumeMount(name=name, mount_path=f"/{name}", sub_path=below),
    st.sampled_from([v.name for v in VOLUMES]),
    st.sampled_from([None, "a/b"]),
)
PODS = st.builds(
    pod_of,
    st.dictionaries(st.sampled_from(["app", "side"]), st.lists(MOUNTS, max_size=4), min_size=1),
    st.sets(st.sampled_from(["app", "side"])),
)


def died(container: FoundContainer, how: str) -> FoundContainer:
    return dataclasses.replace(container, state=how, exit_code=137)


@given(
    PODS, st.lists(st.sampled_from(["infra", "app", "side", "infra gone", "app gone", "reboot"]), max_size=4)
)
def test_whatever_happens_every_container_starts_on_what_it_mounts(pod: Pod, events: list[str]) -> None:
    world = Filled(pod, FoundPod(name="web"))
    world.run(plan(pod, world.found))
    assert plan(pod, world.found) == []
    for event in events:
        name, _, gone = event.partition(" ")
        found, members = world.found, dict(world.found.members)
        if event == "reboot":
            members = {n: died(m, "exited") for n, m in members.items()}
        if name == "infra" or event == "reboot":
            infra = None if gone or found.infra is None else died(found.infra, "exited")
            found = dataclasses.replace(found, infra=infra)
        elif name in members:
            if gone:
                del members[name]
            else:
                members[name] = died(members[name], "exited")
        world.found = dataclasses.replace(found, members=members)
        world.run(plan(pod, world.found))
        assert plan(pod, world.found) == []


def test_a_pod_that_mounts_nothing_of_that_kind_waits_for_nothing() -> None:
    pod = pod_of({"app": [], "side": []}, shows={"side"})
    steps = {(s.verb, s.target): s for s in plan(pod, FoundPod(name="web"))}
    up = steps[Verb.START, naming.INFRA]
    assert up not in steps[Verb.CREATE, "app"].after
    assert up in steps[Verb.CREATE, "side"].after
    extra = {Verb.FILL_VOLUME, Verb.MAKE_FOLDERS, Verb.SEE_TO_PATH, Verb.CREATE_VOLUME, Verb.OPEN_VOLUME}
    assert not extra & {verb for verb, _ in steps}
