"""The preflight of a workshop: what is found out about it, and how that is judged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from podlab.doctor import preflight
from podlab.doctor.facts import Attempt, Facts, ImageFacts, WorkshopFacts
from podlab.doctor.finding import Level
from podlab.doctor.limit import MB, Share
from podlab.doctor.report import report
from podlab.engines.docker.engine import DockerEngine
from podlab.images.needs import needed
from podlab.images.prepare import prepare
from podlab.lesson import load_workshop
from podlab.manifest.workshop import Images
from podlab.model import Container, EmptyDir, PodSpec, Volume
from tests.doctor.doctor_facts import FACTS, finding

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"
WORKSHOP = WorkshopFacts(
    name="lab", seats=20, mirror="seeded", mirrored=("alpine:latest",), level="rootless",
    firewall=Attempt(worked=True), memory_limit_bytes=500 * MB, pids_limit=1000,
)  # fmt: skip
OFFLINE = Attempt(worked=False, said="no answer")


def given(*, share: Share | None = None, is_online: bool = True, **changes: Any) -> Facts:
    facts = replace(FACTS, workshop=replace(WORKSHOP, **changes), share=share or Share())
    return facts if is_online else replace(facts, lab=replace(facts.lab, registry=OFFLINE))


def test_all_is_well_and_the_workshop_says_how_many_seats() -> None:
    found = report(given())
    assert found.wanted_seats == 20
    assert found.is_healthy
    assert {each.level for each in found.findings if each.topic == "workshop"} == {Level.OK}
    assert report(given(), 9).wanted_seats == 9


def test_without_a_workshop_nothing_is_said_of_one() -> None:
    assert not [each for each in report(FACTS).findings if each.topic == "workshop"]


def test_the_share_of_its_seats_decides_how_many_fit() -> None:
    greedy = given(share=Share(memory_bytes=1000 * MB))
    found = report(greedy)
    assert found.seats is not None
    assert (found.seats.fits, found.is_healthy) == (15, False)
    assert "20 wanted, 15 seats fit; memory is what limits" in found.summary


@pytest.mark.parametrize(
    ("is_online", "can_be_built", "level"),
    [(True, False, Level.NOTE), (False, True, Level.NOTE), (False, False, Level.PROBLEM)],
)
def test_an_image_that_is_missing_is_a_problem_where_it_cannot_be_had(
    is_online: bool, can_be_built: bool, level: Level
) -> None:
    lacking = ImageFacts(reference="nginx:1", can_be_built=can_be_built)
    seats = finding(given(is_online=is_online, missing=(lacking,)), "workshop.images")
    mirror = finding(given(is_online=is_online, unmirrored=(lacking,)), "workshop.mirror")
    for each in (seats, mirror):
        assert each.level is level
        assert "nginx:1" in each.found
        assert each.fix
    assert "alpine:latest" in mirror.found


def test_what_no_mirror_can_serve_is_said() -> None:
    facts = given(is_online=False, elsewhere=("quay.io/a/b:1",), untold=("dind",))
    assert finding(facts, "workshop.elsewhere").level is Level.WARNING
    assert "quay.io/a/b:1" in finding(facts, "workshop.elsewhere").found
    assert "dind" in finding(facts, "workshop.untold").found


def test_a_level_that_the_engine_cannot_keep_is_a_problem_and_an_open_one_a_warning() -> None:
    assert (
        finding(given(level_problem=("no userns here", "level: auto")), "workshop.level").level
        is Level.PROBLEM
    )
    assert finding(given(level_warning="root on the machine"), "workshop.level").level is Level.WARNING


def test_a_level_that_was_tried_in_vain_is_a_problem() -> None:
    facts = replace(given(), rootless=Attempt(worked=False, said="unshare: Operation not permitted"))
    assert finding(facts, "workshop.level").level is Level.PROBLEM
    assert "only root" in finding(facts, "workshop.level").found
    assert (
        finding(replace(facts, workshop=replace(WORKSHOP, level="none")), "workshop.level").level is Level.OK
    )


def test_a_machine_that_cannot_be_closed_to_seats_is_a_warning() -> None:
    assert finding(given(), "workshop.firewall").level is Level.OK
    failed = given(firewall=Attempt(worked=False, said="no nftables"), firewall_fix="load them")
    found = finding(failed, "workshop.firewall")
    assert (found.level, found.fix) == (Level.WARNING, "load them")
    assert found.found.endswith("no nftables")
    assert finding(given(firewall=None), "workshop.firewall").level is Level.NOTE


def test_limits_that_are_missing_are_warnings_and_large_ones_notes() -> None:
    loose = given(
        memory_limit_bytes=None, pids_limit=None, unlimited=("work",), unbounded_volumes=("docker",)
    )
    for id in ("workshop.memory", "workshop.pids", "workshop.disk"):
        assert finding(loose, id).level is Level.WARNING
    assert "work" in finding(loose, "workshop.memory").found
    large = given(memory_limit_bytes=4000 * MB, pids_limit=10_000)
    for id in ("workshop.memory", "workshop.pids"):
        assert finding(large, id).level is Level.NOTE
    assert "80.0 GB for 20, of 16.0 GB available" in finding(large, "workshop.memory").found


def test_a_seats_share_is_reckoned_from_its_pod() -> None:
    workshop, _ = load_workshop(EXAMPLE)
    pod = workshop.pod()  # its daemon keeps its images in memory
    seat = preflight._share(pod, [8 * MB], has_mirror=True)
    assert (seat.memory_bytes, seat.disk_bytes) == ((250 + 8 + 64) * MB, 50 * MB)
    unknown = preflight._share(pod, [None], has_mirror=True)
    assert unknown.memory_bytes == (250 + 500) * MB
    on_disk = tuple(
        Volume(name=v.name, empty_dir=EmptyDir()) if v.name == "docker" else v for v in pod.spec.volumes
    )
    assert preflight._share(
        replace(pod, spec=replace(pod.spec, volumes=on_disk)), [600 * MB], has_mirror=True
    ) == Share(disk_bytes=664 * MB)
    plain = replace(
        pod, spec=PodSpec(containers=(Container(name="a", image="x"), Container(name="b", image="x")))
    )
    assert preflight._share(plain, [], has_mirror=False).memory_bytes == 100 * MB


# --- on the real engine


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[DockerEngine]:
    engine = await DockerEngine.connect(docker_host)
    yield engine
    await engine.close()


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_what_the_engine_has_and_lacks_is_found_out(engine: DockerEngine, image: str) -> None:
    workshop, lesson = load_workshop(EXAMPLE)
    await prepare(engine.image_store, needed([workshop.pod()]), mirrored=["alpine"])
    found = (await preflight.look(engine, FACTS, workshop, lesson)).workshop
    assert found is not None
    assert {each.reference for each in found.missing} <= {"podlab/firewall:latest"}
    assert "alpine:latest" in found.mirrored
    assert (found.unmirrored, found.untold, found.elsewhere) == ((), (), ())
    assert (found.name, found.seats, found.mirror) == ("docker-pods", 30, "seeded")
    assert found.memory_limit_bytes

    images = Images(preload=("podlab-test/nobody-has-this:1",), mirror="seeded")
    lacking = replace(workshop, spec=replace(workshop.spec, images=images))
    after = (await preflight.look(engine, FACTS, lacking, lesson)).workshop
    assert after is not None
    assert [each.reference for each in after.unmirrored] == ["podlab-test/nobody-has-this:1"]

    bundled = ["podlab-test/nobody-has-this:1"]
    comes = (await preflight.look(engine, FACTS, lacking, lesson, bundled=bundled)).workshop
    assert comes is not None
    assert (comes.unmirrored, set(bundled) & set(comes.carried)) == ((), set(bundled))
