"""What the agent does with one pod when it looks at it: remember, kill, repair, go on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from podlab.agent import repairs
from podlab.agent.exits import ends_pod
from podlab.agent.judging import all_run, cut_off, goes_on, has_moved_on, is_special, lacks, repairable
from podlab.agent.known import AT_ONCE_S, SETTLE_S, Known
from podlab.errors import Conflict, NotFound, Overtaken, PodlabError
from podlab.node import order
from podlab.node.decide import Decision
from podlab.node.tracker import Kind
from podlab.pods.keep import EVERY_PROBE, Keeper
from podlab.record import Record

if TYPE_CHECKING:
    from podlab.agent.exits import ExitPolicy
    from podlab.agent.owner import Owner
    from podlab.clock import Clock
    from podlab.engines.base import Change, Engine
    from podlab.model import Pod
    from podlab.status import PodStatus

LEFT_S = 1.5
"""What a removal may take between two containers, or who makes a pod."""
REMOVAL_S = 60.0
"""What a removal may take beyond the grace period."""
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
        if owned is None and (self._engine.has_node or self._owner.owns(name)):
            return
        if owned is not None and (self._engine.has_node or not order.needs_node(owned)):
            await self._apply(name, known, owned, await self._engine.plan(owned), set())
            known.spec = owned if self._engine.has_node else known.spec
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
        except Conflict:  # it went with the infra container and the first member
            if known.spec is None:
                return
            wanted, has_spec = known.spec, False
        if owned is None and status.removed_since is not None:
            await self._see_to_removal(name, known, wanted, status.removed_since)
            return
        await self._tend(name, known, wanted, status, is_owned=owned is not None, has_spec=has_spec)

    async def _tend(
        self, name: str, known: Known, wanted: Pod, status: PodStatus, *, is_owned: bool, has_spec: bool
    ) -> None:
        is_headless = status.reason == "InfraMissing"
        if not is_owned and is_headless and not self._is_left_so(name, known, at_once=all_run(status)):
            return
        await self._remember_past(name, known, status)
        if not is_owned and (ended := ends_pod(wanted, status, self._exit_policy)):
            await self.leave(known)
            await self._engine.stop(name)
            known.stopped |= {c.name: self._clock.now() for c in status.containers}
            self._tell("stopped", name, (), f"container {ended} has ended")
            return
        decision = await self._decide(known, wanted, status, is_owned=is_owned)
        changes = await self._engine.plan(wanted)
        if not changes:
            known.spec = wanted
            await self._is_repaired(name, known, ())
            return
        if is_owned:
            await self._apply(name, known, wanted, changes, set(decision.hold))
            return
        is_new = known.spec is None and known.repairing is None
        if is_new and not is_headless and lacks(changes, status) and not self._is_left_so(name, known):
            return  # it may be under way
        await self._repair(name, known, wanted, status, decision, changes, has_spec=has_spec)

    async def _see_to_removal(self, name: str, known: Known, wanted: Pod, since: datetime) -> None:
        """Somebody removes the pod; where they were cut off, that is brought to its end."""
        await self.leave(known)
        due = since.timestamp() + wanted.spec.grace_s + REMOVAL_S
        if due > self._clock.now():
            self._wake(name, due)
            return
        await self._engine.delete(name, grace_s=0)
        self._tell("removed", name, (), "its removal had been cut off")

    async def _repair(
        self, name: str, known: Known, wanted: Pod, status: PodStatus, decision: Decision, changes: Sequence[Change],
        *, has_spec: bool,
    ) -> None:  # fmt: skip
        if has_moved_on(status, changes):
            self._wake(name, self._clock.now() + AT_ONCE_S)
            return
        chosen, held = repairable(known, wanted, status, decision, changes)
        is_going_on = known.repairing is None and goes_on(chosen, status, decision)
        await self._apply(
            name, known, wanted, chosen, held, is_going_on=is_going_on, based_on=wanted if has_spec else None
        )

    def _is_left_so(self, name: str, known: Known, *, at_once: bool = False) -> bool:
        """Whether parts of the pod have been away for a while and nothing happens to it: a pod that is being removed
        loses its containers in any order, and is not made anew meanwhile. `at_once`: none of those that are there has
        ended, so nobody removes them."""
        now = self._clock.now()
        if known.odd_since is None or known.odd_since < now - 20 * LEFT_S:
            known.odd_since = now
        quiet_at = known.stirred_at + SETTLE_S
        at = quiet_at if at_once else max(quiet_at, known.odd_since + LEFT_S)
        if at > now:
            self._wake(name, at)
            return False
        known.odd_since = None
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
        if known.keeper is None and not is_special(wanted, status, is_owned=is_owned):
            return Decision(record=Record())
        if known.keeper is None or known.keeper.pod != wanted:
            await self.leave(known)
            known.keeper = Keeper(
                self._engine, wanted, clock=self._clock, restarts=not is_owned,
                kinds=EVERY_PROBE - ({Kind.READINESS} if is_owned else set()),
                on_news=lambda: self._news(wanted.name),
            )  # fmt: skip
        excused = known.excused([c.name for c in status.containers], self._clock.now())
        if known.spec is None:
            excused |= cut_off(status)
        unexplained = {c.name for c in status.containers if known.spec is None and c.name not in known.died}
        decision = await known.keeper.look(
            status, stopped=known.stopped, excused=excused, unexplained=unexplained, ends=known.ends
        )
        for container in decision.kill:
            message = f"container {container} is restarted: a probe or hook of it failed"
            self._tell("killed", wanted.name, (), message)
        if decision.wake_at is not None:
            self._wake(wanted.name, decision.wake_at)
        return decision

    async def _remember_past(self, name: str, known: Known, status: PodStatus) -> None:
        """Of a pod that is down at the first look: whether somebody wanted that."""
        if status.sandbox:
            known.forget_shutdown()  # the event may have been lost with the engine
        if known.spec is not None or known.has_past:
            return
        known.has_past = True
        if not status.reason and all_run(status) and status.running >= status.wanted:
            return
        record = await self._engine.record(name)
        known.repairing = record.repairing if record else None
        since = datetime.now(UTC) - PAST
        async for event in self._engine.watch(name, since=since, follow=False):
            at = event.at.timestamp()
            known.notice(event, at, is_ours=repairs.is_of_repair(at, known.repairing))

    async def _apply(
        self, name: str, known: Known, wanted: Pod, changes: list[Change], held: set[str], *,
        is_going_on: bool = False, based_on: Pod | None = None,
    ) -> None:  # fmt: skip
        """`based_on`: the pod was there with this wanted state. Where it is no longer, somebody removes or changes it,
        and it is not made anew."""
        if not changes:
            return
        is_wanted_anyway = name in self._owner.wanted()
        if not is_going_on and not is_wanted_anyway and repairs.destroys_traces(changes):
            known.repairing = known.told_at or self._clock.now()
            with suppress(PodlabError):  # the repair matters more
                await repairs.begin(self._engine, name, known.repairing)
        starts_again = any(c.verb != "stop" for c in changes)  # else that they are stopped is wanted
        if starts_again:
            known.repairs_until = self._clock.now() + repairs.LONGEST_S
        try:
            await self._engine.apply(wanted, hold=held, based_on=based_on)
        except Overtaken:
            self._news(name)
            return
        finally:
            if starts_again:
                known.repairs_until = self._clock.now() + SETTLE_S
        if not is_going_on:
            known.rest(self._clock.now(), has_helped=True)
        self._tell("started" if is_going_on else "repaired", name, changes, "")
        if not is_going_on:
            await self._is_repaired(name, known, changes)

    async def _is_repaired(self, name: str, known: Known, changes: Sequence[Change]) -> None:
        events = repairs.events(changes, self._clock.now())
        if not events and known.repairing is None:
            return
        with suppress(PodlabError):  # the next look notes it
            await repairs.done(self._engine, name, events)
            known.repairing = None
