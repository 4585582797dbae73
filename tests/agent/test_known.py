"""What the agent takes for somebody's wish, told by an engine's events."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from podlab.agent.known import OUTLIVES_S, TOGETHER_S, UNRELATED, Known
from podlab.engines.base import PodEvent
from podlab.naming import INFRA

NOW = 1_800_000_000.0


def heard(
    known: Known, at: float, container: str, action: str, *, is_ours: bool = False, **told: str
) -> None:
    event = PodEvent(
        at=datetime.fromtimestamp(at, UTC), pod="web", container=container, action=action, attributes=told
    )
    known.notice(event, at, is_ours=is_ours)


def stopped(known: Known, at: float, *containers: str) -> None:
    for name in containers:
        heard(known, at, name, "kill", signal="15")
        heard(known, at, name, "die", exitCode="143")
        heard(known, at, name, "stop")


def test_a_stop_is_a_wish_and_a_kill_is_none() -> None:
    known = Known()
    stopped(known, NOW, "app")
    heard(known, NOW, "side", "kill", signal="9")
    heard(known, NOW, "side", "die", exitCode="137")
    assert (set(known.stopped), known.died) == ({"app"}, {"side"})
    heard(known, NOW + 1, "app", "start")
    assert not known.stopped


def test_what_an_engine_stopped_together_with_the_infra_that_it_has_started_again_is_nobody_s_wish() -> None:
    known = Known()
    stopped(known, NOW - 60, "mine")
    stopped(known, NOW, "app", INFRA, "side")
    assert INFRA in known.stopped
    heard(known, NOW + 5, INFRA, "start")
    assert (set(known.stopped), known.died) == ({"mine"}, {"app", "side"})


def test_the_end_of_the_infra_need_not_be_heard_to_its_end() -> None:
    """The engine is gone before it could tell."""
    known = Known()
    heard(known, NOW, INFRA, "kill", signal="15")
    stopped(known, NOW + 0.5, "app")
    known.forget_shutdown()
    assert (set(known.stopped), known.died) == (set(), {"app"})


def test_what_was_stopped_before_the_infra_was_killed_stays_stopped() -> None:
    known = Known()
    stopped(known, NOW - TOGETHER_S * 2, "app")
    heard(known, NOW, INFRA, "die", exitCode="137")
    heard(known, NOW + 1, INFRA, "start")
    assert set(known.stopped) == {"app"}


@pytest.mark.parametrize(("container", "is_wish"), [("app", False), (INFRA, True)])
def test_a_repair_stops_members_and_never_the_infra(container: str, is_wish: bool) -> None:
    known = Known()
    heard(known, NOW, container, "die", exitCode="143")
    heard(known, NOW, container, "stop", is_ours=True)
    assert (container in known.stopped) is is_wish


def test_what_outlived_the_engine_and_ends_after_its_return_is_excused_once() -> None:
    known = Known()
    known.engine_is_back(NOW)
    assert known.excused(["app", "side"], NOW + 3) == {"app", "side"}
    heard(known, NOW + 3, "app", "die", exitCode="143")
    heard(known, NOW + 4, "app", "start")
    heard(known, NOW + 5, "app", "die", exitCode="1")
    assert known.excused(["app", "side"], NOW + 5) == {"side"}
    assert known.excused(["app", "side"], NOW + OUTLIVES_S) == set()


def test_the_return_of_the_engine_ends_the_rest_after_repairs() -> None:
    known = Known()
    for _ in range(UNRELATED + 4):
        known.rest(NOW, has_helped=True)
    assert known.rests_until > NOW + 4
    known.engine_is_back(NOW)
    known.mark(NOW, 0)
    assert known.due == NOW
