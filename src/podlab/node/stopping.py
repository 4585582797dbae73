"""The end of a pod that has hooks or sidecars: preStop hooks first, sidecars last, all within the grace period.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Final

from podlab.engines.base import Engine
from podlab.errors import Overtaken, PodlabError
from podlab.model import Container, Pod
from podlab.node import hooks, order
from podlab.record import EventRecord, Record

EXTENSION_S: Final = 2
"""What is left for the signal when hooks and waiting took all of the time.
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow"""

_ATTEMPTS: Final = 3

Halt = Callable[[str, int], Awaitable[object]]
"""Stops the container of this name: its stop signal, and after so many seconds KILL. Back when it has ended."""


def has_order(pod: Pod) -> bool:
    """Whether it matters how the pod goes down; if not, its containers are simply stopped all at once."""
    return any(map(goes_in_order, pod.members))


def goes_in_order(container: Container) -> bool:
    """Whether the container has a preStop hook, or is one that may be a sidecar."""
    return hooks.pre_stop_of(container) is not None or order.is_sidecar(container)


async def stop(engine: Engine, pod: Pod, running: Collection[str], *, grace_s: int, halt: Halt) -> None:
    """Stop these containers of the pod and return when they have ended; the first failure is raised when all have been
    tried. Without a grace period no hook is run.

    All preStop hooks are run at once. A container is halted when its own is over; a sidecar, when moreover all
    containers and the sidecars after it have ended. The time that this takes is taken from the grace period.
    """
    until = asyncio.get_running_loop().time() + grace_s
    before: list[asyncio.Task[None]] = []
    for group in order.stop_order(pod):
        members = [c for name in group if name in running and (c := pod.container(name))]
        before += [
            asyncio.create_task(_stop_one(engine, pod, c, grace_s, until, halt, tuple(before)))
            for c in members
        ]
    try:
        results = await asyncio.gather(*before, return_exceptions=True)
    except asyncio.CancelledError:
        for task in before:
            task.cancel()
        await asyncio.gather(*before, return_exceptions=True)
        raise
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _stop_one(
    engine: Engine,
    pod: Pod,
    container: Container,
    grace_s: int,
    until: float,
    halt: Halt,
    earlier: Collection[asyncio.Task[None]],
) -> None:
    def left_s() -> float:
        return until - asyncio.get_running_loop().time()

    if grace_s > 0:
        done = await hooks.pre_stop(engine, pod, container, timeout_s=grace_s)
        if not done.passed:
            await _tell(engine, pod.name, container.name, done.message)
    if earlier:
        await asyncio.wait(earlier, timeout=max(left_s(), 0))
    await halt(container.name, max(math.ceil(left_s()), min(grace_s, EXTENSION_S)))


async def _tell(engine: Engine, pod: str, container: str, message: str) -> None:
    """In the pod's record. That it cannot be told keeps nobody from stopping."""
    event = EventRecord(
        at=time.time(), reason=hooks.FAILED_PRE_STOP, container=container, message=message, is_warning=True
    )
    for _ in range(_ATTEMPTS):
        with suppress(PodlabError):
            record = await engine.record(pod) or Record()
            try:
                await engine.write_record(pod, record.with_event(event), based_on=record.generation)
            except Overtaken:
                continue
        return
