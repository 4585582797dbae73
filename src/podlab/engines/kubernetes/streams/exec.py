"""A command in a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from podlab.engines.kubernetes.streams import launch
from podlab.engines.kubernetes.streams.opening import Place, explained, open_exec
from podlab.engines.kubernetes.streams.process import Process, checked
from podlab.engines.kubernetes.streams.signals import end_session, signal_group
from podlab.errors import NotFound, Unavailable, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podlab.engines.base import ExecOptions
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.kubernetes.streams.channels import Channels


async def exec_process(
    client: Client, pod: str, container: str, command: Sequence[str], options: ExecOptions
) -> ExecProcess:
    """Returns when the command has been started, or could not be: then it says so on its output, and its exit code is
    126 or 127. `Conflict` where the container does not run, `Unsupported` for what Kubernetes has no words for."""
    if options.user or options.privileged:
        raise Unsupported(
            "Kubernetes runs a command as its container does, not "
            + ("privileged" if options.privileged else f"as user {options.user}"),
            subject=container,
            hint="securityContext in the manifest says as whom a container runs; `su` in the container can change it",
        )
    if options.tty and options.size:
        checked(*options.size)
    place = Place(client, pod, container)
    tty = options.tty and not options.detach
    stdin = (
        options.stdin or tty
    ) and not options.detach  # without input a terminal has no output in containerd
    channels = await open_exec(place, launch.wrapped(command, options), stdin=stdin, tty=tty)
    try:
        if stdin and not tty:
            channels.write(launch.RAW if channels.can_end_input else launch.FED)
        greeting = await _greeting(channels, 1 if tty else 2)
        if greeting is None and channels.ending and channels.ending.was_absent:  # of `sh`, that is
            channels.close()
            channels = await open_exec(place, launch.bare(command, options), stdin=stdin, tty=tty)
        elif greeting is None and channels.ending and channels.ending.code is None:
            raise await explained(place, Unavailable(channels.ending.text, subject=container))
        if options.detach:
            return await _unseen(place, channels, command, greeting)
        if tty and options.size:
            channels.resize(*options.size)
    except BaseException:
        channels.close()
        raise
    return ExecProcess(place, channels, greeting, tty=tty, detach_keys=options.detach_keys)


async def _greeting(channels: Channels, on: Literal[1, 2]) -> launch.Greeting | None:
    """None, and nothing read, where the command ended without one. What the command says itself on the other stream
    may come first."""
    read: dict[Literal[1, 2], bytes] = {}
    found = None
    while piece := await channels.read():
        stream, data = piece
        read[stream] = read.get(stream, b"") + data
        if stream != on:
            continue
        found = launch.greeting(read[stream])
        if found:
            read[stream] = found.rest
            break
        if not launch.is_greeting(read[stream]):
            break
    for stream, data in read.items():
        if data:
            channels.unread((stream, data))
    return found


async def _unseen(
    place: Place, channels: Channels, command: Sequence[str], greeting: launch.Greeting | None
) -> ExecProcess:
    said = b""
    while piece := await channels.read():
        said += piece[1]
    ending = await channels.ended()
    channels.close()
    if ending.code != 0:
        raise NotFound(
            f"cannot start {command[0]!r} in container '{place.container}': "
            f"{said.decode(errors='replace').strip() or ending.text or f'exit code {ending.code}'}",
            subject=command[0],
        )
    return ExecProcess(place, None, greeting, tty=False)


class ExecProcess(Process):
    def __init__(
        self, place: Place, channels: Channels | None, greeting: launch.Greeting | None, *, tty: bool,
        detach_keys: str = "",
    ) -> None:  # fmt: skip
        super().__init__(place, channels, tty=tty, detach_keys=detach_keys)
        self._pid = greeting.pid if greeting else None
        self._is_fed = bool(greeting and greeting.is_fed)
        self._has_told = False

    def _framed(self, data: bytes) -> bytes:
        return launch.part(data) if self._is_fed and data else data

    async def write_eof(self) -> None:
        """Of a terminal nothing: there the input ends with Ctrl-D."""
        channels = self._channels
        if channels is None or self._tty:
            return
        if self._is_fed:
            channels.write(launch.END)
        elif channels.can_end_input:
            channels.end_input()
        elif not channels.is_over:
            raise Unsupported(
                "the end of an input cannot be told to this command: the cluster is older than Kubernetes 1.30, and "
                f"container '{self._place.container}' has no `sh` and `dd` that could help",
                subject=self._place.container,
                hint="let the command end by itself",
            )

    async def read(self) -> tuple[Literal[1, 2], bytes] | None:
        piece = await super().read()
        if piece is None and (why := self._why_not()):
            return (1 if self._tty else 2), why
        return piece

    async def pour(self, take: Callable[[bytes], None]) -> None:
        await super().pour(take)
        if why := self._why_not():
            take(why)

    def _why_not(self) -> bytes:
        """Once, why the command was not started."""
        if self._has_told or self.is_detached or not (self._channels and self._channels.ending):
            return b""
        self._has_told = True
        text = self._channels.ending.text
        return f"{text}\n".encode() if text else b""

    async def wait(self) -> int:
        """0 of a command that nobody waits for."""
        if self._channels is None or self.is_detached:
            return 0
        ending = await self._channels.ended()
        if ending.code is None:
            raise Unavailable(ending.text, subject=self._place.container)
        return ending.code

    @property
    def _has_ended(self) -> bool:
        return bool(self._channels and self._channels.ending)

    async def signal(self, name: str) -> None:
        if not self._has_ended:
            await signal_group(self._place, self._known(), name)

    async def hang_up(self) -> None:
        if not self._has_ended:
            await end_session(self._place, self._known())

    def _known(self) -> int:
        if self._pid is None:
            raise Unsupported(
                f"cannot signal a command in container '{self._place.container}': it has no `sh` to do it",
                subject=self._place.container,
            )
        return self._pid
