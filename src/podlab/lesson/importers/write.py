"""A draft to a workshop's folder: `podlab.yaml` and `lesson/`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podlab.errors import AlreadyExists, Denied, Unavailable
from podlab.lesson.importers.draft import Draft, Page
from podlab.lesson.loading import load
from podlab.lesson.named_images import images_named
from podlab.manifest.emit import text as yaml
from podlab.manifest.sources import WORKSHOP_FILE

LESSON = "lesson"
_USES_DOCKER = re.compile(r"^[ \t]*(?:sudo )?docker(?:-compose)? ", re.MULTILINE)


def write(draft: Draft, folder: Path, *, force: bool = False) -> None:
    """Write the workshop. What is in the folder stays; `AlreadyExists` where it has a workshop or a lesson, which
    `force` replaces. Problems that the lesson still has are not told here: `load_workshop` does."""
    taken = [name for name in (WORKSHOP_FILE, LESSON) if (folder / name).exists()]
    if taken and not force:
        raise AlreadyExists(
            f"{folder} has a {taken[0]} already",
            subject=str(folder),
            hint="name another folder, or use --force",
        )
    try:
        _write(draft, folder)
    except PermissionError as error:
        raise Denied(f"cannot write {error.filename or folder}: you may not", subject=str(folder)) from error
    except OSError as error:
        raise Unavailable(
            f"cannot write {error.filename or folder}: {error.strerror}", subject=str(folder)
        ) from error


def _write(draft: Draft, folder: Path) -> None:
    lesson = folder / LESSON
    if lesson.is_symlink() or lesson.is_file():
        lesson.unlink()
    elif lesson.is_dir():
        shutil.rmtree(lesson)
    lesson.mkdir(parents=True)
    slugs: set[str] = set()
    for number, page in enumerate(draft.pages, 1):
        slug = _slug(page.title)
        slug = f"{slug}-{number}" if slug in slugs else slug
        slugs.add(slug)
        (lesson / f"{number:02}-{slug}.md").write_text(_step(page), encoding="utf-8")
    for name, source in draft.files.items():
        (lesson / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, lesson / name)
    head = "# Made by `podlab import`. Look at the pod: the source's own machines could not come along.\n"
    (folder / WORKSHOP_FILE).write_text(head + yaml(_workshop(draft, lesson)), encoding="utf-8")


def _step(page: Page) -> str:
    text = page.text.strip("\n")
    title = page.title.replace("\\", "\\\\").replace('"', '\\"')
    return f'---\ntitle: "{title}"\n---\n{text or "…"}\n'


def _slug(title: str) -> str:
    without_number = re.sub(r"^\W*\d+(?:\.\d+)*\W*", "", title.lower())
    return re.sub(r"[^a-z0-9]+", "-", without_number)[:40].strip("-") or "step"


def _workshop(draft: Draft, lesson: Path) -> Mapping[str, Any]:
    uses_docker = any(_USES_DOCKER.search(page.text) for page in draft.pages)
    spec: dict[str, Any] = {"title": draft.title, "lesson": LESSON, "lifetime": "1h"}
    spec["seats"] = {"count": 30, "warm": 3, "claim": "code"}
    spec["terminals"] = [{"name": name, "container": "work"} for name in draft.terminals]
    if draft.previews:
        spec["previews"] = [{"name": name, "port": port} for name, port in draft.previews.items()]
    if uses_docker:
        spec["images"] = {"preload": preload} if (preload := _preload(lesson)) else {}
        spec["images"]["mirror"] = "seeded"
    spec["pod"] = {"spec": _rootless() if uses_docker else {"containers": [_work()]}}
    return {
        "apiVersion": "podlab/v1", "kind": "Workshop", "metadata": {"name": draft.name}, "spec": spec,
    }  # fmt: skip


def _preload(lesson: Path) -> list[str]:
    """Nothing where the lesson has problems still; it is read again by whoever asks for them."""
    from podlab.errors import Invalid

    try:
        return [str(image) for image in images_named(load(lesson))]
    except Invalid:
        return []


def _work(**settings: Any) -> dict[str, Any]:
    return {"name": "work", "image": "podlab/work", "command": ["sleep", "infinity"], **settings}


def _rootless() -> dict[str, Any]:
    """The level that needs nothing of the engine and gives least away: see docs/levels.md."""

    def answers(url: str) -> dict[str, Any]:
        return {"exec": {"command": ["wget", "-q", "-O", "/dev/null", url]}}

    mirror = {
        "name": "mirror", "image": "podlab/mirror",
        "securityContext": {"runAsUser": 65534, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        "readinessProbe": answers("http://127.0.0.1:5001/v2/"),
    }  # fmt: skip
    dind = {
        "name": "dind", "image": "podlab/dind", "command": ["dockerd-rootless"],
        "args": ["--host=tcp://127.0.0.1:2375", "--registry-mirror=http://127.0.0.1:5001"],
        "env": [{"name": "PODLAB_FORWARD", "value": "5001"}],
        "securityContext": {
            "capabilities": {"drop": ["ALL"], "add": ["MKNOD", "CHOWN", "SETUID", "SETGID"]},
            "procMount": "Unmasked", "appArmorProfile": {"type": "Unconfined"},
            "seccompProfile": {"type": "Localhost", "localhostProfile": "podlab/rootless.json"},
        },
        "volumeMounts": [{"name": "docker", "mountPath": "/home/rootless/.local/share/docker"}],
        "readinessProbe": answers("http://127.0.0.1:2375/_ping"),
    }  # fmt: skip
    work = _work(env=[{"name": "DOCKER_HOST", "value": "tcp://localhost:2375"}])
    return {"containers": [mirror, dind, work], "volumes": [{"name": "docker", "emptyDir": {}}]}
