"""What the agent does with one pod when it looks at it: remember, kill, repair, go on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from podlab.agent.exits import ends_pod
from podlab.agent.known import Known, repairable
from podlab.errors import Conflict, NotFound, Overtaken
from podlab.node import order
from podlab.node.decide import Decision
from podlab.node.tracker import Kind
from podlab.pods.keep import EVERY_PROBE, Keeper
from podlab.record import Record
from podlab.status import State

if TYPE_CHECKING:
    from podlab.agent.exits import ExitPolicy
    from podlab.agent.owner import Owner
    from podlab.clock import Clock
    from podlab.engines.base import Change, Engine
    from podlab.model import Pod
    from podlab.status import PodStatus

HEADLESS_S = 2.0
"""What a removal may take between the infra container and the last of the others."""
PAST = timedelta(hours=1)
"""How far back an engine is asked what happened to a pod that is down when the agent comes."""


class Tender:
    """`tell(verb, pod, changes, message)` is called for what it did, `wake(name, at)` where it has to look again then,
    and `news(name)` when a probe has found something."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        owner: Owner,
        *,
        exit_policy: ExitPolicy,
        tell: Callable[[str, str, Collection[Change], str], None],
        wake: Callable[[str, float], None],
        news: Callable[[str], None],
    ) -> None:
        self._engine, self._clock, self._owner = engine, clock, owner
        self._exit_policy: ExitPolicy = exit_policy
        self._tell, self._wake, self._news = tell, wake, news

    async def look(self, name: str, known: Known) -> None:
        owned = self._owner.wanted().get(name)
        if owned is None and self._owner.owns(name):
            return
        if owned is not None and (self._engine.has_node or not order.needs_node(owned)):
            await self._apply(name, known, owned, await self._engine.plan(owned), set())
            known.spec = owned if self._engine.has_node else known.spec
            return
        if self._engine.has_node:
            return
        has_spec = True
        try:
            status = await self._engine.get(name)
            wanted = owned or await self._engine.spec(name)
        except NotFound:
            known.spec = None
            await self.leave(known)
            if owned is not None:
                await self._apply(name, known, owned, await self._engine.plan(owned), set())
            return
        except Conflict:  # it went with the infra container
            if known.spec is None or not self._is_left_so(name, known):
                return
            wanted, has_spec = known.spec, False
        await self._remember_past(name, known, status)
        if owned is None and (ended := ends_pod(wanted, status, self._exit_policy)):
            await self.leave(known)
            await self._engine.stop(name)
            known.stopped.update(c.name for c in status.containers)
            self._tell("stopped", name, (), f"container {ended} has ended")
            return
        decision = await self._decide(known, wanted, status, is_owned=owned is not None)
        changes = await self._engine.plan(wanted)
        if not changes:
            known.spec = wanted
            return
        if owned is not None:
            await self._apply(name, known, wanted, changes, set(decision.hold))
            return
        repairs, held = repairable(known, wanted, status, decision, changes)
        await self._apply(
            name, known, wanted, repairs, held, is_going_on=_goes_on(repairs, status, decision),
            based_on=wanted if has_spec else None,
        )  # fmt: skip

    def _is_left_so(self, name: str, known: Known) -> bool:
        """Whether the infra container has been away for a while: a pod that is being removed loses its containers in
        any order, and is not made anew meanwhile."""
        now = self._clock.now()
        if known.headless_since is None or known.headless_since < now - 15 * HEADLESS_S:
            known.headless_since = now
        if (rest_s := known.headless_since + HEADLESS_S - now) > 0:
            self._wake(name, now + rest_s)
            return False
        known.headless_since = None
        return True

    async def take_over(self, name: str, container: str, known: Known) -> None:
        """A container has ended that the engine is about to restart: the next time, that is for the agent."""
        if self._engine.has_node:
            return
        wanted = known.spec or await self._engine.spec(name)
        end = known.ends.get(container)
        if not order.has_ended(wanted, container, end.exit_code if end else None):
            await self._engine.restarts(name, container, by="agent")

    async def leave(self, known: Known) -> None:
        """End the watching of a pod."""
        keeper, known.keeper = known.keeper, None
        if keeper is not None:
            await keeper.__aexit__()

    async def _decide(self, known: Known, wanted: Pod, status: PodStatus, *, is_owned: bool) -> Decision:
        if known.keeper is None and not _is_special(wanted, status, is_owned=is_owned):
            return Decision(record=Record())
        if known.keeper is None or known.keeper.pod != wanted:
            await self.leave(known)
            known.keeper = Keeper(
                self._engine, wanted, clock=self._clock, restarts=not is_owned,
                kinds=EVERY_PROBE - ({Kind.READINESS} if is_owned else set()),
                on_news=lambda: self._news(wanted.name),
            )  # fmt: skip
        excused = {c.name for c in status.containers} if known.is_excused else known.accidents
        unexplained = {c.name for c in status.containers if known.spec is None and c.name not in known.died}
        decision = await known.keeper.look(
            status, stopped=known.stopped, excused=excused, unexplained=unexplained, ends=known.ends
        )
        known.is_excused = False
        for container in decision.kill:
            message = f"container {container} is restarted: a probe or hook of it failed"
            self._tell("killed", wanted.name, (), message)
        if decision.wake_at is not None:
            self._wake(wanted.name, decision.wake_at)
        return decision

    async def _remember_past(self, name: str, known: Known, status: PodStatus) -> None:
        """Of a pod that is down at the first look: whether somebody wanted that."""
        if known.spec is not None or known.has_past:
            return
        known.has_past = True
        if not status.reason and all(c.state is not State.TERMINATED for c in status.containers):
            return
        since = datetime.now(UTC) - PAST
        async for event in self._engine.watch(name, since=since, follow=False):
            known.notice(event)

    async def _apply(
        self, name: str, known: Known, wanted: Pod, changes: list[Change], held: set[str], *,
        is_going_on: bool = False, based_on: Pod | None = None,
    ) -> None:  # fmt: skip
        """`based_on`: the pod was there with this wanted state. Where it is no longer, somebody removes or changes it,
        and it is not made anew."""
        if not changes:
            return
        try:
            await self._engine.apply(wanted, hold=held, based_on=based_on)
        except Overtaken:
            self._news(name)
            return
        if not is_going_on:
            known.rest(self._clock.now())
        self._tell("started" if is_going_on else "repaired", name, changes, "")


def _is_special(wanted: Pod, status: PodStatus, *, is_owned: bool) -> bool:
    """Whether there is anything that the engine's own restarts do not do."""
    if order.needs_node(wanted):
        return True
    has_probe = not is_owned and any(c.readiness_probe for c in wanted.spec.containers)
    return has_probe or any(
        c.state is State.TERMINATED or c.restart_count or c.reason for c in status.containers
    )


def _goes_on(changes: Collection[Change], status: PodStatus, decision: Decision) -> bool:
    """Whether this is no accident that is repaired, but the next step of what is under way."""
    found = {c.name: c for c in status.containers}
    return all(
        decision.record.of(change.container).ends > 1
        or ((c := found.get(change.container)) is not None and c.state is State.WAITING)
        for change in changes
    )
