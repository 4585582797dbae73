"""Jobs and CronJobs: what their pods, numbers and policies must agree about."""

from __future__ import annotations

from typing import Final

from podlab import quantity, schedule
from podlab.manifest.checks import pod
from podlab.manifest.checks.finding import Findings, at_least
from podlab.manifest.checks.workloads import LONGEST_NAME, MOST_PODS, below, fits_template, name_at_most
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean
from podlab.model import workloads

LONGEST_CRON_NAME: Final = 49
"""Its Jobs' names have eight digits more."""


def job(w: workloads.Job) -> Findings:
    yield from name_at_most(w.metadata, LONGEST_NAME)
    for path, message in job_spec(w.spec):
        yield ("spec", *path), message


def job_spec(s: workloads.JobSpec) -> Findings:
    """https://kubernetes.io/docs/concepts/workloads/controllers/job/#writing-a-job-spec"""
    yield from below(("template",), pod.template(s.template.metadata.annotations, s.template.spec))
    if s.template.spec.restart_policy not in ("Never", "OnFailure"):
        yield ("template", "spec", "restartPolicy"), "a Job's pods end: write Never or OnFailure"
    yield from at_least(
        0, completions=s.completions, parallelism=s.parallelism, backoff_limit=s.backoff_limit,
        backoff_limit_per_index=s.backoff_limit_per_index, max_failed_indexes=s.max_failed_indexes,
        ttl_seconds_after_finished=s.ttl_seconds_after_finished,
    )  # fmt: skip
    yield from at_least(1, active_deadline_seconds=s.active_deadline_seconds)
    for name, value in (("completions", s.completions), ("parallelism", s.parallelism)):
        if value is not None and value > MOST_PODS:
            yield (name,), f"must be {MOST_PODS} or less, not {value}"
    yield from _indexes(s)
    yield from _selector(s)
    yield from _failure_policy(s)
    yield from _success_policy(s)


def _indexes(s: workloads.JobSpec) -> Findings:
    if s.completion_mode == "Indexed":
        if s.completions is None:
            yield ("completionMode",), "Indexed needs completions: how many indexes there are"
        if s.backoff_limit_per_index is not None and s.template.spec.restart_policy != "Never":
            yield ("backoffLimitPerIndex",), "needs restartPolicy: Never"
    else:
        for name, value in (
            ("backoffLimitPerIndex", s.backoff_limit_per_index),
            ("maxFailedIndexes", s.max_failed_indexes),
        ):
            if value is not None:
                yield (name,), "needs completionMode: Indexed"
    if s.max_failed_indexes is not None and s.backoff_limit_per_index is None:
        yield ("maxFailedIndexes",), "needs a backoffLimitPerIndex"


def _selector(s: workloads.JobSpec) -> Findings:
    if s.selector is not None:
        if not s.manual_selector:
            yield ("selector",), "needs manualSelector: true; or leave it out, as it is found by itself"
        yield from fits_template(s.selector, s.template)
    elif s.manual_selector:
        yield ("manualSelector",), "needs a selector"


def _failure_policy(s: workloads.JobSpec) -> Findings:
    names = [c.name for c in (*s.template.spec.init_containers, *s.template.spec.containers)]
    for n, rule in enumerate(s.pod_failure_policy.rules if s.pod_failure_policy else ()):
        where = ("podFailurePolicy", "rules", n)
        if (rule.on_exit_codes is None) is (not rule.on_pod_conditions):
            yield where, "needs one of onExitCodes and onPodConditions"
        if rule.action == "FailIndex" and s.backoff_limit_per_index is None:
            yield (*where, "action"), "FailIndex needs a backoffLimitPerIndex"
        codes = rule.on_exit_codes
        if codes is None:
            continue
        if not codes.values or (codes.operator == "In" and 0 in codes.values):
            yield (*where, "onExitCodes", "values"), "needs exit codes; 0 is no failure"
        if codes.container_name is not None and codes.container_name not in names:
            near = did_you_mean(codes.container_name, names)
            message = f"the template has no container named {quoted(codes.container_name)}{near}"
            yield (*where, "onExitCodes", "containerName"), message
    if s.pod_failure_policy and s.template.spec.restart_policy != "Never":
        yield ("podFailurePolicy",), "needs restartPolicy: Never"


def _success_policy(s: workloads.JobSpec) -> Findings:
    if s.success_policy and s.completion_mode != "Indexed":
        yield ("successPolicy",), "needs completionMode: Indexed"
    for n, succeeds in enumerate(s.success_policy.rules if s.success_policy else ()):
        where = ("successPolicy", "rules", n)
        if succeeds.succeeded_indexes is None and succeeds.succeeded_count is None:
            yield where, "needs succeededIndexes, succeededCount, or both"
        yield from below(where, at_least(1, succeeded_count=succeeds.succeeded_count))
        if succeeds.succeeded_indexes is not None:
            try:
                quantity.intervals(succeeds.succeeded_indexes, s.completions or MOST_PODS)
            except ValueError as error:
                yield (*where, "succeededIndexes"), str(error)


def cron_job(w: workloads.CronJob) -> Findings:
    s = w.spec
    yield from name_at_most(w.metadata, LONGEST_CRON_NAME)
    if fault := schedule.fault(s.schedule):
        yield ("spec", "schedule"), fault
    if s.time_zone is not None and not schedule.is_time_zone(s.time_zone):
        yield (
            ("spec", "timeZone"),
            f"this machine knows no time zone {quoted(s.time_zone)}; such as Europe/Berlin",
        )
    yield from below(
        ("spec",),
        at_least(
            0, starting_deadline_seconds=s.starting_deadline_seconds,
            successful_jobs_history_limit=s.successful_jobs_history_limit,
            failed_jobs_history_limit=s.failed_jobs_history_limit,
        ),
    )  # fmt: skip
    for path, message in job_spec(s.job_template.spec):
        yield ("spec", "jobTemplate", "spec", *path), message
