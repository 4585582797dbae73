"""From a name and an address to an engine. Each engine's modules are loaded only when it is asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from podlab.errors import Unsupported, Usage

if TYPE_CHECKING:
    from podlab.engines.base import Engine


async def connect(engine: str = "", host: str = "") -> Engine:
    """Connect to `docker` or `kubernetes`; without a name to what PODLAB_ENGINE says, else to Docker.

    `host` is the engine's address, such as `unix:///var/run/docker.sock`; without it, the engine looks where
    its own command line would. `Unavailable` where nothing answers. Close the engine when done.
    """
    name = engine or os.environ.get("PODLAB_ENGINE", "") or "docker"
    if name == "docker":
        from podlab.engines.docker.engine import DockerEngine

        return await DockerEngine.connect(host)
    if name == "kubernetes":
        raise Unsupported(
            "this podlab has no Kubernetes engine yet",
            subject="kubernetes",
            hint="use --engine docker; `podlab up --dry-run` and `kubectl apply` take the same pod file",
        )
    raise Usage(f"there is no engine {name!r}", subject=name, hint="PODLAB_ENGINE is docker or kubernetes")
