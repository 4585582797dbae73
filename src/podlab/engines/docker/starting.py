"""Start a container, also at the moment when its pod's shim ends.

The containers of a pod share one shim, which ends with the last of them. Whoever starts one just then, as a repair does
while it removes what was there, is handed the address of a shim that is gone; a moment later there is a new one.
https://github.com/containerd/containerd/blob/main/core/runtime/v2/README.md
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client

_SHIM_IS_ENDING: Final = ("failed to start shim", "ttrpc: closed", "failed to create TTRPC connection")
_PAUSES_S: Final = (0.1, 0.2, 0.4, 0.8)


async def start(client: Client, name: str) -> None:
    """`name` is the engine's, or an id. One that runs is not an error."""
    for pause_s in _PAUSES_S:
        try:
            await client.json("POST", f"/containers/{name}/start")
        except PodlabError as error:
            if not any(text in error.message for text in _SHIM_IS_ENDING):
                raise
        else:
            return
        await asyncio.sleep(pause_s)
    await client.json("POST", f"/containers/{name}/start")
