"""Which pod and which container are meant where nobody named one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.errors import Conflict, NotFound, Usage
from podlab.model import DEFAULT_CONTAINER

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.model import Pod


async def only_pod(engine: Engine) -> str:
    """The engine's only pod. `NotFound` where there is none, `Usage` where there are several."""
    names = [pod.name for pod in await engine.list()]
    if not names:
        raise NotFound("there is no pod on this engine", hint="`podlab up FILE` makes one")
    if len(names) > 1:
        raise Usage("there are several pods; name one", hint=f"pods: {', '.join(names)}")
    return names[0]


async def chosen_container(engine: Engine, pod: str, container: str | None = None) -> str:
    """The named container, else the pod's default one."""
    return container or default_container(await engine.spec(pod))


def default_container(pod: Pod) -> str:
    """The one that the pod's annotation names as kubectl reads it, else the first with a terminal (`tty`),
    else the first. `Conflict` for a pod that has none."""
    containers = pod.spec.containers
    named = pod.metadata.annotations.get(DEFAULT_CONTAINER)
    if named and pod.container(named):
        return named
    if not containers:
        raise Conflict(
            f"pod '{pod.name}' has no container yet",
            subject=pod.name,
            hint=f"podlab run --pod {pod.name} IMAGE",
        )
    return next((c.name for c in containers if c.tty), containers[0].name)
