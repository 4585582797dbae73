"""CronJobs: what is due at which time."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from podlab import schedule
from podlab.model.workloads import CronJob, Job
from podlab.workloads.cron import decide
from podlab.workloads.state import State, with_state
from tests.workloads.made import cron_job

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=ZoneInfo("UTC")).timestamp()
MINUTE = 60.0


def known(since: float) -> State:
    return State(last_scheduled_at=since)


def job_of(cron: CronJob, at: float, *, condition: str = "") -> Job:
    made = decide(cron, known(at - 6 * MINUTE), [], at).create
    assert made
    finished_at = at + 1 if condition else None
    return with_state(made, State(condition=condition, finished_at=finished_at))


def test_nothing_is_made_up_for_from_before_it_was_put() -> None:
    step = decide(cron_job(), State(), [], NOON + 1)
    assert step.create is None and step.wake_at == NOON + 5 * MINUTE


def test_a_job_for_each_time_named_by_it_and_owned() -> None:
    step = decide(cron_job(), known(NOON - MINUTE), [], NOON)
    assert step.create
    assert step.create.metadata.name == f"sums-{int(NOON) // 60}"
    assert step.create.metadata.labels["podlab.io/owner-name"] == "sums"
    assert decide(cron_job(), step.state, [], NOON + 1).create is None


def test_of_times_that_were_missed_only_the_last_is_made_up_for() -> None:
    step = decide(cron_job(), known(NOON - 3600), [], NOON + 2 * MINUTE)
    assert step.state.last_scheduled_at == NOON


def test_too_late_is_too_late() -> None:
    late = cron_job(starting_deadline_seconds=60)
    assert decide(late, known(NOON - 3600), [], NOON + 30).create
    assert decide(late, known(NOON - 3600), [], NOON + 90).create is None


def test_suspended_makes_none() -> None:
    assert decide(cron_job(suspend=True), known(NOON - 3600), [], NOON).create is None


@pytest.mark.parametrize(
    ("policy", "made", "removed"), [("Allow", True, 0), (None, True, 0), ("Forbid", False, 0), ("Replace", True, 1)]
)  # fmt: skip
def test_a_job_that_still_runs(policy: str | None, made: bool, removed: int) -> None:
    cron = cron_job(concurrency_policy=policy)
    active = job_of(cron, NOON - 5 * MINUTE)
    step = decide(cron, known(NOON - 5 * MINUTE), [active], NOON)
    assert (step.create is not None, len(step.remove)) == (made, removed)


def test_forbidden_it_comes_when_the_one_before_is_done() -> None:
    cron = cron_job(concurrency_policy="Forbid")
    active = job_of(cron, NOON - 5 * MINUTE)
    step = decide(cron, known(NOON - 5 * MINUTE), [active], NOON)
    over = with_state(active, State(condition="Complete", finished_at=NOON + 30))
    assert decide(cron, step.state, [over], NOON + 40).create


def test_of_jobs_that_are_over_a_few_are_kept() -> None:
    cron = cron_job(successful_jobs_history_limit=1)
    jobs = [job_of(cron, NOON - n * 5 * MINUTE, condition="Complete") for n in (1, 2, 3)]
    jobs += [job_of(cron, NOON - n * 5 * MINUTE, condition="Failed") for n in (4, 5)]
    step = decide(cron, known(NOON), jobs, NOON + 1)
    names = [f"sums-{int(NOON - n * 5 * MINUTE) // 60}" for n in (3, 2, 5)]
    assert list(step.remove) == names


def test_the_time_zone_counts() -> None:
    daily = cron_job("30 9 * * *", time_zone="Europe/Berlin")
    due = datetime(2026, 1, 1, 9, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    assert decide(daily, known(due - 3600), [], due).state.last_scheduled_at == due
    assert decide(daily, known(due - 3600), [], due - 1).wake_at == due


def test_when_clocks_go_forward_and_back_it_runs_once() -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#cronjob-limitations"""
    zone = ZoneInfo("Europe/Berlin")
    for day in (datetime(2026, 3, 29, tzinfo=zone), datetime(2026, 10, 25, tzinfo=zone)):
        cron, state = cron_job("30 2 * * *", time_zone="Europe/Berlin"), known(day.timestamp())
        made = 0
        for n in range(24 * 60):
            step = decide(cron, state, [], day.timestamp() + n * MINUTE)
            state, made = step.state, made + (step.create is not None)
        assert made == 1


@pytest.mark.parametrize(
    "text",
    ["*/5 * * * *", "@daily", "@hourly", "0 9 * jul mon-fri", "? 1 * * ?", "1-5,7 0 1 1 0", "0 0 1 * 7"],
)
def test_schedules_of_kubernetes_are_taken(text: str) -> None:
    assert schedule.fault(text) == ""


@pytest.mark.parametrize(
    "text", ["", "a", "* * * *", "* * * * * *", "60 * * * *", "*/0 * * * *", "0 0 L * *", "0 0 * * mon#1",
             "@every 5m", "TZ=Europe/Berlin 0 0 * * *", "0 0 30 2 *", "\x00", "9" * 500, "0 0 * * " + "1," * 400]
)  # fmt: skip
def test_other_schedules_are_refused(text: str) -> None:
    assert schedule.fault(text)


def test_what_is_written_in_capitals_or_not_is_the_same() -> None:
    at = dataclasses.replace(cron_job("0 9 * JUL MON").spec).schedule
    assert schedule.following(at, None, NOON) == schedule.following(at.lower(), None, NOON)
