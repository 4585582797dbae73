"""A container for a moment in a pod's namespaces, to look at what is going on there."""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from podlab import naming
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.streams import attach_process
from podlab.errors import Conflict, NotFound, PodlabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from podlab.engines.base import ExecOptions, Process
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.found import FoundPod
    from podlab.model import Pod

_NO_PROGRAM = re.compile(r"executable file not found|no such file or directory")


@asynccontextmanager
async def debugging(
    client: Client, pod: Pod, found: FoundPod, image: str, command: Sequence[str], *, target: str,
    options: ExecOptions,
) -> AsyncIterator[Process]:  # fmt: skip
    """As `Engine.debug`. What a killed podlab leaves goes when its command ends, or with the pod."""
    _refuse(pod, found, target)
    name = f"podlab-{pod.name}-debug.{secrets.token_hex(3)}"
    body = _body(pod, image, command, target, options)
    creating = asyncio.ensure_future(
        client.json("POST", "/containers/create", query={"name": name}, body=body)
    )
    try:
        try:
            # An engine that was asked creates it, also when nobody listens any more: so we do until it has.
            id = str((await asyncio.shield(creating))["Id"])
            process = await attach_process(
                client, id, stdin=options.stdin, detach_keys=options.detach_keys if options.tty else ""
            )
        except PodlabError as error:
            raise _explained(pod, image, error) from error
        async with process:
            try:
                await client.json("POST", f"/containers/{id}/start")
            except PodlabError as error:
                raise _explained(pod, image, error) from error
            if options.tty and options.size:
                await process.resize(*options.size)
            yield process
    finally:
        await asyncio.wait([creating])
        if creating.exception() is None:
            await remove_container(client, name)


def _refuse(pod: Pod, found: FoundPod, target: str) -> None:
    if found.infra is None or not found.infra.is_up:
        raise Conflict(
            f"pod '{pod.name}' is stopped: it has no namespaces to join",
            subject=pod.name,
            hint=f"`podlab start {pod.name}` first",
        )
    if not target:
        return
    if target not in found.members:
        there = ", ".join(found.members) or "none yet"
        raise NotFound(
            f"pod '{pod.name}' has no container '{target}'", subject=target, hint=f"its containers: {there}"
        )
    if not found.members[target].is_up:
        raise Conflict(f"container '{target}' of pod '{pod.name}' does not run", subject=target)


def _body(pod: Pod, image: str, command: Sequence[str], target: str, options: ExecOptions) -> dict[str, Any]:
    joined = f"container:{naming.container(pod.name, naming.INFRA)}"
    pid = joined if pod.spec.share_process_namespace else ""
    if target and not pid:
        pid = f"container:{naming.container(pod.name, target)}"
    return {
        "Image": image,
        "Cmd": list(command) or None,
        "Env": [f"{key}={value}" for key, value in options.env.items()],
        "WorkingDir": options.workdir,
        "User": options.user,
        "Tty": options.tty,
        "OpenStdin": options.stdin,
        "StdinOnce": options.stdin,
        "Labels": {naming.POD: pod.name, naming.ROLE: "debug", naming.VERSION: naming.LABEL_SCHEME},
        "HostConfig": {
            "AutoRemove": True,
            "NetworkMode": joined,
            "IpcMode": joined,
            "PidMode": "host" if pod.spec.host_pid else pid,
            "CgroupnsMode": "private",
            "Privileged": options.privileged,
            # As kubectl's general profile: what is looked at belongs to somebody else.
            # https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/#debugging-profiles
            "CapAdd": ["SYS_PTRACE"],
            "CapDrop": ["NET_RAW"] if pod.is_isolated else [],
        },
    }


def _explained(pod: Pod, image: str, error: PodlabError) -> PodlabError:
    what = f"cannot debug pod '{pod.name}'"
    if "No such image" in error.message:
        return NotFound(
            f"{what}: image '{image}' is not on the engine", subject=image, hint=f"`docker pull {image}`"
        )
    kind = NotFound if _NO_PROGRAM.search(error.message) else type(error)
    return kind(f"{what} with image '{image}': {error.message}", subject=pod.name, hint=error.hint)
