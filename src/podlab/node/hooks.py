"""What runs when a container has started and before it is stopped.

https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
"""

from __future__ import annotations

import asyncio
from typing import Final

from podlab.engines.base import Engine
from podlab.errors import PodlabError
from podlab.model import Container, LifecycleHandler, Pod
from podlab.node import command, http_get
from podlab.node.probing import Result

FAILED_POST_START: Final = "FailedPostStartHook"
FAILED_PRE_STOP: Final = "FailedPreStopHook"
"""Kubernetes' reasons, in events."""
POST_START_ERROR: Final = "PostStartHookError"
"""Kubernetes' reason why a container waits that was killed for its hook."""


async def post_start(engine: Engine, pod: Pod, container: Container) -> Result:
    """Run the hook of a container that has just started, once for every start. A container without one has passed.

    It takes as long as it takes; only then does the container count as started. When it fails, the container is
    stopped, within the pod's grace period and with its preStop hook, and `message` says why: an event
    `FailedPostStartHook`, and, until its restart, the reason `PostStartHookError`. Whether and when it is started
    again is its restart policy's.
    """
    handler = container.lifecycle.post_start if container.lifecycle else None
    if handler is None:
        return Result(True)
    message = await _run(engine, pod, container, handler)
    if not message:
        return Result(True)
    await engine.stop(pod.name, container.name)
    return Result(False, message)


def pre_stop_of(container: Container) -> LifecycleHandler | None:
    return container.lifecycle.pre_stop if container.lifecycle else None


async def pre_stop(engine: Engine, pod: Pod, container: Container, *, timeout_s: float) -> Result:
    """Run the hook of a container that is about to be stopped. What fails, or is not over in time, ends here and
    keeps nobody from stopping it: an event `FailedPreStopHook`."""
    handler = pre_stop_of(container)
    if handler is None:
        return Result(True)
    try:
        async with asyncio.timeout(timeout_s):
            message = await _run(engine, pod, container, handler)
    except TimeoutError:
        message = _failed(pod, container, handler, f"not over within {timeout_s:g} s")
    return Result(not message, message)


async def _run(engine: Engine, pod: Pod, container: Container, handler: LifecycleHandler) -> str:
    """Why it failed, or nothing."""
    try:
        if handler.sleep is not None:
            await asyncio.sleep(handler.sleep.seconds)
        elif handler.exec is not None:
            code, output = await command.run(engine, pod.name, container.name, handler.exec.command)
            if code:
                return _failed(pod, container, handler, command.failure(code, output))
        elif handler.http_get is not None:
            await http_get.get(engine, pod, container, handler.http_get)  # any answer is one
    except PodlabError as error:
        return _failed(pod, container, handler, error.message)
    return ""


def _failed(pod: Pod, container: Container, handler: LifecycleHandler, why: str) -> str:
    if handler.exec is not None:
        what = f"Exec lifecycle hook ([{' '.join(handler.exec.command)}])"
    elif handler.http_get is not None:
        what = f"HTTP lifecycle hook ({handler.http_get.path or '/'})"
    else:
        what = "Sleep lifecycle hook"
    return f'{what} for Container "{container.name}" in Pod "{pod.name}" failed - {why}'
