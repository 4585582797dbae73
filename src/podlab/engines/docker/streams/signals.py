"""Signals to a command that was started by exec: the Engine API has none.

https://github.com/moby/moby/issues/9098
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from podlab import naming
from podlab.engines.sessions import END, TO_GROUP
from podlab.errors import Conflict, Invalid, NotFound, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.engines.docker.api.client import Client

_SIGNAL = re.compile(r"[A-Z][A-Z0-9]{1,9}")


async def signal_process(client: Client, container_id: str, engine_pid: int, name: str) -> None:
    """Send a signal to a process and all of its process group, as a terminal's Ctrl-C does.

    `engine_pid` is the number that the engine's machine knows it by, so it takes a container which sees those
    numbers: a short one of the pod's infra image, without network, files or capabilities other than KILL.
    The container's own image needs no program for it. `Unsupported` where the container is in no pod.
    """
    if not _SIGNAL.fullmatch(name):
        raise Invalid(f"{name!r} is not the name of a signal", subject=name, hint="such as INT, TERM or HUP")
    await _run_beside(client, container_id, [TO_GROUP, "sh", name, str(engine_pid)])


async def end_session(client: Client, container_id: str, engine_pid: int) -> None:
    """HUP to all processes of the terminal session that this one leads, and KILL after a second. `Conflict` where
    one is left even then."""
    if await _run_beside(client, container_id, [END, "sh", str(engine_pid)]):
        raise Conflict("processes of the terminal are still there after KILL", subject=container_id)


async def _run_beside(client: Client, container_id: str, script: Sequence[str]) -> int:
    """The exit code of `sh -c` in a container that sees the processes of the engine's machine."""
    labels = (await client.json("GET", f"/containers/{container_id}/json"))["Config"]["Labels"] or {}
    pod = labels.get(naming.POD)
    if not pod:
        raise Unsupported("cannot signal a command in a container that is in no pod", subject=container_id)
    infra = await client.json("GET", f"/containers/{naming.container(pod, naming.INFRA)}/json")
    made = await client.json(
        "POST",
        "/containers/create",
        body={
            "Image": infra["Image"],
            "Entrypoint": ["sh", "-c"],
            "Cmd": list(script),
            "User": "0",
            "HostConfig": {
                "PidMode": "host", "UsernsMode": "host", "NetworkMode": "none", "ReadonlyRootfs": True,
                "CapDrop": ["ALL"], "CapAdd": ["KILL"], "SecurityOpt": ["no-new-privileges"],
                "LogConfig": {"Type": "none"}, "AutoRemove": True,
            },
        },
    )  # fmt: skip
    helper = f"/containers/{made['Id']}"
    try:
        async with client.request("POST", f"{helper}/wait", query={"condition": "next-exit"}) as ending:
            await client.json("POST", f"{helper}/start")
            return int((await ending.json())["StatusCode"])
    finally:
        with suppress(NotFound, Conflict):  # the engine has removed it, or is about to
            await client.json("DELETE", helper, query={"force": True})
