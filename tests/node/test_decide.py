"""What a node decides about one container, from what is remembered and what was found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from podlab.model import CLEAN_RESTARTS, Container, Metadata, Pod, PodSpec
from podlab.node.backoff import FIRST_S
from podlab.node.decide import News, decide
from podlab.record import ContainerRecord, EndRecord, Record
from podlab.status import ContainerStatus, Phase, PodStatus, State, Termination

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


def again(pod: Pod, *, container_id: str, restarts: int) -> ContainerRecord:
    """What is remembered of a container whose first run has ended, and that runs again."""
    last = EndRecord(exit_code=8, reason="Error", finished_at=NOW - 10)
    known = ContainerRecord(name="app", run=f"docker://1 {NOW - 20:.6f}", started=False, last=last)
    found = ContainerStatus(
        name="app", image="busybox", state=State.RUNNING, container_id=container_id, started_at=at(NOW - 5),
        restart_count=restarts, words_before="disk full",
    )  # fmt: skip
    status = PodStatus(name="web", phase=Phase.RUNNING, wanted=1, containers=(found,))
    end = Termination(exit_code=9, reason="Error", finished_at=at(NOW - 6))
    record = Record(generation=1, containers=(known,))
    return decide(pod, status, record, {}, now=NOW, restarts=True, ends={"app": end}).record.of("app")


def test_one_that_was_made_anew_counts_as_restarted_where_restarts_are_clean() -> None:
    clean = replace(POD, metadata=replace(POD.metadata, annotations={CLEAN_RESTARTS: "true"}))
    assert again(clean, container_id="docker://2", restarts=0).restarts == 1
    assert again(POD, container_id="docker://2", restarts=0).restarts == 0


def test_last_words_are_kept_of_a_run_that_the_engine_has_already_followed_by_another() -> None:
    last = again(POD, container_id="docker://1", restarts=1).last
    assert last is not None
    assert (last.exit_code, last.message) == (9, "disk full")


def test_who_was_killed_by_accident_is_started_at_once() -> None:
    app = ended(excused=True, condemned=False).of("app")
    assert (app.ends, app.not_before) == (1, NOW)


def test_who_was_condemned_by_a_probe_backs_off_though_it_was_killed() -> None:
    app = ended(excused=True, condemned=True).of("app")
    assert (app.ends, app.not_before) == (2, NOW + FIRST_S)
