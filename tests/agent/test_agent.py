"""What the agent repairs and what it leaves alone, on the fake engine; time passes only when told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from podlab.agent.agent import ROUND_S
from podlab.agent.exits import ExitPolicy
from podlab.agent.known import LAST_PAUSE_S, SETTLE_S, STEADY_S, Known
from podlab.errors import NotFound, Unavailable
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.status import State
from tests.agent.accidents import Accidents, pod_of, running, state
from tests.clock import ManualClock, settle


class Desk:
    """An owner that says what the test says."""

    def __init__(self, *owned: str) -> None:
        self.owned = set(owned)
        self.pods: dict[str, Pod] = {}

    def owns(self, name: str) -> bool:
        return name in self.owned

    def wanted(self) -> Mapping[str, Pod]:
        return self.pods


@pytest.fixture
def engine() -> Accidents:
    return Accidents()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_a_member_that_was_killed_is_started_again(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        engine.strike("web", "app")
        await settle()
        assert await state(engine, "app") is State.TERMINATED
        await clock.pass_(SETTLE_S)
        assert await state(engine, "app") is State.RUNNING
    assert [(a.verb, a.pod, [c.container for c in a.changes]) for a in actions] == [
        ("repaired", "web", ["app"])
    ]


async def test_pods_that_it_does_not_tend_are_left_alone(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of("mine"))
    await engine.apply(pod_of("web"))
    await engine.apply(pod_of("over", active_deadline_seconds=0))
    async with running(engine, clock, tends=lambda name: name == "mine") as actions:
        engine.strike("web", "app")
        engine.strike("mine", "app")
        await clock.pass_(ROUND_S * 3)
        assert await state(engine, "app") is State.TERMINATED
    assert [(a.verb, a.pod) for a in actions] == [("repaired", "mine")]
    assert "over" in await engine.expired()


async def test_a_member_that_was_removed_is_made_again(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        engine.lose("web", "side")
        await clock.pass_(SETTLE_S)
        assert await state(engine, "side") is State.RUNNING
    assert [a.verb for a in actions] == ["repaired"]


async def test_what_was_stopped_on_purpose_stays_down_while_the_rest_is_repaired(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        await engine.stop("web", "app", grace_s=1)
        await clock.pass_(ROUND_S * 3)
        assert actions == []
        engine.strike("web", "side")
        await clock.pass_(SETTLE_S)
        assert await state(engine, "side") is State.RUNNING
        assert await state(engine, "app") is State.TERMINATED
        await engine.start("web", "app")
        engine.strike("web", "app")
        await clock.pass_(SETTLE_S + LAST_PAUSE_S)
        assert await state(engine, "app") is State.RUNNING


async def test_a_whole_pod_that_was_stopped_stays_down(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        await engine.stop("web", grace_s=1)
        await clock.pass_(ROUND_S * 3)
    assert actions == []


async def test_what_died_before_the_agent_came_is_repaired_where_the_engine_still_tells(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    engine.strike("web", "app")
    await engine.stop("web", "side", grace_s=1)
    async with running(engine, clock) as actions:
        await clock.pass_(ROUND_S * 3)
        assert await state(engine, "app") is State.RUNNING
        assert await state(engine, "side") is State.TERMINATED
    assert [a.verb for a in actions] == ["repaired"]


async def test_what_was_down_before_the_agent_came_stays_down(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    engine.strike("web", "app")
    await settle()
    engine._events.clear()  # an engine remembers only the recent past
    async with running(engine, clock) as actions:
        await clock.pass_(ROUND_S * 3)
        assert await state(engine, "app") is State.TERMINATED
    assert actions == []


async def test_a_removed_pod_is_not_made_again(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        await engine.delete("web", grace_s=0)
        await clock.pass_(ROUND_S * 3)
        with pytest.raises(NotFound):
            await engine.get("web")
    assert actions == []


async def test_a_pod_that_is_being_made_is_left_to_who_makes_it(
    engine: Accidents, clock: ManualClock
) -> None:
    async with running(engine, clock) as actions:
        await engine.apply(pod_of(), hold=["app"])
        await clock.pass_(ROUND_S * 3)
        assert await state(engine, "app") is State.WAITING
    assert actions == []


async def test_a_container_that_has_done_its_work_is_left(engine: Accidents, clock: ManualClock) -> None:
    done = Container(name="job", image="busybox", command=("true",))
    await engine.apply(
        Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(done,), restart_policy="Never"))
    )
    async with running(engine, clock) as actions:
        await clock.pass_(ROUND_S * 3)
    assert actions == []


@pytest.mark.parametrize(
    ("policy", "ended", "goes_on"),
    [("all", "app", True), ("any", "side", False), ("main", "side", True), ("main", "app", False)],
)
async def test_a_pod_is_over_as_the_exit_policy_says(
    engine: Accidents, clock: ManualClock, policy: ExitPolicy, ended: str, goes_on: bool
) -> None:
    containers = tuple(
        Container(name=each, image="busybox", command=("true",) if each == ended else ("sleep", "100000"))
        for each in ("app", "side")
    )
    spec = PodSpec(containers=containers, restart_policy="Never")
    await engine.apply(Pod(metadata=Metadata(name="web"), spec=spec))
    async with running(engine, clock, exit_policy=policy) as actions:
        await clock.pass_(ROUND_S * 3)
        other = "side" if ended == "app" else "app"
        assert (await state(engine, other) is State.RUNNING) is goes_on
    assert [a.verb for a in actions] == ([] if goes_on else ["stopped"])


async def test_a_container_that_will_be_restarted_ends_no_pod(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock, exit_policy="any"):
        engine.strike("web", "side")
        await clock.pass_(ROUND_S * 2)
        assert [await state(engine, each) for each in ("app", "side")] == [State.RUNNING] * 2


async def test_a_pod_whose_lifetime_is_over_is_removed(engine: Accidents, clock: ManualClock) -> None:
    await engine.apply(pod_of(active_deadline_seconds=1))
    async with running(engine, clock) as actions:
        await asyncio.sleep(1.05)  # the fake engine's own time
        await clock.pass_(ROUND_S)
        assert await engine.list() == []
    assert [(a.verb, a.pod) for a in actions] == [("removed", "web")]


async def test_what_happened_while_no_event_told_is_found_by_the_next_round(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock):
        engine._pods["web"].containers.pop("app")  # no event
        await clock.pass_(ROUND_S + SETTLE_S)
        assert await state(engine, "app") is State.RUNNING


async def test_an_owner_s_pod_is_made_and_started_whoever_removed_or_stopped_it(
    engine: Accidents, clock: ManualClock
) -> None:
    owner = Desk("web")
    owner.pods["web"] = pod_of()
    async with running(engine, clock, owner) as actions:
        assert (await engine.get("web")).running == 2
        await engine.stop("web", grace_s=1)
        await clock.pass_(SETTLE_S * 3)
        assert (await engine.get("web")).running == 2
        await engine.delete("web", grace_s=0)
        await clock.pass_(ROUND_S)
        assert (await engine.get("web")).running == 2
    assert {a.verb for a in actions} == {"repaired"}


async def test_an_owner_s_pod_that_is_not_wanted_now_is_left_alone(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock, Desk("web")) as actions:
        engine.strike("web", "app")
        await clock.pass_(ROUND_S * 3)
        assert await state(engine, "app") is State.TERMINATED
    assert actions == []


async def test_a_repair_that_fails_is_told_and_tried_again_ever_less_often(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        engine.lose("web", "app")
        engine.images.clear()
        await clock.pass_(100)
        failures = [a for a in actions if a.verb == "failed"]
        assert 5 <= len(failures) <= 8
        assert "no image 'busybox'" in failures[0].message
        engine.images.add("busybox")
        await clock.pass_(LAST_PAUSE_S + SETTLE_S)
        assert await state(engine, "app") is State.RUNNING


async def test_an_engine_that_does_not_answer_is_waited_for_and_told_once(
    engine: Accidents, clock: ManualClock
) -> None:
    await engine.apply(pod_of())
    async with running(engine, clock) as actions:
        engine.failure = Unavailable("the engine does not answer")
        await clock.pass_(ROUND_S * 4)
        engine.failure = None
        engine.strike("web", "app")
        await clock.pass_(ROUND_S * 2)
        assert await state(engine, "app") is State.RUNNING
    assert [a.verb for a in actions] == ["lost", "found", "repaired"]


def test_pauses_between_repairs_double_and_begin_anew_after_a_steady_time() -> None:
    known, now, pauses = Known(), 0.0, []
    for _ in range(8):
        known.rest(now)
        pauses.append(known.rests_until - now)
        now = known.rests_until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    known.rest(now + STEADY_S + 1)
    assert known.rests_until == now + STEADY_S + 2


def test_a_pod_that_never_rests_is_looked_at_all_the_same() -> None:
    known = Known()
    for now in range(100):
        known.mark(float(now), SETTLE_S)
    assert known.due == 10
