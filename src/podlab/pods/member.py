"""One more container for a pod, said in the words of `docker run`."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podlab.errors import AlreadyExists, Usage
from podlab.model import Container, EmptyDir, EnvVar, HostPath, Pod, SecurityContext, Volume, VolumeMount

if TYPE_CHECKING:
    from collections.abc import Mapping

_PULL = {"always": "Always", "missing": "IfNotPresent", "never": "Never"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`volumes` are `SOURCE:PATH[:ro]` or `PATH`; `user` is `UID[:GID]`; `pull` is always, missing or never.
    `ends_with_input`: the end of the first attached input is the end of the container's input."""

    image: str
    name: str | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    workdir: str | None = None
    user: str | None = None
    is_privileged: bool = False
    stdin: bool = False
    tty: bool = False
    pull: str | None = None
    ends_with_input: bool = False


def added(pod: Pod, wish: Wish) -> tuple[Pod, str]:
    """The pod with the container, and its name, made of the image's where none is given.

    `AlreadyExists` for a name that the pod has, `Usage` for what makes no sense; that the rest may be honoured
    is checked by the engine, as for a file.
    """
    names = {c.name for c in pod.members}
    if wish.name in names:
        raise AlreadyExists(
            f"pod '{pod.name}' has a container '{wish.name}' already",
            subject=str(wish.name),
            hint=f"use another --name, or `podlab rm {pod.name} {wish.name}` first",
        )
    name = wish.name or _free(_name_of(wish.image), names)
    volumes = list(pod.spec.volumes)
    mounts = tuple(_mount(text, volumes) for text in wish.volumes)
    uid, gid = _user(wish.user)
    security = SecurityContext(privileged=wish.is_privileged or None, run_as_user=uid, run_as_group=gid)
    container = Container(
        name=name,
        image=wish.image,
        image_pull_policy=_PULL.get(wish.pull or ""),  # type: ignore[arg-type]
        args=wish.args,
        env=tuple(EnvVar(name=k, value=v) for k, v in wish.env.items()),
        working_dir=wish.workdir,
        volume_mounts=mounts,
        security_context=security if security != SecurityContext() else None,
        stdin=wish.stdin or None,
        stdin_once=(wish.stdin and wish.ends_with_input) or None,
        tty=wish.tty or None,
    )
    spec = dataclasses.replace(pod.spec, containers=(*pod.spec.containers, container), volumes=tuple(volumes))
    return dataclasses.replace(pod, spec=spec), name


def without(pod: Pod, name: str) -> Pod:
    """The pod without the container and without the volumes that no other uses."""
    left = tuple(c for c in pod.spec.containers if c.name != name)
    gone = pod.container(name)
    used = {mount.name for c in left for mount in c.volume_mounts}
    mine = {mount.name for mount in gone.volume_mounts} if gone else set()
    volumes = tuple(v for v in pod.spec.volumes if v.name not in mine - used or v.empty_dir is not None)
    return dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, containers=left, volumes=volumes))


def _name_of(image: str) -> str:
    """`localhost:5000/lab/Registry:2` → `registry`."""
    base = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    return re.sub(r"[^a-z0-9]+", "-", base).strip("-")[:50].rstrip("-") or "container"


def _free(name: str, taken: set[str]) -> str:
    number = 1
    found = name
    while found in taken or found == "infra":
        number += 1
        found = f"{name}-{number}"
    return found


def _user(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    found = re.fullmatch(r"(\d+)(?::(\d+))?", text)
    if not found:
        raise Usage(f"--user {text}: pods know users by number", subject=text, hint="such as -u 1000:1000")
    return int(found[1]), int(found[2]) if found[2] else None


def _mount(text: str, volumes: list[Volume]) -> VolumeMount:
    """Adds the volume where the pod does not have it yet."""
    source, path, mode = _parts(text)
    wanted = Volume(name="", host_path=HostPath(path=source)) if source.startswith("/") else None
    if wanted:
        same = next((v for v in volumes if v.host_path == wanted.host_path), None)
        name = same.name if same else _free(_slug("host", source), {v.name for v in volumes})
    else:
        name = source or _free(_slug("data", path), {v.name for v in volumes})
        same = next((v for v in volumes if v.name == name), None)
    if same is None:
        volumes.append(
            dataclasses.replace(wanted, name=name) if wanted else Volume(name=name, empty_dir=EmptyDir())
        )
    return VolumeMount(name=name, mount_path=path, read_only=mode == "ro" or None)


def _parts(text: str) -> tuple[str, str, str]:
    source, path, mode, *more = [*text.split(":"), "", ""] if ":" in text else ["", text, ""]
    if any(more) or not path.startswith("/") or mode not in ("", "rw", "ro"):
        raise Usage(
            f"-v {text}: not SOURCE:PATH[:ro]",
            subject=text,
            hint="such as -v certs:/certs or -v /srv:/srv:ro",
        )
    if source.startswith((".", "~")) or (source and "/" in source and not source.startswith("/")):
        raise Usage(f"-v {text}: a folder begins with /", subject=text, hint=f'such as -v "$PWD":{path}')
    return source, path, mode


def _slug(kind: str, path: str) -> str:
    return f"{kind}-{re.sub('[^a-z0-9]+', '-', path.lower()).strip('-')}"[:50].rstrip("-")
