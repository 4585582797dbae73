"""What a repair leaves in the pod's record, and how an agent goes on with one that another has begun."""

from __future__ import annotations

import pytest

from podlab.agent import repairs
from podlab.agent.agent import ROUND_S
from podlab.agent.known import SETTLE_S, UNRELATED, Known
from podlab.agent.tender import LEFT_S
from podlab.engines.base import Change
from podlab.errors import Overtaken
from podlab.naming import INFRA
from podlab.pods.history import notes
from podlab.record import EventRecord, Record
from podlab.status import State
from tests.agent.accidents import Accidents, pod_of, running, state
from tests.clock import ManualClock


@pytest.fixture
def engine() -> Accidents:
    return Accidents()


@pytest.fixture
async def clock(engine: Accidents) -> ManualClock:
    return ManualClock(engine._clock.now().timestamp())


def change(verb: str, container: str = "", reason: str = "") -> Change:
    return Change(verb=verb, pod="web", container=container, reason=reason)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            [
                change("create", INFRA, "was removed behind podlab's back"),
                change("remove", "app", "is bound to an infra container that is gone"),
                change("create", "app"),
                change("start", "app"),
            ],
            [("", "repaired: infra was removed; made again with its members")],
        ),
        (
            [change("start", INFRA, "had ended"), change("restart", "app", "lost the pod's namespaces")],
            [("", "repaired: infra had ended; started again with its members")],
        ),
        (
            [change("restart", "app", "lost the pod's namespaces"), change("start", "side", "had ended")],
            [
                (
                    "",
                    "repaired: infra was restarted behind podlab's back; restarted what had lost its namespaces: app",
                )
            ],
        ),
        (
            [change("stop", "app"), change("start", "prepare", "the pod's namespaces are new")],
            [("", "repaired: infra was started anew; the init containers run again, and then the others")],
        ),
        (
            [change("connect", "", "was disconnected")],
            [("", "repaired: infra was cut off from its network; connected again")],
        ),
        (
            [change("create", "side", "is missing"), change("start", "side")],
            [("side", "repaired: side was removed; made again")],
        ),
        (
            [change("start", "app", "had ended with exit code 137")],
            [("app", "repaired: app had ended with exit code 137; started again")],
        ),
        ([change("create", INFRA), change("create", "app"), change("start", "app")], []),
        ([change("stop", "proxy", "all containers have ended")], []),
    ],
)
def test_a_repair_is_told_in_words(changes: list[Change], told: list[tuple[str, str]]) -> None:
    found = repairs.events(changes, 5.0)
    assert [(e.container, e.message) for e in found] == told
    assert {(e.at, e.reason) for e in found} <= {(5.0, "Repaired")}


async def test_a_repair_is_in_the_history_of_its_pod(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock):
        engine.lose("web", "side")
        await clock.pass_(SETTLE_S)
        record = await engine.record("web")
    assert record
    assert record.repairing is None
    assert [(e.reason, e.message) for e in await notes(engine, "web")] == [
        ("Repaired", "repaired: side was removed; made again")
    ]


async def test_a_repair_that_fails_is_in_the_history_once_and_counted(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock):
        engine.lose("web", "app")
        engine.images.clear()
        await clock.pass_(20)
        failures = [e for e in await notes(engine, "web") if e.reason == "FailedRepair"]
    assert len(failures) == 1
    assert failures[0].count > 2
    assert "no image 'busybox'" in failures[0].message


async def test_what_another_agent_left_half_repaired_is_gone_on_with(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of(), hold=["app"])  # made, and not yet started
    async with running(engine, clock):
        await clock.pass_(ROUND_S)
        assert await state(engine, "app") is State.WAITING  # for whoever made it is about to
    await repairs.begin(engine, "web", clock.now())
    async with running(engine, clock) as actions:
        assert await state(engine, "app") is State.RUNNING
        record = await engine.record("web")
    assert [a.verb for a in actions] == ["repaired"]
    assert record
    assert record.repairing is None


async def test_a_stop_that_is_part_of_a_repair_is_nobody_s_wish(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    await repairs.begin(engine, "web", clock.now() - 1)
    await engine.stop("web", "app", grace_s=1)  # before the start that was to follow, the agent was killed
    async with running(engine, clock):
        assert await state(engine, "app") is State.RUNNING


async def test_a_stop_long_after_a_repair_was_begun_is_a_wish(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    await repairs.begin(engine, "web", clock.now() - repairs.LONGEST_S - 5)
    await engine.stop("web", "app", grace_s=1)
    async with running(engine, clock):
        await clock.pass_(ROUND_S)
        assert await state(engine, "app") is State.TERMINATED


async def test_what_is_missing_when_an_agent_comes_is_made_once_nobody_else_is_at_it(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    engine._pods["web"].containers.pop("app")  # no event
    async with running(engine, clock) as actions:
        assert actions == []
        await clock.pass_(LEFT_S)
        assert await state(engine, "app") is State.RUNNING


class Contended(Accidents):
    """Somebody else is always a little earlier."""

    contenders = 0

    async def write_record(self, name: str, record: Record, *, based_on: int) -> None:
        if self.contenders:
            self.contenders -= 1
            other = (await self.record(name) or Record()).with_event(EventRecord(at=1.0, reason="Other"))
            await super().write_record(name, other, based_on=based_on)
            raise Overtaken("somebody else wrote", subject=name)
        await super().write_record(name, record, based_on=based_on)


async def test_what_others_write_at_the_same_time_is_kept() -> None:
    engine = Contended()
    await engine.apply(pod_of())
    engine.contenders = 2
    await repairs.failed(engine, "web", "no reason", 2.0)
    record = await engine.record("web")
    assert record
    assert [(e.reason, e.count) for e in record.events] == [("Other", 2), ("FailedRepair", 1)]


async def test_a_pod_that_is_gone_needs_no_note(engine: Accidents) -> None:
    await repairs.done(engine, "web", [EventRecord(at=1.0, reason="Repaired")])


def test_a_few_repairs_that_have_helped_are_taken_for_unrelated() -> None:
    known, now, pauses = Known(), 0.0, []
    for _ in range(UNRELATED + 3):
        known.rest(now, has_helped=True)
        pauses.append(known.rests_until - now)
        now = known.rests_until
    assert pauses == [1] * (UNRELATED + 1) + [2, 4]
