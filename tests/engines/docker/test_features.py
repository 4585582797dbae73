"""Who speaks, by the head of an answer; and what is sent otherwise then."""

from __future__ import annotations

from pathlib import Path

from podlab.engines.docker.api.features import Features
from podlab.engines.docker.profiles import put_in

DOCKER = {"api-version": "1.45", "server": "Docker/26.1.5 (linux)"}
PODMAN = {"api-version": "1.41", "server": "Libpod/5.4.2 (linux)", "libpod-api-version": "5.4.2"}


def test_what_says_nothing_of_itself_is_a_docker_engine() -> None:
    assert Features.of(DOCKER) == Features.of({}) == Features()


def test_podman_is_known_by_its_own_api() -> None:
    assert Features.of(PODMAN).seccomp_is_a_file


def test_a_profile_is_sent_as_text_or_as_the_path_of_its_file() -> None:
    body = {"HostConfig": {"SecurityOpt": ["no-new-privileges", "seccomp=@podlab/infra.json"]}}
    text = put_in(body)["HostConfig"]["SecurityOpt"][1]
    assert text.startswith('seccomp={"defaultAction"')
    path = put_in(body, as_files=True)["HostConfig"]["SecurityOpt"][1].removeprefix("seccomp=")
    assert "defaultAction" in Path(path).read_text()
