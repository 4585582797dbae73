"""The level of a nested daemon: one word, and what its container is given for it."""

from __future__ import annotations

import dataclasses

import pytest

from podlab.manifest import load
from podlab.manifest.level import Name, at, is_daemon
from podlab.model import PIDS_LIMIT, Container, EnvVar, Pod, PodSpec
from tests.examples.conftest import EXAMPLES
from tests.manifest.manifest_texts import read, refused

FOLDER = EXAMPLES / "docker-pods"


def shipped(level: Name) -> PodSpec:
    [workshop] = load([FOLDER / "podlab.yaml"]).workshops
    return at(workshop.spec.pod.spec, level)


def written_out(level: Name) -> Pod:
    [pod] = load([FOLDER / f"{level}.yaml"]).pods
    return pod


def comparable(spec: PodSpec) -> PodSpec:
    """Without what means the same: the order of volumes, and the words of the script that remounts."""
    containers = tuple(
        dataclasses.replace(c, command=("sh",), args=()) if c.command[:1] == ("sh",) else c
        for c in spec.containers
    )
    return dataclasses.replace(
        spec,
        containers=containers,
        volumes=tuple(sorted(spec.volumes, key=lambda v: v.name)),
        active_deadline_seconds=None,
    )


@pytest.mark.parametrize("level", ["privileged", "caps", "rootless", "userns"])
def test_the_word_makes_what_the_file_of_that_level_has_written_out(level: Name) -> None:
    assert comparable(shipped(level)) == comparable(written_out(level).spec)


def test_auto_is_rootless_where_nobody_asked_the_engine() -> None:
    [workshop] = load([FOLDER / "podlab.yaml"]).workshops
    assert workshop.spec.level == "auto"
    assert comparable(workshop.pod().spec) == comparable(written_out("rootless").spec)
    assert workshop.pod().metadata.annotations[PIDS_LIMIT] == "1000"


def test_a_daemon_with_rights_of_its_own_and_one_below_another_runtime_stay() -> None:
    spec = written_out("privileged").spec
    assert at(spec, "rootless") == spec
    plain = dataclasses.replace(shipped("rootless"), runtime_class_name="sysbox-runc")
    assert at(plain, "caps") == plain


def with_sidecars(spec: PodSpec) -> PodSpec:
    """The daemon and its mirror before the others, as native sidecars."""
    first = tuple(c for c in spec.containers if c.name in ("dind", "mirror"))
    sidecars = tuple(dataclasses.replace(c, restart_policy="Always") for c in first)
    others = tuple(c for c in spec.containers if c not in first)
    return dataclasses.replace(spec, init_containers=sidecars, containers=others)


@pytest.mark.parametrize("level", ["privileged", "caps", "rootless", "userns"])
def test_a_daemon_that_is_a_sidecar_gets_the_level_too(level: Name) -> None:
    [workshop] = load([FOLDER / "podlab.yaml"]).workshops
    sidecars = with_sidecars(workshop.spec.pod.spec)
    assert [each.name for each in sidecars.init_containers if is_daemon(each)] == ["dind"]
    assert at(sidecars, level) == with_sidecars(shipped(level))


def test_a_daemon_image_that_only_does_a_step_is_no_daemon_to_be_levelled() -> None:
    step = Container(name="load", image="docker:dind", command=("docker", "--version"))
    spec = PodSpec(init_containers=(step,), containers=(Container(name="a", image="alpine"),))
    assert at(spec, "rootless") == spec


def test_ports_that_are_named_to_be_forwarded_are_kept() -> None:
    daemon = Container(
        name="d", image="docker:dind", args=("dockerd", "--host=tcp://127.0.0.1:2375"),
        env=(EnvVar(name="PODLAB_FORWARD", value="9999"),),
    )  # fmt: skip
    [made] = at(PodSpec(containers=(daemon,)), "rootless").containers
    assert made.env == daemon.env


@pytest.mark.parametrize(
    ("image", "is_one"),
    [
        ("docker:dind", True), ("docker:28-dind", True), ("docker.io/library/docker:dind", True), ("podlab/dind", True),
        ("docker:cli", False), ("alpine", False), ("example.com/docker:dind", False),
    ],
)  # fmt: skip
def test_daemons_are_known_by_their_image(image: str, is_one: bool) -> None:
    assert is_daemon(Container(name="d", image=image)) is is_one


def workshop(spec: str = "", **daemon: str) -> str:
    said = {"args": '[dockerd, "--host=tcp://127.0.0.1:2375"]'} | daemon
    lines = "".join(f", {key}: {value}" for key, value in said.items() if value)
    return (
        "apiVersion: podlab/v1\nkind: Workshop\nmetadata: {name: w}\nspec:\n"
        f"{spec}  pod: {{spec: {{containers: [{{name: d, image: 'docker:dind'{lines}}}]}}}}\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            workshop("  level: rootles\n"),
            "spec.level: expected one of auto, userns, rootless, caps, privileged",
        ),
        (
            workshop("  level: caps\n", securityContext="{privileged: true}"),
            "securityContext: is what spec.level sets",
        ),
        (
            workshop(command="[dockerd]"),
            "command: a daemon without a securityContext gets its command from spec.level",
        ),
        (
            workshop(args=""),
            "args: a daemon whose level podlab sets needs [dockerd, --host=tcp://127.0.0.1:2375, …]",
        ),
        (workshop(args="[dockerd, --debug]"), "args: a daemon whose level podlab sets needs"),
    ],
)
def test_what_cannot_be_brought_to_a_level_is_told(text: str, told: str) -> None:
    [line] = refused(text)
    assert told in line


def test_a_sidecar_that_cannot_be_brought_to_a_level_is_told() -> None:
    [line] = refused(
        "apiVersion: podlab/v1\nkind: Workshop\nmetadata: {name: w}\nspec:\n  pod: {spec: {\n"
        "    initContainers: [{name: d, image: 'docker:dind', restartPolicy: Always, command: [dockerd]}],\n"
        "    containers: [{name: a, image: alpine}]}}\n"
    )
    assert "initContainers[0].command: a daemon without a securityContext" in line


def test_a_daemon_with_its_own_rights_and_no_level_is_nobodys_problem() -> None:
    assert read(workshop(args="", securityContext="{privileged: true}")).workshops[0].spec.level is None
