"""A container's own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.engines.kubernetes import happening
from podlab.engines.kubernetes.streams.opening import Place, not_running, open_attach
from podlab.engines.kubernetes.streams.process import Process
from podlab.engines.kubernetes.streams.signals import signal_first
from podlab.errors import Conflict, Invalid

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.kubernetes.streams.channels import Channels
    from podlab.engines.kubernetes.streams.opening import Found


async def attach_process(
    client: Client, pod: str, container: str, *, stdin: bool = False, detach_keys: str = ""
) -> ContainerProcess:
    """The output from now on. `Conflict` where it does not run: Kubernetes has nothing to attach to before."""
    place = Place(client, pod, container)
    found = await place.found()
    if not found.is_running:
        raise not_running(place, found)
    if stdin and not found.container.get("stdin"):
        raise Invalid(
            f"container '{container}' of pod '{pod}' takes no input",
            subject=container,
            hint="`stdin: true` in the manifest gives it one",
        )
    tty = bool(found.container.get("tty"))
    output = await open_attach(place, stdin=False, tty=tty)
    try:
        inlet = await open_attach(place, stdin=True, tty=tty) if stdin else None
    except BaseException:
        output.close()
        raise
    return ContainerProcess(place, output, inlet, found, tty=tty, detach_keys=detach_keys)


class ContainerProcess(Process):
    """Input has a connection of its own: before v5 of the protocol its end is the end of the connection, and would be
    that of the output."""

    def __init__(
        self, place: Place, output: Channels, inlet: Channels | None, found: Found, *, tty: bool, detach_keys: str
    ) -> None:  # fmt: skip
        super().__init__(place, output, tty=tty, detach_keys=detach_keys)
        self._output = output
        self._input = inlet
        self._found = found

    def _close(self) -> None:
        super()._close()
        if self._input:
            self._input.close()

    @property
    def _takes(self) -> Channels | None:
        return self._input

    async def write_eof(self) -> None:
        """What it means is the container's: with `stdinOnce` its input has ended, without it waits for the next one."""
        if self._input is None:
            return
        if self._input.can_end_input:
            self._input.end_input()
        else:
            self._input.hang_up()

    async def wait(self) -> int:
        """The exit code that the cluster notes, a little after the output has ended."""
        if self.is_detached:
            return 0
        await self._output.ended()
        return await happening.exit_code_of(self._place.client, self._found.pod, self._place.container)

    async def signal(self, name: str) -> None:
        if self._output.ending:
            return
        try:
            await signal_first(self._place, name)
        except Conflict:
            return  # it has ended

    async def hang_up(self) -> None:
        await self.signal("HUP")  # whatever survives it belongs to the container
