"""An engine that is away: nothing is tried meanwhile, and its return is noticed soon after a short outage."""

from __future__ import annotations

import asyncio

from podlab.agent.agent import ROUND_S
from podlab.agent.known import SETTLE_S
from podlab.agent.outage import FIRST_PAUSE_S, LONGEST_PAUSE_S, OF_OUTAGE, Outage
from podlab.errors import Unavailable
from podlab.status import State
from podlab.testing.fake import FakeEngine
from tests.agent.accidents import Accidents, pod_of, running, state
from tests.clock import ManualClock, settle


class Told:
    def __init__(self, engine: FakeEngine, clock: ManualClock) -> None:
        self.lines: list[str] = []
        self.outage = Outage(
            engine, clock, on_lost=self.lines.append, on_found=lambda: self.lines.append("found")
        )


async def test_it_is_told_once_and_again_when_it_is_over() -> None:
    told = Told(FakeEngine(), ManualClock())
    told.outage.end()
    for _ in range(3):
        told.outage.begin(Unavailable("gone"))
    assert told.outage.is_on
    told.outage.end()
    told.outage.end()
    assert told.lines == ["gone", "found"]


async def test_the_end_of_a_short_outage_is_noticed_at_once_and_of_a_long_one_soon() -> None:
    for away_s, late_s in ((2.0, 2 * FIRST_PAUSE_S), (30.0, 31 * OF_OUTAGE), (3600.0, LONGEST_PAUSE_S)):
        engine, clock = FakeEngine(), ManualClock()
        engine.failure = Unavailable("gone")
        waiting = asyncio.create_task(Told(engine, clock).outage.wait(after_s=60))
        await clock.pass_(away_s)
        assert not waiting.done()
        engine.failure = None
        await clock.pass_(late_s + 0.01)
        assert waiting.done(), away_s


async def test_an_engine_that_only_ends_its_events_is_asked_ever_less_often() -> None:
    engine, clock = FakeEngine(), ManualClock()
    outage = Told(engine, clock).outage
    pauses = []
    for _ in range(6):
        began, waiting = clock.now(), asyncio.create_task(outage.wait(after_s=0))
        while not waiting.done():
            await clock.pass_(0.25)
        pauses.append(clock.now() - began)
    assert pauses == [0.5, 1, 2, 3, 3, 3]


async def test_what_an_outage_has_broken_is_repaired_when_it_is_over_and_nothing_has_failed() -> None:
    engine, clock = Accidents(), ManualClock()
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        engine.failure = Unavailable("gone")
        engine.strike("web", "app")
        await clock.pass_(20)
        engine.failure = None
        await settle()
        await clock.pass_(SETTLE_S + LONGEST_PAUSE_S)
        assert await state(engine, "app") is State.RUNNING
    assert "failed" not in [a.verb for a in actions]


async def test_what_an_engine_stopped_while_it_was_away_nobody_wanted_stopped() -> None:
    """As one does that comes after one that was killed."""
    engine, clock = Accidents(), ManualClock()
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        engine.failure = Unavailable("gone")
        await clock.pass_(ROUND_S)
        engine.failure = None
        await engine.stop("web", grace_s=1)
        await clock.pass_(ROUND_S + SETTLE_S)
        assert (await engine.get("web")).running == 2
        await engine.stop("web", "app", grace_s=1)  # but that is a wish
        await clock.pass_(ROUND_S * 2)
        assert await state(engine, "app") is State.TERMINATED
    assert [a.verb for a in actions] == ["lost", "found", "repaired"]
