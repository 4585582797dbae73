"""A seat's pod gives up its own mirror and asks the lab's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from podlab.lesson.workshop import load_workshop
from podlab.manifest import load
from podlab.manifest.workshop import Images
from podlab.model import Container, EnvVar, PodSpec
from podlab.workshop.lab import images as lab_images
from podlab.workshop.lab import mirror as lab_mirror
from podlab.workshop.lab import pulling

EXAMPLES = Path(__file__).parents[2] / "examples" / "docker-pods"
URL = "http://10.88.0.1:25007"
LEVELS = ("podlab.yaml", "privileged.yaml", "caps.yaml", "rootless.yaml", "unix-socket.yaml", "userns.yaml")


def words(spec: PodSpec) -> str:
    return repr(spec.containers)


def daemon(*args: str, command: tuple[str, ...] = (), image: str = "docker:dind") -> PodSpec:
    return PodSpec(containers=(Container(name="dind", image=image, command=command, args=args),))


@pytest.mark.parametrize("file", LEVELS)
def test_at_every_level_the_daemon_asks_the_labs_mirror(file: str) -> None:
    [pod] = load([EXAMPLES / file]).pods
    told = pulling.through(pod.spec, URL)
    assert [c.name for c in told.containers] == [c.name for c in pod.spec.containers if c.name != "mirror"]
    assert f"--registry-mirror={URL}" in words(told)
    assert "127.0.0.1:5001" not in words(told)
    [known] = told.host_aliases  # no name server is asked at each pull
    assert (known.ip, known.hostnames) == ("10.88.0.1", ("docker.io",))
    assert replace(told, containers=(), host_aliases=()) == replace(pod.spec, containers=())


def test_a_daemon_and_a_mirror_that_are_sidecars_are_seen() -> None:
    [pod] = load([EXAMPLES / "rootless.yaml"]).pods
    first = tuple(
        replace(c, restart_policy="Always") for c in pod.spec.containers if c.name in ("dind", "mirror")
    )
    others = tuple(c for c in pod.spec.containers if c.name not in ("dind", "mirror"))
    spec = replace(pod.spec, init_containers=first, containers=others)
    assert pulling.pulls(spec)
    told = pulling.through(spec, URL)
    [sidecar] = told.init_containers
    [same] = [c for c in pulling.through(pod.spec, URL).containers if c.name == "dind"]
    assert sidecar == replace(same, restart_policy="Always")
    untold = Container(name="d", image="docker:dind", command=("sh",), restart_policy="Always")
    assert pulling.untold(PodSpec(init_containers=(untold,), containers=others)) == ("d",)


@pytest.mark.parametrize("args", [(), ("--debug",), ("dockerd", "--host=tcp://127.0.0.1:2375")])
def test_a_daemon_that_is_started_as_its_image_has_it_gets_the_option(args: tuple[str, ...]) -> None:
    [told] = pulling.through(daemon(*args), URL).containers
    assert told.args == (*args, f"--registry-mirror={URL}")
    assert pulling.untold(daemon(*args)) == ()


def test_a_daemon_with_a_mirror_of_the_users_choice_keeps_it() -> None:
    spec = daemon("--registry-mirror=https://mirror.example")
    assert pulling.through(spec, URL) == spec


def test_a_daemon_in_a_script_without_a_mirror_cannot_be_told() -> None:
    spec = daemon("exec dockerd", command=("sh", "-c"))
    assert pulling.through(spec, URL) == spec
    assert pulling.untold(spec) == ("dind",)


def test_an_address_in_the_environment_is_exchanged_too() -> None:
    asks = Container(name="a", image="app", env=(EnvVar(name="MIRROR", value="http://localhost:5001/"),))
    [told] = pulling.through(PodSpec(containers=(asks,)), URL).containers
    assert told.env == (EnvVar(name="MIRROR", value=f"{URL}/"),)


def test_a_pod_without_daemon_needs_no_mirror() -> None:
    spec = PodSpec(containers=(Container(name="work", image="alpine", command=("sleep", "9")),))
    assert not pulling.pulls(spec)
    assert pulling.through(spec, URL) == spec


def test_what_the_lesson_names_is_wanted_in_the_mirror() -> None:
    workshop, lesson = load_workshop(EXAMPLES)
    images = lab_images.wanted(workshop, lesson)
    assert {"busybox", "registry:2", "podlab/mirror", "podlab/work"} < set(images.pods)
    assert "podlab/mirror:latest" not in images.pods
    assert images.preload == ("alpine:latest",)
    assert "alpine:latest" not in images.named
    assert lab_mirror.mode(workshop) == "seeded"


def test_without_a_mirror_nothing_is_wanted_in_it() -> None:
    workshop, lesson = load_workshop(EXAMPLES)
    without = replace(
        workshop, spec=replace(workshop.spec, images=Images(preload=("alpine",), mirror="none"))
    )
    assert lab_images.wanted(without, lesson).preload == ()
    assert lab_mirror.mode(without) == "none"
