"""What an engine offers to run podlab's agent by itself. Not every engine does: ask with `isinstance`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentContainer:
    """`version` is podlab's, of which it was made."""

    name: str
    image: str
    version: str
    is_running: bool
    started_at: datetime | None = None
    restarts: int = 0


@runtime_checkable
class HostsAgent(Protocol):
    """An engine that may run the agent in a container of its own, which it starts again with itself."""

    async def install_agent(
        self, program: Mapping[str, bytes], version: str, *, socket: str = ""
    ) -> AgentContainer:
        """Make an image of `program` (path in it → content), and run the agent from it until `uninstall_agent`. The
        image `naming.PYTHON_IMAGE` must be there. One that was installed before is replaced. It reaches the engine by
        `socket` on the engine's machine; without, by the one that we reach it by. `PodlabError` with its last words
        where it does not come up, and then nothing is left."""
        ...

    def agent_preview(self, version: str, *, socket: str = "") -> str:
        """The commands that would do the same."""
        ...

    async def installed_agent(self) -> AgentContainer | None: ...

    async def uninstall_agent(self) -> bool:
        """Remove the container and its image; whether there was one. No pod is touched."""
        ...
