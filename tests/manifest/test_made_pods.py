"""Pods that a command line or a program made are held to the same checks as files."""

from __future__ import annotations

import pytest

from podlab.errors import Invalid
from podlab.manifest import check_pod, check_pod_name
from podlab.model import PUBLISH, Container, Metadata, Pod, PodSpec
from tests.manifest.manifest_texts import GOOD, read


def made(*containers: Container, name: str = "web", publish: str = "") -> Pod:
    annotations = {PUBLISH: publish} if publish else {}
    return Pod(metadata=Metadata(name=name, annotations=annotations), spec=PodSpec(containers=containers))


def test_a_good_pod_and_an_empty_one_pass() -> None:
    check_pod(read(GOOD).pods[0])
    check_pod(made(publish="8080:80,127.0.0.1:53:53/udp"))


def test_every_problem_is_told_with_its_path() -> None:
    with pytest.raises(Invalid) as caught:
        check_pod(
            made(Container(name="a", image="x"), Container(name="a", image="X"), name="Web", publish="80")
        )
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        "metadata.name",
        'metadata.annotations["podlab.io/publish"]',
        "spec.containers[1].name",
        "spec.containers[1].image",
    ]


@pytest.mark.parametrize("name", ["", "Web", "a_b", "-a", "a" * 64, "a..b", "a\n"])
def test_a_name_that_a_pod_cannot_have(name: str) -> None:
    with pytest.raises(Invalid, match="cannot be named"):
        check_pod_name(name)


@pytest.mark.parametrize("name", ["a", "a" * 63, "web-1", "a.b"])
def test_a_name_that_a_pod_can_have(name: str) -> None:
    check_pod_name(name)
