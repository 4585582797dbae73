"""From a name and an address to an engine. Each engine's modules are loaded only when it is asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from podlab.errors import Usage

if TYPE_CHECKING:
    from podlab.engines.base import Engine


async def connect(engine: str = "", host: str = "") -> Engine:
    """Connect to `docker` or `kubernetes[:CONTEXT][/NAMESPACE]`; without a name to what PODLAB_ENGINE says, else to
    Docker.

    `host` is a Docker Engine's address, such as `unix:///var/run/docker.sock`; without it, the engine looks where
    its own command line would. `Unavailable` where nothing answers. Close the engine when done.
    """
    name = engine or os.environ.get("PODLAB_ENGINE", "") or "docker"
    if name == "docker":
        from podlab.engines.docker.engine import DockerEngine

        return await DockerEngine.connect(host)
    if name.startswith("kubernetes"):
        if host:
            raise Usage(
                "a cluster's address is in its kubeconfig, and --host is for Docker Engines",
                subject=host,
                hint="--engine kubernetes:CONTEXT; `kubectl config get-contexts` shows the contexts",
            )
        from podlab.engines.kubernetes.engine import KubernetesEngine

        return await KubernetesEngine.connect(name)
    raise Usage(f"there is no engine {name!r}", subject=name, hint="engines are docker and kubernetes")
