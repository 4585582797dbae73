"""What can be seen inside the pods of a fake engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from podlab.engines.base import NAMESPACES, NamespaceRow, Sharing, Usage
from podlab.errors import Conflict
from podlab.testing.fake.pods import Pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


class Inside(Pods):
    async def namespaces(self, name: str) -> Sequence[NamespaceRow]:
        await self._answer()
        pod = self._pod(name)
        shared = {"net", "ipc", "uts"} | ({"pid"} if pod.spec.spec.share_process_namespace else set())
        sharing = {each: Sharing.POD if each in shared else Sharing.OWN for each in NAMESPACES}
        spec = pod.spec.spec
        of_the_machine = {"net": spec.host_network, "pid": spec.host_pid, "ipc": spec.host_ipc, "user": True}
        sharing |= {each: Sharing.HOST for each, is_so in of_the_machine.items() if is_so}
        return [NamespaceRow(container=each, sharing=sharing) for each in pod.containers]

    async def processes(self, name: str, container: str) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        await self._answer()
        found = self._container(name, container)
        if not found.is_running:
            raise Conflict(f"container {container!r} of pod {name!r} is not running", subject=container)
        return ("PID", "USER", "COMMAND"), [("1", "root", " ".join(found.spec.command or ("sh",)))]

    async def usage(self, name: str, container: str, *, follow: bool = True) -> AsyncIterator[Usage]:
        await self._answer()
        found = self._container(name, container)
        reading = 0
        while found.is_running:
            reading += 1
            yield Usage(
                container=container, at=self._clock.now(), cpu_ns=reading * 10_000_000, memory_bytes=1 << 20,
                memory_limit_bytes=1 << 30, pids=1,
                read_bytes=0, written_bytes=0, received_bytes=0, sent_bytes=0,
            )  # fmt: skip
            if not follow:
                return
            await asyncio.sleep(1)
