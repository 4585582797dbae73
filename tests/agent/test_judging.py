"""Which changes are an agent's to make, by what a look shows."""

from __future__ import annotations

import pytest

from podlab.agent.judging import has_moved_on, repairable
from podlab.agent.known import Known
from podlab.engines.base import Change
from podlab.naming import INFRA
from podlab.node.decide import Decision
from podlab.record import Record
from podlab.status import ContainerStatus, Phase, PodStatus, State
from tests.agent.accidents import pod_of

RUNNING, ENDED = State.RUNNING, State.TERMINATED


def seen(*containers: ContainerStatus, phase: Phase = Phase.RUNNING, reason: str = "") -> PodStatus:
    return PodStatus(name="web", phase=phase, reason=reason, wanted=2, containers=containers)


def part(name: str, state: State = RUNNING, reason: str = "") -> ContainerStatus:
    return ContainerStatus(name=name, image="busybox", state=state, reason=reason)


def change(verb: str, container: str = "", reason: str = "") -> Change:
    return Change(verb=verb, pod="web", container=container, reason=reason)


@pytest.mark.parametrize(
    ("changes", "is_so"),
    [
        ([change("start", "app")], True),
        ([change("remove", "app", "is removing"), change("create", "app"), change("start", "app")], False),
        ([change("set aside", "app"), change("create", "app"), change("start", "app")], True),
        ([change("create", "side"), change("start", "side")], False),
        ([change("restart", "app")], False),
    ],
)
def test_an_end_between_look_and_plan_is_for_the_next_look(changes: list[Change], is_so: bool) -> None:
    """But what is removed meanwhile is made and started at once: nobody would start it later."""
    assert has_moved_on(seen(part("app")), changes) is is_so


def judged(known: Known, status: PodStatus, *changes: Change) -> tuple[list[str], set[str]]:
    found, held = repairable(known, pod_of(), status, Decision(record=Record()), changes)
    return [f"{c.verb} {c.container}".rstrip() for c in found], held


def test_a_new_agent_undoes_what_nobody_can_have_wanted_and_leaves_the_rest() -> None:
    status = seen(part("app", reason="Stale"), part("side", ENDED, "Error"))
    changes = (change("restart", "app"), change("start", "side"), change("connect"))
    assert judged(Known(), status, *changes) == (["restart app", "connect"], {"side"})


def test_what_the_engine_could_not_start_is_started_whatever_was_stopped_before() -> None:
    known = Known(stopped={"app": 1.0})
    status = seen(part("app", ENDED, "StartError"), part("side", ENDED, "Error"))
    assert judged(known, status, change("start", "app"), change("start", "side")) == (["start app"], {"side"})


def test_a_pod_that_was_stopped_whole_stays_so() -> None:
    known = Known(stopped={INFRA: 1.0})
    status = seen(part("app", ENDED, "StartError"), phase=Phase.FAILED, reason="Stopped")
    assert judged(known, status, change("start", INFRA), change("start", "app"))[0] == []


def test_the_infra_is_repaired_with_what_needs_it() -> None:
    status = seen(part("app", reason="Stale"), phase=Phase.UNKNOWN, reason="InfraMissing")
    changes = (change("create", INFRA, "was removed"), change("create", "app"), change("start", "app"))
    assert judged(Known(), status, *changes) == (["create infra", "create app", "start app"], set())
