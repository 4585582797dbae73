"""Edits of a wanted state: what holds for any pod."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.errors import AlreadyExists, NotFound
from podlab.manifest import check_pod
from podlab.model import PUBLISH, Container, ContainerPort, EnvVar, Metadata, Pod, PodSpec
from podlab.pods.clone import clones
from podlab.pods.edits import publishing, unpublishing, with_env, with_images, with_resources
from podlab.ports import parse, published, text

PORTS = st.builds(
    lambda ip, host, port, protocol: ContainerPort(
        host_ip=ip, host_port=host, container_port=port, protocol=protocol
    ),
    st.sampled_from([None, "127.0.0.1", "::1"]),
    st.integers(1, 65535),
    st.integers(1, 65535),
    st.sampled_from(["TCP", "UDP"]),
)
NAMES = st.sampled_from(["A", "B", "C"])


def pod(*ports: ContainerPort, **env: str) -> Pod:
    variables = tuple(EnvVar(name=name, value=value) for name, value in env.items())
    app = Container(name="app", image="busybox", ports=ports, env=variables)
    side = Container(name="side", image="busybox")
    return Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(app, side)))


@given(PORTS)
def test_a_ports_text_is_read_back(port: ContainerPort) -> None:
    assert text(parse(text(port))) == text(port)


@given(st.lists(PORTS, unique_by=lambda port: (port.host_ip, port.host_port, port.protocol)))
def test_what_was_published_can_be_taken_back(ports: list[ContainerPort]) -> None:
    more = publishing(pod(), ports)
    check_pod(more)
    assert sorted(map(text, published(more))) == sorted(map(text, ports))
    assert publishing(more, ports) == more
    less, gone = unpublishing(more, list(map(text, ports)))
    assert less == pod()
    assert sorted(gone) == sorted(map(text, ports))


@given(
    st.dictionaries(NAMES, st.text("xy=", max_size=3)),
    st.dictionaries(NAMES, st.text("xy", max_size=3)),
    st.sets(NAMES),
)
def test_variables_become_what_was_said(
    before: dict[str, str], add: dict[str, str], remove: set[str]
) -> None:
    remove -= add.keys()
    changed = with_env(pod(**before), ["app"], add=add, remove=remove)
    now = {each.name: each.value for each in changed.spec.containers[0].env}
    assert now == {name: value for name, value in (before | add).items() if name not in remove}
    assert with_env(changed, ["app"], add=add, remove=remove) == changed
    assert changed.spec.containers[1] == pod().spec.containers[1]


@given(st.lists(PORTS.filter(lambda port: (port.host_port or 0) < 60000), max_size=3))
def test_clones_share_no_port_of_the_machine(ports: list[ContainerPort]) -> None:
    own = {(each.host_ip, each.host_port, each.protocol): each for each in ports}.values()
    (plain,) = clones(pod(), ["one"])
    assert published(plain) == []
    shifted = clones(publishing(pod(), own), ["one", "two"], shift_ports=1000)
    for number, each in enumerate(shifted, 1):
        expected = sorted((port.host_port or 0) + number * 1000 for port in own)
        assert sorted(port.host_port or 0 for port in published(each)) == expected


def test_one_place_has_one_port() -> None:
    with pytest.raises(AlreadyExists, match="publishes 8080:80/tcp already"):
        publishing(pod(), [parse("8080:80"), parse("8080:81")])
    annotated = publishing(pod(), [parse("8080:80")]).metadata.annotations
    assert annotated == {PUBLISH: "8080:80"}


def test_containers_that_are_not_there_are_told() -> None:
    edits: list[Callable[[], Pod]] = [
        lambda: with_images(pod(), {"nope": "alpine"}),
        lambda: with_env(pod(), ["nope"], add={}),
        lambda: with_resources(pod(), "nope", limits={}, requests={}),
    ]
    for wrong in edits:
        with pytest.raises(NotFound, match="has no container 'nope'"):
            wrong()
