"""Logins to registries that stand in Secrets."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.credentials import header
from podlab.engines.docker.images import DockerImages
from podlab.errors import Denied, Invalid, NotFound
from podlab.images.logins import Login, fitting, logins
from podlab.images.prepare import prepare
from podlab.images.reference import parse
from podlab.images.store import PullProgress
from podlab.model import Container, Metadata, Pod, PodSpec, PullSecret, Secret
from podlab.pods import pull_secrets
from podlab.testing.fake import FakeEngine
from podlab.testing.images import FakeImages

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

AUTH = base64.b64encode(b"ada:se:cret").decode()


def secret(auths: Mapping[str, object], *, name: str = "registry", key: str = ".dockerconfigjson") -> Secret:
    text = json.dumps(auths if key == ".dockercfg" else {"auths": auths})
    return Secret(metadata=Metadata(name=name), string_data={key: text})


@pytest.mark.parametrize("key", [".dockerconfigjson", ".dockercfg"])
def test_a_login_is_read_however_it_is_written(key: str) -> None:
    auths = {
        "lab.example:5000": {"auth": AUTH},
        "https://index.docker.io/v1/": {"username": "ada", "password": "se:cret", "auth": "ignored"},
        "other.example/team": {"identitytoken": "t"},
    }
    assert logins(secret(auths, key=key)) == [
        Login(place="lab.example:5000", user="ada", password="se:cret"),
        Login(place="docker.io", user="ada", password="se:cret"),
        Login(place="other.example/team", token="t"),
    ]


def test_what_is_no_login_is_told_without_its_values() -> None:
    with pytest.raises(Invalid, match=r"has no key \.dockerconfigjson"):
        logins(Secret(metadata=Metadata(name="s"), string_data={"password": "hush"}))
    broken = Secret(metadata=Metadata(name="s"), string_data={".dockerconfigjson": "hush"})
    with pytest.raises(Invalid, match="no docker config") as caught:
        logins(broken)
    assert "hush" not in caught.value.message
    assert "se:cret" not in repr(logins(secret({"a.example": {"auth": AUTH}})))


@pytest.mark.parametrize(
    ("place", "image", "fits"),
    [
        ("lab.example", "lab.example/app", True),
        ("lab.example", "lab.example:5000/app", False),
        ("lab.example:5000", "lab.example:5000/team/app:1", True),
        ("lab.example/team", "lab.example/team/app", True),
        ("lab.example/team", "lab.example/teams/app", False),
        ("*.example", "lab.example/app", True),
        ("*.example", "a.lab.example/app", False),
        ("docker.io", "nginx", True),
        ("lab.example", "nginx", False),
    ],
)
def test_a_login_is_for_its_registry_and_what_is_below_it(place: str, image: str, fits: bool) -> None:
    assert Login(place=place).fits(parse(image)) is fits


def test_the_one_that_says_most_of_the_name_comes_first() -> None:
    known = [Login(place="lab.example"), Login(place="lab.example/team"), Login(place="b.example")]
    assert [each.place for each in fitting(known, parse("lab.example/team/app"))] == [
        "lab.example/team",
        "lab.example",
    ]


def pod(*images: str, secrets: tuple[str, ...] = ("registry",)) -> Pod:
    containers = tuple(Container(name=f"c{n}", image=image) for n, image in enumerate(images))
    named = tuple(PullSecret(name=each) for each in secrets)
    return Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=containers, image_pull_secrets=named))


async def test_a_pods_secrets_are_tried_for_its_images_and_for_no_others() -> None:
    engine = FakeEngine()
    await engine.put(secret({"lab.example": {"auth": AUTH}}))
    wanted = [pod("lab.example/app", "nginx"), pod("lab.example/other", secrets=())]
    found = await pull_secrets.of_pods(engine, wanted)
    assert {image: [each.user for each in known] for image, known in found.items() if known} == {
        "lab.example/app": ["ada"]
    }
    store = FakeImages(["lab.example/app", "nginx"])
    await prepare(store, {"lab.example/app": "IfNotPresent", "nginx": "IfNotPresent"}, logins=found)
    assert [each.user for each in store.logins["lab.example/app"]] == ["ada"]
    assert store.logins["nginx"] == ()


async def test_a_secret_that_is_not_there_is_a_warning() -> None:
    warnings: list[str] = []
    assert await pull_secrets.of_pods(FakeEngine(), [pod("nginx")], on_warning=warnings.append) == {}
    assert warnings == ["pod 'web' names imagePullSecret 'registry', and there is no such Secret"]


class Registry(DockerImages):
    """One that lets in whoever has the token `good`."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    async def _pull(self, reference: str, auth: str) -> AsyncGenerator[PullProgress, None]:
        token = json.loads(base64.urlsafe_b64decode(auth)).get("identitytoken", "")
        self.tried.append(token)
        if token != "good":
            raise (Denied if token == "bad" else NotFound)("no", subject=reference)
        yield PullProgress(status="Downloading", done_bytes=1, total_bytes=1)


async def test_each_login_is_tried_and_at_last_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", "/nowhere")
    store = Registry()
    known = [Login(place="a.example", token=each) for each in ("bad", "other", "good", "never")]
    assert len([step async for step in store.pull("a.example/app", known)]) == 1
    assert store.tried == ["bad", "other", "good"]
    with pytest.raises(NotFound):
        [step async for step in store.pull("a.example/app", known[:2])]
    assert store.tried[3:] == ["bad", "other", ""]


def test_a_login_becomes_the_engines_header() -> None:
    made = json.loads(base64.urlsafe_b64decode(header(Login(place="a.example/team", user="u", password="p"))))
    assert made == {"username": "u", "password": "p", "serveraddress": "a.example"}
