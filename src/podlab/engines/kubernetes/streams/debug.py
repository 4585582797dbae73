"""A container for a moment, to look at a pod: in the pod itself where the cluster can, else in a pod beside it.

https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.base import ExecOptions
from podlab.engines.kubernetes import find, starting, versions
from podlab.engines.kubernetes.client import STRATEGIC
from podlab.engines.kubernetes.streams import debug_pod
from podlab.engines.kubernetes.streams.attach import attach_process
from podlab.engines.kubernetes.streams.errand import shell
from podlab.engines.kubernetes.streams.exec import exec_process
from podlab.engines.kubernetes.streams.logged import LoggedProcess
from podlab.engines.kubernetes.streams.opening import Place, status_of
from podlab.engines.kubernetes.watching import Watch
from podlab.errors import Conflict, Denied, NotFound, PodlabError, Unsupported

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from podlab.engines.base import Process
    from podlab.engines.kubernetes.client import Client

# The holder waits for an input that nobody gives, until it is told to end. What is looked with is run beside it, by
# exec: so nothing of its output is missed, and it may have a terminal, an environment and a folder like any other.
_HOLDER: Final = ["sh", "-c", 'trap "exit 0" TERM HUP INT; read -r _']
# Those of this container, which its control group tells.
_END = """
read -r mine </proc/self/cgroup
ours() {
  for each in /proc/[0-9]*; do
    [ "${each#/proc/}" = $$ ] || ! { read -r its <"$each/cgroup"; } 2>/dev/null || [ "$its" != "$mine" ] ||
      echo "${each#/proc/}"
  done
}
for signal in TERM KILL; do
  kill -s $signal $(ours) 2>/dev/null
  n=0
  while [ -n "$(ours)" ] && [ $n -lt 10 ]; do sleep 0.1; n=$((n+1)); done
done
"""


@asynccontextmanager
async def debugging(
    client: Client, pod: str, image: str, command: Sequence[str], *, target: str, options: ExecOptions
) -> AsyncIterator[Process]:
    """As `Engine.debug`. From Kubernetes 1.23 on an ephemeral container, which no cluster ever removes: it ends when
    the block is left, and stays in the pod's JSON. Before, a pod on the same node that shares nothing with this one,
    and is removed; `Unsupported` with a `target` then. What a killed podlab leaves goes with the pod."""
    found = await find.pod(client, pod)
    _refuse(found, pod, target)
    if options.user and not options.user.isdigit():
        raise Unsupported(
            f"Kubernetes knows users by number only, not as {options.user!r}", subject=options.user
        )
    if await versions.of(client) >= versions.DEBUG_CONTAINERS:
        made = _ephemeral(client, found, image, command, target, options)
    elif target:
        raise Unsupported(
            f"this cluster has no debug containers, so nothing can join the processes of container '{target}'",
            subject=target,
            hint="Kubernetes 1.23 has them; without a target podlab takes a pod on the same node",
        )
    else:
        made = _beside(client, found, image, command, options)
    async with made as (place, is_held):
        process = await _process(place, command if is_held else (), options)
        async with process:
            yield process


def _refuse(found: find.Found, pod: str, target: str) -> None:
    names = [each["name"] for each in find.members(found)]
    if target and target not in names:
        raise NotFound(
            f"pod '{pod}' has no container '{target}'",
            subject=target,
            hint=f"its containers: {', '.join(names)}",
        )
    running = [each for each in names if "running" in (status_of(dict(found), each).get("state") or {})]
    if not running:
        raise Conflict(f"pod '{pod}' does not run", subject=pod, hint=f"`podlab describe {pod}` tells why")
    if target and target not in running:
        raise Conflict(f"container '{target}' of pod '{pod}' does not run", subject=target)


async def _process(place: Place, command: Sequence[str], options: ExecOptions) -> Process:
    """The command beside the holder, or without one what the container itself runs."""
    if command:
        looked = await shell(place, 'command -v "$1" >/dev/null', command[0])
        if looked.code and not options.env.get("PATH"):
            raise NotFound(f"the image has no program {command[0]!r}", subject=command[0])
        plain = ExecOptions(
            tty=options.tty, stdin=options.stdin, env=options.env, workdir=options.workdir, size=options.size,
            detach_keys=options.detach_keys,
        )  # fmt: skip
        return await exec_process(place.client, place.pod, place.container, command, plain)
    if not options.stdin:
        return LoggedProcess(place, await place.found())
    process = await attach_process(
        place.client, place.pod, place.container, stdin=options.stdin, detach_keys=options.detach_keys
    )
    if options.tty and options.size:  # its shell shows its prompt again
        await process.resize(*options.size)
    return process


@asynccontextmanager
async def _beside(
    client: Client, found: find.Found, image: str, command: Sequence[str], options: ExecOptions
) -> AsyncIterator[tuple[Place, bool]]:
    """A pod for it, and whether a holder runs there."""
    held = bool(command)
    while True:
        name = f"{found['metadata']['name'][:50]}-debug-{secrets.token_hex(3)}"
        body = debug_pod.pod(name, found, debug_pod.container(image, _HOLDER if held else command, options))
        creating = asyncio.ensure_future(client.json("POST", client.of("pods"), body=body))
        try:
            await asyncio.shield(creating)
            try:
                await _until(client, name, starting.is_started)
            except Conflict as error:
                if not held or not _lacks_shell(error):
                    raise
                held = False
                continue
            yield Place(client, name, debug_pod.NAME), held
            return
        finally:
            await asyncio.wait([creating])
            if creating.exception() is None:
                with suppress(NotFound):
                    await client.json("DELETE", client.pod(name), body={"gracePeriodSeconds": 0})


@asynccontextmanager
async def _ephemeral(
    client: Client, found: find.Found, image: str, command: Sequence[str], target: str, options: ExecOptions
) -> AsyncIterator[tuple[Place, bool]]:
    pod = found["metadata"]["name"]
    held = bool(command)
    while True:
        name = f"debug-{secrets.token_hex(3)}"
        body = debug_pod.container(image, _HOLDER if held else command, options) | {"name": name}
        if target:
            body["targetContainerName"] = target
        await _add(client, pod, body)
        place = Place(client, pod, name)
        try:
            try:
                await _until(client, pod, partial(_is_started, body=body))
            except Conflict as error:
                if not held or not _lacks_shell(error):
                    raise
                held = False
                continue
            yield place, held
            return
        finally:
            with suppress(PodlabError):  # it has ended, or there is no shell that could end it
                await shell(place, _END)


async def _add(client: Client, pod: str, body: dict[str, Any]) -> None:
    """With the right to trace what it looks at, where the namespace's pod security allows that."""
    traced = body | {"securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}, **body["securityContext"]}}
    path = client.pod(pod, "ephemeralcontainers")
    for each in (traced, body):
        patch = {"spec": {"ephemeralContainers": [each]}}
        try:
            await client.json("PATCH", path, body=patch, content_type=STRATEGIC)
        except Denied:
            if each is body:
                raise
        else:
            return


async def _until(client: Client, pod: str, is_so: Callable[[find.Found], bool]) -> None:
    watching = Watch(client, client.of("pods"), fields=f"metadata.name={pod}")
    if any(map(is_so, await watching.begin())):
        return
    async for seen in watching.changes():
        if seen.after is None:
            raise NotFound(f"pod '{pod}' was removed meanwhile", subject=pod)
        if is_so(seen.after):
            return


def _is_started(found: find.Found, body: dict[str, Any]) -> bool:
    """As if the pod had nothing but this container."""
    status = status_of(dict(found), body["name"])
    alone = {
        "metadata": found["metadata"],
        "spec": {"containers": [body]},
        "status": {"containerStatuses": [status] if status else []},
    }
    return starting.is_started(alone)


def _lacks_shell(error: PodlabError) -> bool:
    return '"sh"' in error.message or "sh: no such file" in error.message
