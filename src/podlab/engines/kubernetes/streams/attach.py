"""A container's own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.engines.kubernetes import happening
from podlab.engines.kubernetes.streams.opening import Place, not_running, open_attach
from podlab.engines.kubernetes.streams.process import Process
from podlab.engines.kubernetes.streams.signals import signal_first
from podlab.errors import Conflict, Invalid, Unsupported

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
    # Also for who only listens: containerd ends the input of a container when somebody attaches without one, and gives
    # a terminal without input no output either.
    channels = await open_attach(place, stdin=bool(found.container.get("stdin")), tty=tty)
    return ContainerProcess(place, channels, found, stdin=stdin, tty=tty, detach_keys=detach_keys)


class ContainerProcess(Process):
    def __init__(
        self, place: Place, channels: Channels, found: Found, *, stdin: bool, tty: bool, detach_keys: str
    ) -> None:
        super().__init__(place, channels, tty=tty, detach_keys=detach_keys)
        self._output = channels
        self._found = found
        self._stdin = stdin

    def _framed(self, data: bytes) -> bytes:
        return data if self._stdin else b""

    async def write_eof(self) -> None:
        """What it means is the container's: with `stdinOnce` its input has ended, without it waits for the next one.
        `Unsupported` where it would have to be told and Kubernetes, before 1.30, has no word for it."""
        if not self._stdin or self._tty or not self._found.container.get("stdinOnce") or self._output.is_over:
            return
        if not self._output.can_end_input:
            raise Unsupported(
                f"the end of an input cannot be told to container '{self._place.container}': "
                "the cluster is older than Kubernetes 1.30",
                subject=self._place.container,
                hint=f"it ends when you leave; `podlab logs {self._place.pod}` shows what comes after",
            )
        self._output.end_input()

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
