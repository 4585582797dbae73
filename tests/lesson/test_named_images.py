from __future__ import annotations

from pathlib import Path

import pytest

from podlab.lesson import images_named, load_workshop
from tests.lesson.lesson_texts import lesson

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"


def named(folder: Path, text: str, **files: str) -> list[str]:
    made = lesson(folder, {"01-a.md": text, **{name.replace("_", "."): each for name, each in files.items()}})
    return [str(image) for image in images_named(made)]


def test_the_shipped_lesson_names_what_its_workshop_preloads() -> None:
    workshop, made = load_workshop(EXAMPLE)
    assert workshop.spec.images is not None
    assert [image.familiar_name for image in images_named(made)] == list(workshop.spec.images.preload)


@pytest.mark.parametrize(
    ("command", "images"),
    [
        ("docker pull alpine", ["alpine:latest"]),
        ("docker image pull -q --platform linux/amd64 ghcr.io/a/b:1", ["ghcr.io/a/b:1"]),
        ("docker run -d --name web -p 80:80 nginx:1.27 nginx -g 'daemon off;'", ["nginx:1.27"]),
        ("docker container run --rm -it -v a:/b -e A=b busybox sh -c 'docker pull x'", ["busybox:latest"]),
        ("docker run -dit -p80:80 --net=host redis", ["redis:latest"]),
        ("docker -H tcp://a:1 --tls create postgres:16", ["postgres:16"]),
        ("sudo docker run \\\n  -d \\\n  mysql", ["mysql:latest"]),
        ("cd a && A=1 docker run nginx | grep b; id=$(docker run -d redis)", ["nginx:latest", "redis:latest"]),
        ("docker build -t mine . && docker run mine", []),
        ("docker commit web mine:2\ndocker run mine:2\ndocker run mine", ["mine:latest"]),
        ("docker pull alpine\ndocker tag alpine other\ndocker run other", ["alpine:latest"]),
        ("docker run localhost:5000/alpine\ndocker run registry:5000/a", []),
        ("docker run $IMAGE\ndocker run <image>\ndocker run", []),
        ("docker ps -a\ndocker exec web sh\ndocker rm alpine", []),
        ("podman run fedora", ["fedora:latest"]),
        ("kubectl create deployment web --image=nginx:1", ["nginx:1"]),
        ("cat > Dockerfile <<EOF\nFROM debian:12 AS base\nFROM base\nCOPY --from=golang:1 /a /b\nEOF",
         ["debian:12", "golang:1"]),
        ("echo 'from here to there'\necho FROM a to b", []),
    ],
)  # fmt: skip
def test_images_are_found_in_commands(tmp_path: Path, command: str, images: list[str]) -> None:
    assert named(tmp_path, f"```sh {{run}}\n{command}\n```\n") == images


def test_images_are_found_in_code_that_is_shown_and_in_checks(tmp_path: Path) -> None:
    text = (
        "```yaml\nservices:\n  web:\n    image: 'nginx:1' # web\n  db:\n    image: ${DB:-postgres:16}\n"
        "  own:\n    image: ${OWN}\n```\n"
        "```dockerfile\nARG BASE=python:3.13\nFROM ${BASE}\nFROM scratch\n```\n"
        '```sh {check="a"}\ndocker run curlimages/curl a\n```\n'
    )
    assert named(tmp_path, text) == ["nginx:1", "postgres:16", "python:3.13", "curlimages/curl:latest"]


def test_images_are_found_in_files_beside_the_steps(tmp_path: Path) -> None:
    found = named(
        tmp_path,
        "x",
        Dockerfile="FROM --platform=linux/amd64 a:1\n",
        compose_yaml="image: b:2\n",
        c_yaml="image: c\n",
    )
    assert found == ["a:1", "b:2"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "text", ["\n" * 500_000, "FROM " * 100_000, "COPY " * 100_000, " " * 500_000, "'" * 500_000]
)
def test_a_long_file_is_read_in_no_time(tmp_path: Path, text: str) -> None:
    assert named(tmp_path, "x", Dockerfile=text) == []


def test_a_file_outside_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("FROM secret\n")
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson" / "Dockerfile").symlink_to(tmp_path / "secret")
    assert named(tmp_path / "lesson", "x") == []
