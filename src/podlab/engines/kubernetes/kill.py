"""A signal to a container's first process, from inside it: there is no other way on Kubernetes."""

from __future__ import annotations

import signal as signals
from typing import TYPE_CHECKING, Final

from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.status import container_statuses
from podlab.errors import Conflict, Invalid, PodlabError, Unsupported
from podlab.status import Kind, State

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.engines.kubernetes.client import Client

_NEVER_TAKEN: Final = {"KILL", "STOP"}
"""The kernel gives them to a namespace's first process only from outside: https://man7.org/linux/man-pages/man7/pid_namespaces.7.html"""


async def kill(engine: Engine, client: Client, name: str, container: str | None, signal: str) -> None:
    """`Unsupported` for signals that no first process takes from its own container, `Invalid` for none. One that it has
    no handler for passes it by, too."""
    wanted = _known(signal)
    found = await (find.container(client, name, container) if container else find.pod(client, name))
    running = [
        each.name
        for each in container_statuses(found)
        if each.state is State.RUNNING and each.kind is not Kind.INIT
    ]
    if container and container not in running:
        raise Conflict(f"container '{container}' of pod '{name}' does not run", subject=name)
    if wanted in _NEVER_TAKEN:
        raise Unsupported(
            f"Kubernetes sends no signal {wanted} to a container",
            subject=name,
            hint="`podlab kill --signal TERM` asks it to end, `podlab down` removes the pod",
        )
    for each in [container] if container else running:
        await _send(engine, name, each, wanted)


def _known(signal: str) -> str:
    word = signal.upper().removeprefix("SIG")
    if word.isdigit():
        try:
            return signals.Signals(int(word)).name.removeprefix("SIG")
        except ValueError:
            word = ""
    if f"SIG{word}" not in signals.Signals.__members__:
        raise Invalid(f"there is no signal {signal!r}", subject=signal)
    return word


async def _send(engine: Engine, name: str, container: str, signal: str) -> None:
    process = await engine.exec(name, container, ["sh", "-c", f"kill -s {signal} 1"])
    words = b""
    async with process:
        while (part := await process.read()) is not None:
            words += part[1]
        if await process.wait():
            raise PodlabError(
                f"cannot send {signal} to container '{container}' of pod '{name}': {words.decode(errors='replace')}",
                subject=name,
                hint="it is sent from inside, by the container's own sh and kill",
            )
