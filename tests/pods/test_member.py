from __future__ import annotations

import pytest

from podlab.errors import AlreadyExists, Conflict, Usage
from podlab.model import (
    DEFAULT_CONTAINER,
    Container,
    EmptyDir,
    HostPath,
    Metadata,
    Pod,
    PodSpec,
    Volume,
    VolumeMount,
)
from podlab.pods.member import Wish, added, without
from podlab.pods.target import default_container

EMPTY = Pod(metadata=Metadata(name="lab"), spec=PodSpec())


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("registry:2", "registry"),
        ("docker:27-dind", "docker"),
        ("localhost:5000/lab/My_App:1@sha256:00", "my-app"),
        ("alpine@sha256:00", "alpine"),
        ("infra", "infra-2"),
    ],
)
def test_a_name_is_made_of_the_images(image: str, name: str) -> None:
    assert added(EMPTY, Wish(image=image))[1] == name


def test_names_are_not_given_twice() -> None:
    pod, first = added(EMPTY, Wish(image="web"))
    pod, second = added(pod, Wish(image="web"))
    assert (first, second) == ("web", "web-2")
    with pytest.raises(AlreadyExists):
        added(pod, Wish(image="web", name="web-2"))


def test_a_named_volume_is_shared_and_a_folder_is_the_machines() -> None:
    pod, _ = added(EMPTY, Wish(image="a", volumes=("certs:/certs", "/srv:/srv:ro", "/data")))
    pod, _ = added(pod, Wish(image="b", volumes=("certs:/other:ro", "/srv:/mnt")))
    assert pod.spec.volumes == (
        Volume(name="certs", empty_dir=EmptyDir()),
        Volume(name="host-srv", host_path=HostPath(path="/srv")),
        Volume(name="data-data", empty_dir=EmptyDir()),
    )
    assert pod.spec.containers[1].volume_mounts == (
        VolumeMount(name="certs", mount_path="/other", read_only=True),
        VolumeMount(name="host-srv", mount_path="/mnt"),
    )


@pytest.mark.parametrize("volume", ["a:b", "a:/b:rx", "./here:/b", "a/b:/c", "a:/b:ro:z", "rel", "~/x:/y"])
def test_volumes_that_make_no_sense_are_refused(volume: str) -> None:
    with pytest.raises(Usage):
        added(EMPTY, Wish(image="a", volumes=(volume,)))


def test_users_are_numbers() -> None:
    pod, _ = added(EMPTY, Wish(image="a", user="1000:5"))
    context = pod.spec.containers[0].security_context
    assert context is not None
    assert (context.run_as_user, context.run_as_group) == (1000, 5)
    with pytest.raises(Usage, match="number"):
        added(EMPTY, Wish(image="a", user="bob"))


def test_a_container_that_is_removed_takes_only_what_it_brought() -> None:
    pod, _ = added(EMPTY, Wish(image="a", volumes=("data:/d",)))
    both, name = added(pod, Wish(image="b", volumes=("data:/d", "/srv:/srv")))
    assert without(both, name) == pod


def test_the_default_container() -> None:
    names = ("first", "second", "third")
    first, second, third = (Container(name=n, image="x", tty=n == "second" or None) for n in names)
    pod = Pod(metadata=Metadata(name="p"), spec=PodSpec(containers=(first, second, third)))
    assert default_container(pod) == "second"
    named = Pod(metadata=Metadata(name="p", annotations={DEFAULT_CONTAINER: "third"}), spec=pod.spec)
    assert default_container(named) == "third"
    assert default_container(Pod(metadata=pod.metadata, spec=PodSpec(containers=(first, third)))) == "first"
    with pytest.raises(Conflict, match="no container"):
        default_container(EMPTY)
