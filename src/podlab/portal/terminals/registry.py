"""The sessions of all pods."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from podlab.engines.base import ExecOptions
from podlab.errors import Conflict, PodlabError
from podlab.portal.terminals import shell
from podlab.portal.terminals.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.engines.base import Engine, Process

_log = logging.getLogger(__name__)

IDLE_S = 4 * 3600.0
MAX_PER_POD = 12
_HANG_UP_S = 30.0
_ROUND_S = 60.0


class _Open:
    def __init__(self, container: str, session: Session, process: Process) -> None:
        self.container = container
        self.session = session
        self.process = process
        self.running: asyncio.Task[None] | None = None


class Registry:
    """Sessions by pod and name, for as long as the `async with` lasts; whether anybody looks does not matter.

    Leaving it ends shells that nobody could find again and lets go of those in tmux (`shell`).
    """

    def __init__(self, engine: Engine, *, idle_s: float = IDLE_S, max_per_pod: int = MAX_PER_POD) -> None:
        self._engine = engine
        self._idle_s = idle_s
        self._max_per_pod = max_per_pod
        self._open: dict[tuple[str, str], _Open] = {}
        self._opening: set[tuple[str, str]] = set()
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._culling = self._group.create_task(self._cull(), name="idle terminals")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._culling.cancel()
        async with self._stack, asyncio.TaskGroup() as group:
            for each in list(self._open.values()):
                group.create_task(self._let_go(each))

    def names(self, pod: str) -> list[str]:
        return sorted(name for owner, name in self._open if owner == pod)

    def get(self, pod: str, name: str) -> Session | None:
        """None where there is none, or it has ended."""
        found = self._open.get((pod, name))
        return found.session if found else None

    async def open(
        self,
        pod: str,
        container: str,
        name: str,
        *,
        command: Sequence[str] = (),
        size: tuple[int, int] = (80, 24),
    ) -> Session:
        """The session of that name, made where there is none. To open it before anybody asks makes it quick.

        `Invalid` for a name that cannot be, `Conflict` for too many in the pod; else what `engine.exec` raises.
        """
        key = (pod, shell.checked(name))
        if found := self._open.get(key):
            return found.session
        async with self._locks.setdefault(key, asyncio.Lock()):
            if found := self._open.get(key):
                return found.session
            if sum(owner == pod for owner, _ in self._open.keys() | self._opening) >= self._max_per_pod:
                raise Conflict(
                    f"pod {pod!r} has {self._max_per_pod} terminals open already",
                    subject=pod,
                    hint="close one",
                )
            options = ExecOptions(tty=True, stdin=True, size=size, env=shell.ENVIRONMENT)
            self._opening.add(key)
            try:
                process = await self._engine.exec(
                    pod, container, shell.opening(name, tuple(command)), options
                )
            finally:
                self._opening.discard(key)
            made = _Open(container, Session(name, process, size=size), process)
            self._open[key] = made
            made.running = self._group.create_task(self._run(key, made), name=f"terminal {pod}/{name}")
            return made.session

    async def _run(self, key: tuple[str, str], each: _Open) -> None:
        try:
            async with each.process:
                await each.session.run()
        except Exception:  # a mistake of ours in one terminal must not end the others
            _log.exception("terminal %s/%s ended by a mistake", *key)
        finally:
            if self._open.get(key) is each:
                del self._open[key]
                self._locks.pop(key, None)

    async def end(self, pod: str, name: str) -> None:
        """End the session and everything that was started in it. One that is gone is not an error; `Conflict`
        where something is left."""
        found = self._open.get((pod, name))
        if found is None:
            return
        try:
            async with asyncio.timeout(_HANG_UP_S):
                closing = await self._engine.exec(pod, found.container, shell.closing(name), ExecOptions())
                async with closing:
                    while await closing.read():
                        pass
                    code = await closing.wait()
                await found.process.hang_up()
        finally:
            await self._stopped(found)
        if code == 1:
            raise Conflict(f"processes of terminal {name!r} are still there", subject=pod)

    async def end_pod(self, pod: str) -> None:
        """Forget the sessions of a pod that is about to be removed, whose processes end with it."""
        for (owner, _), each in list(self._open.items()):
            if owner == pod:
                await self._stopped(each)

    async def _let_go(self, each: _Open) -> None:
        """A shell alone ends, tmux's client leaves tmux's server behind."""
        try:
            async with asyncio.timeout(_HANG_UP_S):
                await each.process.hang_up()
        except (PodlabError, TimeoutError):
            pass  # the engine is gone, or the pod: nothing can be done from here
        finally:
            await self._stopped(each)

    @staticmethod
    async def _stopped(each: _Open) -> None:
        if each.running:
            each.running.cancel()
            await asyncio.wait({each.running})

    async def _cull(self) -> None:
        """End what nobody has looked at or typed into for long."""
        while True:
            await asyncio.sleep(min(_ROUND_S, self._idle_s))
            now = asyncio.get_running_loop().time()
            for (pod, name), each in list(self._open.items()):
                if not each.session.viewers and now - each.session.active_at >= self._idle_s:
                    try:
                        await self.end(pod, name)
                    except (PodlabError, TimeoutError):
                        await self._stopped(each)
