"""Signals to containers that run: one, or all of a pod."""

from __future__ import annotations

import signal as signals
from typing import TYPE_CHECKING

from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.status import container_statuses
from podlab.engines.kubernetes.streams.opening import Place
from podlab.engines.kubernetes.streams.signals import signal_first
from podlab.errors import Conflict, Invalid
from podlab.status import Kind, State

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client


async def kill(client: Client, name: str, container: str | None, signal: str) -> None:
    """As `signals.signal_first`; `signal` may be `TERM`, `SIGTERM` or `15`."""
    wanted = _known(signal)
    found = await (find.container(client, name, container) if container else find.pod(client, name))
    running = [
        each.name
        for each in container_statuses(found)
        if each.state is State.RUNNING and (container or each.kind is not Kind.INIT)
    ]
    if container and container not in running:
        raise Conflict(f"container '{container}' of pod '{name}' does not run", subject=name)
    for each in [container] if container else running:
        await signal_first(Place(client, name, each), wanted)


def _known(signal: str) -> str:
    word = signal.upper().removeprefix("SIG")
    try:
        return (signals.Signals(int(word)) if word.isdigit() else signals.Signals[f"SIG{word}"]).name[3:]
    except (KeyError, ValueError):
        raise Invalid(f"there is no signal {signal!r}", subject=signal) from None
