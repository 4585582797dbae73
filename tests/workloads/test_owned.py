"""What is read from a pod's status."""

from __future__ import annotations

from typing import Any

from podlab.status import ContainerStatus, Phase, PodStatus, State
from podlab.workloads.owned import owned
from podlab.workloads.template import owner_labels
from tests.workloads.made import deployment, job


def status(name: str, owner: Any, phase: Phase = Phase.RUNNING, reason: str = "", **said: Any) -> PodStatus:
    container = ContainerStatus(name="app", image="busybox", **{"state": State.RUNNING, **said})
    return PodStatus(
        name=name, phase=phase, reason=reason, wanted=1, containers=(container,), labels=owner_labels(owner)
    )


def test_pods_of_others_are_left_out() -> None:
    found = owned(deployment(), [status("web-1", deployment()), status("web-2", job())])
    assert [each.name for each in found] == ["web-1"]


def test_a_machine_that_was_rebooted_has_not_ended_a_jobs_pods() -> None:
    (stopped,) = owned(job(), [status("sum-1", job(), Phase.FAILED, "Stopped", state=State.TERMINATED)])
    assert not stopped.has_ended and not stopped.is_ready
    (over,) = owned(job(), [status("sum-1", job(), Phase.FAILED, "DeadlineExceeded", state=State.TERMINATED)])
    assert over.has_ended


def test_a_probe_that_nobody_has_asked_holds_nothing_up_and_one_that_failed_does() -> None:
    (unknown,) = owned(deployment(), [status("web-1", deployment(), is_ready=None)])
    (failed,) = owned(deployment(), [status("web-1", deployment(), is_ready=False)])
    assert unknown.is_ready and not failed.is_ready


def test_exit_codes_are_those_of_containers_that_have_ended() -> None:
    (found,) = owned(job(), [status("sum-1", job(), Phase.FAILED, state=State.TERMINATED, exit_code=42)])
    assert found.exits == (("app", 42),) and found.has_ended
