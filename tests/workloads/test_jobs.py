"""Jobs, look by look: the time and the pods are the test's."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from podlab.model.workloads import (
    ExitCodes,
    FailurePolicy,
    FailureRule,
    Job,
    SuccessPolicy,
    SuccessRule,
)
from podlab.status import Phase
from podlab.workloads.jobs import JobStep, decide
from podlab.workloads.owned import Owned
from podlab.workloads.state import State
from tests.workloads.made import ended, job, running


class Cluster:
    """A Job with its pods. Pods run until the test ends them."""

    def __init__(self, made: Job) -> None:
        self.job, self.state, self.now = made, State(), 1000.0
        self.pods: dict[str, Owned] = {}

    def look(self, after_s: float = 0) -> JobStep:
        self.now += after_s
        step = decide(self.job, self.state, list(self.pods.values()), self.pods.keys(), self.now)
        self.state = step.state
        for name in step.remove:
            del self.pods[name]
        for pod in step.create:
            assert pod.name not in self.pods
            self.pods[pod.name] = running(pod.name, created_at=self.now)
        return step

    def ends(self, *names: str, badly: bool = False, code: int = 1) -> None:
        for name in names:
            self.pods[name] = ended(name, Phase.FAILED, code) if badly else ended(name, Phase.SUCCEEDED)

    @property
    def running(self) -> list[str]:
        return sorted(name for name, pod in self.pods.items() if not pod.has_ended)


def started(**said: Any) -> Cluster:
    cluster = Cluster(job(**said))
    cluster.look()
    return cluster


def test_one_pod_that_ends_well_completes_it() -> None:
    cluster = started()
    assert cluster.running == ["sum-1"]
    cluster.ends("sum-1")
    step = cluster.look(1)
    assert (step.state.condition, step.state.reason) == ("Complete", "CompletionsReached")
    assert cluster.look(1).create == ()


def test_as_many_as_wanted_no_more_at_once_than_said() -> None:
    cluster = started(completions=5, parallelism=2)
    assert cluster.running == ["sum-1", "sum-2"]
    cluster.ends("sum-1")
    cluster.look()
    assert cluster.running == ["sum-2", "sum-3"]
    cluster.ends("sum-2", "sum-3")
    cluster.look()
    cluster.ends("sum-4")
    cluster.look()
    assert cluster.running == ["sum-5"]
    cluster.ends("sum-5")
    assert cluster.look().state.condition == "Complete"


def test_a_work_queue_ends_when_one_has_ended_well_and_the_others_have_ended() -> None:
    cluster = started(parallelism=3)
    cluster.ends("sum-1")
    assert cluster.look().create == ()
    cluster.ends("sum-2", "sum-3")
    assert cluster.look().state.condition == "Complete"


def test_failures_are_tried_again_after_ten_seconds_then_twenty() -> None:
    cluster = started()
    cluster.ends("sum-1", badly=True)
    step = cluster.look()
    assert (step.create, step.wake_at) == ((), cluster.now + 10)
    cluster.look(10)
    assert cluster.running == ["sum-2"]
    cluster.ends("sum-2", badly=True)
    assert cluster.look().wake_at == cluster.now + 20


def test_a_pause_is_never_longer_than_six_minutes() -> None:
    cluster = Cluster(job(backoff_limit=50))
    cluster.look()
    for n in range(1, 20):
        cluster.ends(f"sum-{n}", badly=True)
        wake_at = cluster.look().wake_at
        assert wake_at and wake_at - cluster.now <= 360
        cluster.look(360)


def test_it_fails_after_its_backoff_limit_and_takes_its_running_pods_with_it() -> None:
    cluster = started(completions=2, parallelism=2, backoff_limit=0)
    cluster.ends("sum-1", badly=True)
    step = cluster.look()
    assert (step.state.condition, step.state.reason) == ("Failed", "BackoffLimitExceeded")
    assert step.remove == ("sum-2",)
    assert list(cluster.pods) == ["sum-1"]  # for its logs


def test_restarts_in_place_count_as_failures() -> None:
    cluster = Cluster(job(policy="OnFailure", backoff_limit=2))
    cluster.look()
    cluster.pods["sum-1"] = running("sum-1", restarts=2)
    assert cluster.look().state.finished_at is None
    cluster.pods["sum-1"] = running("sum-1", restarts=3)
    assert cluster.look().state.reason == "BackoffLimitExceeded"


def test_its_deadline_ends_it() -> None:
    cluster = Cluster(job(active_deadline_seconds=60))
    assert cluster.look().wake_at == 1060
    step = cluster.look(60)
    assert (step.state.reason, step.remove) == ("DeadlineExceeded", ("sum-1",))


def test_it_goes_when_its_time_to_live_is_over() -> None:
    cluster = started(ttl_seconds_after_finished=100)
    cluster.ends("sum-1")
    step = cluster.look()
    assert (step.wake_at, step.is_over_and_gone) == (cluster.now + 100, False)
    assert cluster.look(100).is_over_and_gone


def test_suspended_it_has_no_pods_and_its_deadline_begins_anew() -> None:
    cluster = started(active_deadline_seconds=60)
    cluster.job = job(active_deadline_seconds=60, suspend=True)
    cluster.look(50)
    assert cluster.running == []
    cluster.job = job(active_deadline_seconds=60)
    assert cluster.look(50).wake_at == cluster.now + 60


def test_fewer_at_once_takes_the_newest_away() -> None:
    cluster = started(completions=3, parallelism=2)
    cluster.pods["sum-2"] = running("sum-2", created_at=cluster.now + 1)
    cluster.job = job(completions=3, parallelism=1)
    cluster.look()
    assert cluster.running == ["sum-1"]


def test_what_was_counted_stays_counted_when_its_pod_is_gone() -> None:
    cluster = started(completions=2)
    cluster.ends("sum-1")
    cluster.look()
    del cluster.pods["sum-1"]
    assert cluster.look().create == ()
    cluster.ends("sum-2")
    assert cluster.look().state.condition == "Complete"


def test_each_index_is_done_once_and_its_pod_is_told_which_it_is() -> None:
    cluster = Cluster(job(completions=3, parallelism=2, completion_mode="Indexed"))
    first, second = cluster.look().create
    assert [first.name, second.name] == ["sum-0", "sum-1"]
    assert first.metadata.annotations["batch.kubernetes.io/job-completion-index"] == "0"
    assert first.spec.hostname == "sum-0"
    env = {each.name: each.value for each in second.spec.containers[0].env}
    assert env["JOB_COMPLETION_INDEX"] == "1"
    cluster.ends("sum-0", badly=True)
    cluster.ends("sum-1")
    cluster.look()
    cluster.look(10)
    assert cluster.running == ["sum-0-2", "sum-2"]
    cluster.ends("sum-0-2", "sum-2")
    assert cluster.look().state.condition == "Complete"


def test_an_index_that_fails_too_often_is_given_up_and_the_others_go_on() -> None:
    cluster = Cluster(job(completions=2, parallelism=1, completion_mode="Indexed", backoff_limit_per_index=0))
    cluster.look()
    cluster.ends("sum-0", badly=True)
    cluster.look(10)
    cluster.look(10)
    assert cluster.running == ["sum-1"]
    cluster.ends("sum-1")
    assert cluster.look().state.reason == "FailedIndexes"


def test_too_many_failed_indexes_end_it() -> None:
    made = job(
        completions=4,
        parallelism=4,
        completion_mode="Indexed",
        backoff_limit_per_index=0,
        max_failed_indexes=1,
    )
    cluster = Cluster(made)
    cluster.look()
    cluster.ends("sum-0", "sum-1", badly=True)
    assert cluster.look().state.reason == "MaxFailedIndexesExceeded"


def rules(*each: tuple[Any, ExitCodes]) -> FailurePolicy:
    return FailurePolicy(
        rules=tuple(FailureRule(action=action, on_exit_codes=codes) for action, codes in each)
    )


def test_a_failure_policy_ends_it_at_once_or_leaves_a_failure_out_of_account() -> None:
    policy = rules(
        ("FailJob", ExitCodes(operator="In", values=(42,), container_name="app")),
        ("Ignore", ExitCodes(operator="In", values=(7,))),
    )
    cluster = started(pod_failure_policy=policy, backoff_limit=0)
    cluster.ends("sum-1", badly=True, code=7)
    cluster.look()
    assert cluster.running == ["sum-2"] and cluster.state.failed == ()
    cluster.ends("sum-2", badly=True, code=42)
    state = cluster.look().state
    assert (state.condition, state.reason) == ("Failed", "PodFailurePolicy")
    assert (
        state.message
        == "Container app for pod sum-2 failed with exit code 42 matching FailJob rule at index 0"
    )


def test_a_failure_policy_gives_an_index_up() -> None:
    policy = rules(("FailIndex", ExitCodes(operator="NotIn", values=(1,))))
    made = job(
        completions=2,
        parallelism=2,
        completion_mode="Indexed",
        backoff_limit_per_index=5,
        pod_failure_policy=policy,
    )
    cluster = Cluster(made)
    cluster.look()
    cluster.ends("sum-0", badly=True, code=9)
    cluster.ends("sum-1")
    assert cluster.look().state.reason == "FailedIndexes"


def test_a_success_policy_is_met_by_some_of_the_indexes() -> None:
    policy = SuccessPolicy(rules=(SuccessRule(succeeded_indexes="0,2-3", succeeded_count=2),))
    cluster = Cluster(job(completions=4, parallelism=4, completion_mode="Indexed", success_policy=policy))
    cluster.look()
    cluster.ends("sum-1", "sum-2")
    assert cluster.look().state.finished_at is None
    cluster.ends("sum-0")
    step = cluster.look()
    assert (step.state.reason, step.remove) == ("SuccessPolicy", ("sum-3",))


@pytest.mark.parametrize("completions", [0, None])
def test_no_parallelism_pauses_it_and_no_completions_complete_it(completions: int | None) -> None:
    cluster = Cluster(job(completions=completions, parallelism=None if completions == 0 else 0))
    step = cluster.look()
    assert step.create == ()
    assert (step.state.condition == "Complete") is (completions == 0)


def test_a_state_reads_back_equal() -> None:
    from podlab.workloads.state import as_written, state_of, with_state

    made = job()
    state = dataclasses.replace(State(), failed=("sum-1",), started_at=1.5)
    assert state_of(with_state(made, state)) == state
    assert as_written(with_state(made, state)) == made
