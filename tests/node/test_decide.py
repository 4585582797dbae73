"""What a node decides about one container, from what is remembered and what was found."""

from __future__ import annotations

from datetime import UTC, datetime

from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.node.backoff import FIRST_S
from podlab.node.decide import News, decide
from podlab.record import ContainerRecord, Record
from podlab.status import ContainerStatus, Phase, PodStatus, State

NOW = 1_000_000.0
POD = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(Container(name="app", image="busybox"),)))


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def ended(*, excused: bool, condemned: bool) -> Record:
    """What is remembered of a second end in a row, which the engine tells of as of one who was killed."""
    found = ContainerStatus(
        name="app", image="busybox", state=State.TERMINATED, container_id="docker://1", exit_code=143,
        reason="Error", started_at=at(NOW - 5), finished_at=at(NOW - 1),
    )  # fmt: skip
    status = PodStatus(name="web", phase=Phase.RUNNING, wanted=1, containers=(found,))
    known = ContainerRecord(
        name="app", run=found.run, ends=1, killed=found.run if condemned else "", by_agent=True
    )
    news = {"app": News(run=found.run)}
    decision = decide(
        POD, status, Record(generation=1, containers=(known,)), news, now=NOW, restarts=True,
        excused={"app"} if excused else (),
    )  # fmt: skip
    return decision.record


def test_who_was_killed_by_accident_is_started_at_once() -> None:
    app = ended(excused=True, condemned=False).of("app")
    assert (app.ends, app.not_before) == (1, NOW)


def test_who_was_condemned_by_a_probe_backs_off_though_it_was_killed() -> None:
    app = ended(excused=True, condemned=True).of("app")
    assert (app.ends, app.not_before) == (2, NOW + FIRST_S)
