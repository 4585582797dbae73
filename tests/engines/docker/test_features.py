"""Who speaks, by the head of an answer; and what is sent otherwise then."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from podlab.engines.docker.ability import refuse_what_cannot_be
from podlab.engines.docker.api.features import Features
from podlab.engines.docker.api.refusals import refusal
from podlab.engines.docker.dialect import in_its_words
from podlab.engines.docker.find import when
from podlab.engines.docker.profiles import put_in
from podlab.engines.docker.streams.frames import Piece
from podlab.engines.docker.streams.logs import _FramedLines
from podlab.errors import Conflict, Invalid, NotFound, PodlabError, Unsupported
from podlab.model import ISOLATED, Metadata, Pod, PodSpec

DOCKER = {"api-version": "1.45", "server": "Docker/26.1.5 (linux)"}
PODMAN = {"api-version": "1.41", "server": "Libpod/5.4.2 (linux)", "libpod-api-version": "5.4.2"}


def test_what_says_nothing_of_itself_is_a_docker_engine() -> None:
    assert Features.of(DOCKER) == Features.of({}) == Features()


def test_podman_is_known_by_its_own_api() -> None:
    assert Features.of(PODMAN).seccomp_is_a_file


def test_an_isolated_pod_is_refused_where_bridges_keep_nothing_apart() -> None:
    pod = Pod(metadata=Metadata(name="web", annotations={ISOLATED: "true"}), spec=PodSpec())
    refuse_what_cannot_be(pod, Features.of(DOCKER))
    with pytest.raises(Unsupported, match="isolated"):
        refuse_what_cannot_be(pod, Features.of(PODMAN))


def test_a_profile_is_sent_as_text_or_as_the_path_of_its_file() -> None:
    body = {"HostConfig": {"SecurityOpt": ["no-new-privileges", "seccomp=@podlab/infra.json"]}}
    text = put_in(body, Features())["HostConfig"]["SecurityOpt"][1]
    assert text.startswith('seccomp={"defaultAction"')
    path = put_in(body, Features.of(PODMAN))["HostConfig"]["SecurityOpt"][1].removeprefix("seccomp=")
    assert "defaultAction" in Path(path).read_text()
    far = Features.of(PODMAN, is_far=True)
    assert put_in(body, far)["HostConfig"]["SecurityOpt"] == ["no-new-privileges"]
    with pytest.raises(Unsupported):
        put_in({"HostConfig": {"SecurityOpt": ["seccomp=@podlab/rootless.json"]}}, far)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (404, {"message": "No such container: x"}, NotFound),
        (500, {"message": "the name is already in use", "cause": "that name is already in use"}, Conflict),
        (500, {"message": "can only kill running", "cause": "container state improper"}, Conflict),
        (500, {"message": "invalid signal: NOPE", "cause": "invalid signal: NOPE"}, Invalid),
        (500, {"message": "no space", "cause": "something else"}, PodlabError),
        (500, {"message": "no cause"}, PodlabError),
        (409, {"message": "by its status", "cause": "invalid argument"}, Conflict),
    ],
)
def test_a_refusal_is_known_by_its_status_or_else_by_its_cause(
    status: int, said: dict[str, str], kind: type[PodlabError]
) -> None:
    found = refusal(status, json.dumps(said).encode())
    assert (type(found), found.message) == (kind, said["message"])


def test_what_podlab_reads_in_a_refusal_is_in_dockers_words() -> None:
    said = json.dumps({"message": "no such image: docker.io/library/nope:1: image not known"}).encode()
    assert refusal(404, said).message == "No such image: docker.io/library/nope:1"
    said = json.dumps(
        {"message": 'storage: the container name "a" is already in use by 83d5. Remove'}
    ).encode()
    assert refusal(500, said).message == 'storage: "a" is already in use by container 83d5. Remove'


def test_what_podman_has_words_of_its_own_for_is_said_in_them() -> None:
    host = {
        "NetworkMode": "container:podlab-web-infra", "SecurityOpt": ["no-new-privileges"], "MaskedPaths": [],
        "Mounts": [
            {"Type": "volume", "Source": "a", "Target": "/a", "VolumeOptions": {"NoCopy": True}, "ReadOnly": True},
            {"Type": "bind", "Source": "/b", "Target": "/b"},
        ],
    }  # fmt: skip
    assert in_its_words({"HostConfig": host}, Features()) == {"HostConfig": host}
    assert in_its_words({"HostConfig": host}, Features.of(PODMAN))["HostConfig"] == host | {
        "UTSMode": "container:podlab-web-infra",
        "SecurityOpt": ["no-new-privileges", "unmask=ALL"],
        "Mounts": host["Mounts"][1:],
        "Binds": ["a:/a:nocopy,ro"],
    }


def test_a_folder_of_a_volume_is_named_with_its_source() -> None:
    mount = {
        "Type": "volume",
        "Source": "a",
        "Target": "/a",
        "VolumeOptions": {"NoCopy": True, "Subpath": "in"},
    }
    host = {"SecurityOpt": [], "Mounts": [mount]}
    said = in_its_words({"HostConfig": host}, Features.of(PODMAN))["HostConfig"]
    assert said["Mounts"] == [mount | {"Source": "a,subpath=in"}]
    assert said["Binds"] == []
    mount["VolumeOptions"] = {"Subpath": "in,source=b"}
    with pytest.raises(Unsupported):
        in_its_words({"HostConfig": host}, Features.of(PODMAN))


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"null", b"{}"])
def test_a_refusal_may_say_anything(body: bytes) -> None:
    assert refusal(500, body).message


def test_a_time_may_be_in_any_zone_and_as_exact_as_it_likes() -> None:
    at = datetime(2026, 11, 22, 8, 8, 8, tzinfo=UTC)
    assert when("2026-11-22T08:08:08Z") == when("2026-11-22T09:08:08+01:00") == at
    assert when("2026-11-22T03:08:08.123456789-05:00") == at + timedelta(microseconds=123456)
    assert when("0001-01-01T00:00:00Z") is None


@pytest.mark.parametrize("stamp", ["2026-11-22T08:08:08Z", "2026-11-22T09:08:08+01:00"])
def test_a_log_may_have_times_of_whole_seconds(stamp: str) -> None:
    lines = _FramedLines()._piece(Piece(1, f"{stamp} one\n".encode(), True))
    assert [(line.at, line.text) for line in lines] == [(datetime(2026, 11, 22, 8, 8, 8, tzinfo=UTC), b"one")]
