"""Which ports need a publisher, from any found state. Pure."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.commands import render
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.engines.docker.plan import Step, Verb, plan
from podlab.errors import Conflict, Unsupported
from podlab.model import ISOLATED, PUBLISH, Container, Metadata, Pod, PodSpec
from podlab.objects import Surroundings
from podlab.wire import encode

PORTS = ("8080:80/tcp", "8081:80/tcp", "127.0.0.1:8080:81/tcp", "[::1]:8443:443/tcp")


def pod(*ports: str, **annotations: str) -> Pod:
    notes = {PUBLISH: ",".join(ports), **annotations} if ports else annotations
    spec = PodSpec(containers=(Container(name="app", image="busybox"),))
    return Pod(metadata=Metadata(name="web", annotations=notes), spec=spec)


def running(made_as: Pod, *publishers: str, state: str = "running") -> FoundPod:
    """A pod whose infra was made with that pod's ports, and these publishers."""
    labels = {naming.HASH: translate.infra_hash(made_as), naming.SPEC: json.dumps(encode(made_as))}
    infra = FoundContainer(id="i", name="", state="running", image="", labels=labels)
    member = made_as.container("app")
    assert member is not None
    app = FoundContainer(
        id="a", name="", state="running", image="", network_mode="container:i",
        labels={naming.HASH: translate.member_hash(made_as, member)},
    )  # fmt: skip
    one = FoundContainer(id="p", name="", state=state, image="", labels={})
    return FoundPod(
        name="web", infra=infra, members={"app": app}, publishers=dict.fromkeys(publishers, one),
        spec=encode(made_as), networks=frozenset({"podlab"}),
    )  # fmt: skip


def publishing(steps: list[Step]) -> list[tuple[str, str]]:
    return [(str(s.verb), s.target) for s in steps if s.verb in (Verb.PUBLISH, Verb.UNPUBLISH)]


SOME = st.lists(st.sampled_from(PORTS), unique=True)


@given(SOME, SOME, SOME, st.booleans())
def test_exactly_the_wanted_ports_are_published_by_somebody(
    own: list[str], later: list[str], there: list[str], has_infra: bool
) -> None:
    found = running(pod(*own), *there)
    wanted = pod(*dict.fromkeys([*own, *later]))
    steps = plan(wanted, found if has_infra else replace(found, infra=None))
    left = set(there)
    for verb, port in publishing(steps):
        left = left | {port} if verb == "publish" else left - {port}
    assert left == (set(later) - set(own) if has_infra else set())
    assert len({translate.publisher_name("web", port) for port in PORTS}) == len(PORTS)


def test_a_port_is_free_before_another_publisher_takes_it() -> None:
    steps = plan(pod("8080:81"), running(pod(), "8080:80/tcp"))
    (taken,) = (s for s in steps if s.verb is Verb.PUBLISH)
    assert [s.target for s in taken.after if s.verb is Verb.UNPUBLISH] == ["8080:80/tcp"]


def test_a_new_infra_takes_all_ports_when_their_publishers_are_gone() -> None:
    steps = plan(pod("8080:80"), replace(running(pod(), "8080:80/tcp"), infra=None))
    created = next(s for s in steps if s.target == naming.INFRA)
    assert [s.target for s in created.after if s.verb is Verb.UNPUBLISH] == ["8080:80/tcp"]


def test_a_publisher_that_is_down_is_started() -> None:
    found = running(pod(), "8080:80/tcp", state="exited")
    assert publishing(plan(pod("8080:80"), found)) == [("publish", "8080:80/tcp")]


def test_a_port_of_the_infra_cannot_be_taken_back() -> None:
    with pytest.raises(Conflict, match="cannot take back port 8080:80/tcp"):
        plan(pod(), running(pod("8080:80")))


@pytest.mark.parametrize(("port", "notes"), [("53:53/sctp", {}), ("8080:80", {ISOLATED: "true"})])
def test_what_cannot_be_passed_on_is_told(port: str, notes: dict[str, str]) -> None:
    with pytest.raises(Unsupported):
        plan(pod(port, **notes), running(pod(**notes)))


def test_a_person_can_run_the_same_by_hand() -> None:
    wanted = pod("127.0.0.1:8081:80")
    text = render(wanted, plan(wanted, running(pod(), "8080:80/tcp")), "busybox", 0, Surroundings())
    assert "--publish 127.0.0.1:8081:80/tcp" in text
    assert "docker rm -f podlab-web-port.8080-tcp" in text
    assert text.count("busybox -ll -p 80 -e nc web 80") == 1
