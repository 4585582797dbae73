"""What a Job says of failures and of success beyond counting them. Pure."""

from __future__ import annotations

from typing import Final, Literal

from podlab.model.workloads import ExitCodes, FailurePolicy, FailureRule, SuccessPolicy, SuccessRule
from podlab.quantity import intervals
from podlab.workloads.owned import Owned

MOST_INDEXES: Final = 10**6
"""More than a Job may have: which there are is checked when a file is read."""

Action = Literal["FailJob", "FailIndex", "Ignore", "Count"]


def of_failure(policy: FailurePolicy | None, pod: Owned) -> tuple[Action, str]:
    """What a failed pod means, and why in Kubernetes' words.

    https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
    """
    for place, rule in enumerate(policy.rules if policy else ()):
        if why := _why(rule, pod):
            return rule.action, f"{why} matching {rule.action} rule at index {place}"
    return "Count", ""


def _why(rule: FailureRule, pod: Owned) -> str:
    if rule.on_exit_codes is not None:
        for container, code in pod.exits:
            if code and _fits(rule.on_exit_codes, container, code):
                return f"Container {container} for pod {pod.name} failed with exit code {code}"
    for pattern in rule.on_pod_conditions:
        if (pattern.type, pattern.status or "True") in pod.conditions:
            return f"Pod {pod.name} has condition {pattern.type}"
    return ""


def _fits(said: ExitCodes, container: str, code: int) -> bool:
    if said.container_name not in (None, container):
        return False
    return (code in said.values) is (said.operator == "In")


def is_met(policy: SuccessPolicy | None, done: set[int]) -> bool:
    """Whether these indexes are enough. https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy"""
    return any(_is_enough(rule, done) for rule in policy.rules) if policy else False


def _is_enough(rule: SuccessRule, done: set[int]) -> bool:
    wanted = done if rule.succeeded_indexes is None else intervals(rule.succeeded_indexes, MOST_INDEXES)
    least = len(wanted) if rule.succeeded_count is None else rule.succeeded_count
    return len(wanted & done) >= least > 0
