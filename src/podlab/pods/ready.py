"""Wait until a pod is ready, and say why it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from podlab.engines.base import Engine
from podlab.errors import PodlabError, TimedOut
from podlab.model import Container, Pod
from podlab.node import order
from podlab.node.probing import probe
from podlab.node.tracker import Kind
from podlab.pods.keep import Keeper
from podlab.status import ContainerStatus, Phase, PodStatus, State
from podlab.status import Kind as Part

FIRST_PAUSE_S, LAST_PAUSE_S, PAUSE_GROWS = 0.1, 1.0, 1.6
"""Between two looks at a pod that comes up; a probe's own period counts once it is ready. Each look at a
probe costs the engine an exec, some 50 ms of a processor."""
PATIENCE_S = 2
"""How long one look waits for somebody to listen, where no container has another kind of probe."""
STEADY_S = 5
"""A container that was restarted and has no probe is taken for ready when it has run so long."""
RESTARTS_TO_GIVE_UP = 3
LOG_LINES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """`is_ready` changed, or `message` did: why a container is not ready yet."""

    pod: str
    container: str
    is_ready: bool
    message: str = ""


OnProgress = Callable[[Progress], None]


async def wait_ready(
    engine: Engine,
    name: str,
    *,
    timeout_s: float | None = None,
    drives: bool = False,
    on_progress: OnProgress = lambda progress: None,
) -> PodStatus:
    """Return when every container runs and its readiness probe passes, or has completed as it should.

    With `drives` the pod is also brought there: init containers in their order, hooks, startup probes. Without, that
    is left to who made the pod, or to an agent.

    `TimedOut` says what each container that is not ready lacks; `PodlabError` at once when it cannot get
    ready any more: it failed and is not to be restarted, or fails again and again. The pod is left as it is.
    """
    pod = await engine.spec(name)
    waits = {c.name: _Wait(engine, pod, c, on_progress) for c in pod.members}
    pause_s = FIRST_PAUSE_S
    drives = drives and order.needs_node(pod) and not engine.has_node
    news = asyncio.Event()
    try:
        async with (
            asyncio.timeout(timeout_s),
            Keeper(engine, pod, kinds=frozenset({Kind.STARTUP})) as keeper,
            _told_of(engine, name, news),
        ):
            while True:
                news.clear()
                status = await engine.get(name)
                if engine.has_node:
                    _refuse_lost(status)
                if drives and await keeper.advance(status):
                    pause_s, status = FIRST_PAUSE_S, await engine.get(name)
                patience_s = PATIENCE_S if all(w.is_ready or w.is_patient for w in waits.values()) else 0
                looks = [waits[c.name].look(c, patience_s) for c in status.containers if c.name in waits]
                if all(await asyncio.gather(*looks)) and len(status.containers) >= len(pod.members):
                    if drives:
                        await keeper.remember(status)
                    return status
                await _pause(news, pause_s)
                pause_s = min(pause_s * PAUSE_GROWS, LAST_PAUSE_S)
    except TimeoutError:
        lacking = [w for w in waits.values() if not w.is_ready]
        reasons = "; ".join(f"container '{w.name}' {w.message or 'is not there'}" for w in lacking)
        raise TimedOut(
            f"pod '{name}' is not ready after {timeout_s:g} s: {reasons}{await _last_logs(engine, name, lacking)}",
            subject=name,
            hint=f"it goes on; `podlab describe {name}` and `podlab logs {name}` tell more",
        ) from None


@asynccontextmanager
async def _told_of(engine: Engine, name: str, news: asyncio.Event) -> AsyncIterator[None]:
    """Where a node keeps the pod, its word comes sooner than we would look again."""
    if not engine.has_node:
        yield
        return

    async def listen() -> None:
        with suppress(PodlabError):
            async for _ in engine.watch(name):
                news.set()

    listening = asyncio.create_task(listen())
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.wait([listening])


async def _pause(news: asyncio.Event, pause_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(pause_s):
            await news.wait()


def _refuse_lost(status: PodStatus) -> None:
    """A pod that its node has given up does not come back."""
    if status.phase is Phase.FAILED and status.reason:
        raise PodlabError(
            f"pod '{status.name}' cannot get ready: {status.reason}{': ' * bool(status.message)}{status.message}",
            subject=status.name,
            hint="the same `podlab up` makes it anew",
        )


class _Wait:
    """What is known of one container's way to being ready."""

    def __init__(self, engine: Engine, pod: Pod, container: Container, on_progress: OnProgress) -> None:
        self.name = container.name
        self.is_ready = False
        self.message = ""
        self._engine = engine
        self._pod = pod
        self._container = container
        self._on_progress = on_progress
        self._passed = 0
        self._delay_over = 0.0
        self._patience_s = 0.0

    @property
    def is_patient(self) -> bool:
        """Its look can wait in the pod, and the others lose nothing by it."""
        wanted = self._container.readiness_probe
        return wanted is None or wanted.exec is None

    async def look(self, status: ContainerStatus, patience_s: float) -> bool:
        self._patience_s = patience_s
        is_ready, message = await self._judge(status)
        if (is_ready, message) != (self.is_ready, self.message):
            self.is_ready, self.message = is_ready, message
            self._on_progress(Progress(self._pod.name, self.name, is_ready, message))
        return is_ready

    async def _judge(self, status: ContainerStatus) -> tuple[bool, str]:
        if status.state is State.TERMINATED:
            return await self._ended(status)
        if status.restart_count >= RESTARTS_TO_GIVE_UP and status.state is State.WAITING:
            await self._give_up(f"ended {status.restart_count} times, last with exit code {status.exit_code}")
        if status.state is not State.RUNNING:
            return False, status.message or f"is {status.state}" + f" ({status.reason})" * bool(status.reason)
        if status.kind is Part.INIT:
            return False, "runs, and others wait for it"
        if status.reason != "Stale" and not status.is_started:
            return False, "is starting: its startup probe or postStart hook is not through"
        if self._engine.has_node:  # which asks by itself
            has_probe = self._container.readiness_probe is not None
            return bool(status.is_ready), "runs, and its readiness probe has not passed" * has_probe
        if status.reason != "Stale" and self._container.readiness_probe is not None:
            return await self._probe()
        if status.is_ready and status.restart_count and not _is_steady(status):
            return False, f"was restarted {status.restart_count} times"
        return status.is_ready is not False, status.message

    async def _ended(self, status: ContainerStatus) -> tuple[bool, str]:
        if not order.has_ended(self._pod, self.name, status.exit_code):
            if status.restart_count >= RESTARTS_TO_GIVE_UP:
                await self._give_up(f"ended {status.restart_count} times, last with exit code {status.exit_code}")
            return False, f"ended with exit code {status.exit_code} and is to be restarted"
        if status.exit_code == 0:
            return True, "completed"
        await self._give_up(
            f"failed with exit code {status.exit_code}{': ' * bool(status.message)}{status.message}"
        )
        return False, ""

    async def _give_up(self, what: str) -> None:
        self.message = what
        logs = await _last_logs(self._engine, self._pod.name, [self])
        raise PodlabError(
            f"pod '{self._pod.name}' cannot get ready: container '{self.name}' {what}{logs}",
            subject=self._pod.name,
            hint=f"`podlab logs {self._pod.name} -c {self.name}` has all that it wrote",
        )

    async def _probe(self) -> tuple[bool, str]:
        wanted = self._container.readiness_probe
        if wanted is None or self.is_ready:  # it has passed once: the others are waited for
            return True, ""
        now = asyncio.get_running_loop().time()
        self._delay_over = self._delay_over or now + (wanted.initial_delay_seconds or 0)
        if now < self._delay_over:
            return False, f"waits {wanted.initial_delay_seconds} s before its readiness probe"
        result = await probe(self._engine, self._pod, self._container, wanted, patience_s=self._patience_s)
        self._passed = self._passed + 1 if result.passed else 0
        if self._passed >= (wanted.success_threshold or 1):
            return True, ""
        return (
            False,
            "readiness probe failed: " + result.message if not result.passed else "is getting ready",
        )


def _is_steady(status: ContainerStatus) -> bool:
    return status.started_at is None or datetime.now(UTC) - status.started_at > timedelta(seconds=STEADY_S)


async def _last_logs(engine: Engine, pod: str, waits: list[_Wait]) -> str:
    """The last lines of each container that is not ready; nothing where it wrote none."""
    text = ""
    for wait in waits:
        try:
            lines = [line async for line in engine.logs(pod, wait.name, tail=LOG_LINES_SHOWN)]
        except PodlabError:
            continue
        text += "".join(f"\n  {wait.name}: {line.text.decode(errors='replace')}" for line in lines)
    return text
