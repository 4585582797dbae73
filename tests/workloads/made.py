"""Workloads and pods for tests, and an engine in a few lines: what a step makes is there and ready at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from podlab.model import Container, Metadata, PodSpec
from podlab.model.workloads import (
    CronJob,
    CronJobSpec,
    DaemonSet,
    DaemonSetSpec,
    Deployment,
    DeploymentSpec,
    Job,
    JobSpec,
    JobTemplate,
    LabelSelector,
    PodTemplate,
    ReplicaSet,
    ReplicaSetSpec,
    Replicated,
    StatefulSet,
    StatefulSetSpec,
    TemplateMetadata,
)
from podlab.status import Phase
from podlab.workloads.decide import next_step
from podlab.workloads.owned import Owned
from podlab.workloads.state import Revision, State, state_of, with_state
from podlab.workloads.step import Step
from podlab.workloads.template import revision

SELECTOR = LabelSelector(match_labels={"app": "web"})


def template(image: str = "busybox", *, policy: Any = None) -> PodTemplate:
    spec = PodSpec(containers=(Container(name="app", image=image),), restart_policy=policy)
    return PodTemplate(metadata=TemplateMetadata(labels={"app": "web"}), spec=spec)


def deployment(image: str = "busybox", **said: Any) -> Deployment:
    spec = DeploymentSpec(selector=SELECTOR, template=template(image), **said)
    return Deployment(metadata=Metadata(name="web"), spec=spec)


def replica_set(image: str = "busybox", **said: Any) -> ReplicaSet:
    spec = ReplicaSetSpec(selector=SELECTOR, template=template(image), **said)
    return ReplicaSet(metadata=Metadata(name="web"), spec=spec)


def daemon_set(image: str = "busybox", **said: Any) -> DaemonSet:
    spec = DaemonSetSpec(selector=SELECTOR, template=template(image), **said)
    return DaemonSet(metadata=Metadata(name="web"), spec=spec)


def stateful_set(image: str = "busybox", **said: Any) -> StatefulSet:
    spec = StatefulSetSpec(selector=SELECTOR, template=template(image), **said)
    return StatefulSet(metadata=Metadata(name="web"), spec=spec)


def job(**said: Any) -> Job:
    policy = said.pop("policy", "Never")
    return Job(metadata=Metadata(name="sum"), spec=JobSpec(template=template(policy=policy), **said))


def cron_job(schedule: str = "*/5 * * * *", **said: Any) -> CronJob:
    spec = CronJobSpec(schedule=schedule, job_template=JobTemplate(spec=job().spec), **said)
    return CronJob(metadata=Metadata(name="sums"), spec=spec)


def after(workload: Any, *former: Any) -> Any:
    """The workload as it is kept after those before it."""
    templates = [each.spec.template for each in (*former, workload)]
    revisions = tuple(Revision(hash=revision(each), template=each) for each in templates)
    return with_state(workload, dataclasses.replace(state_of(workload), revisions=revisions))


class Machine:
    """The pods of one workload. `is_good` says which of them get ready, by their image."""

    def __init__(self, is_good: Callable[[str], bool] = lambda image: True) -> None:
        self.pods: dict[str, Owned] = {}
        self.images: dict[str, str] = {}
        self.now = 1000.0
        self.fewest_ready = self.most = -1
        self._is_good = is_good

    @property
    def names(self) -> list[str]:
        return sorted(self.pods)

    def owned(self) -> list[Owned]:
        return sorted(self.pods.values(), key=lambda each: each.ordinal)

    def run(self, workload: Replicated, *, others: Sequence[str] = (), limit: int = 200) -> list[Step]:
        """Step by step until nothing is to do, or nothing gets ready any more."""
        steps: list[Step] = []
        self.fewest_ready, self.most = 10**6, 0
        while len(steps) < limit:
            step = next_step(workload, self.owned(), {*self.pods, *others}, self.now)
            if not step.changes_something:
                return steps
            steps.append(step)
            self._take(step)
        raise AssertionError(f"no end after {limit} steps: {steps[-3:]}")

    def _take(self, step: Step) -> None:
        self.now += 1
        for name in step.remove:
            del self.pods[name]
        for pod in step.create:
            assert pod.name not in self.pods
            ready = self._is_good(pod.spec.containers[0].image)
            self.images[pod.name] = pod.spec.containers[0].image
            self.pods[pod.name] = Owned(
                name=pod.name,
                ordinal=int(pod.name.rpartition("-")[2]),
                revision=pod.metadata.labels["podlab.io/revision"],
                is_ready=False,
                created_at=self.now,
            )
            self._note()
            self.pods[pod.name] = dataclasses.replace(self.pods[pod.name], is_ready=ready, ready_at=self.now)
        self._note()

    def _note(self) -> None:
        self.most = max(self.most, len(self.pods))
        self.fewest_ready = min(self.fewest_ready, sum(each.is_ready for each in self.pods.values()))


def ended(name: str, phase: Phase, code: int = 0) -> Owned:
    exits = (("app", code),)
    return Owned(name=name, ordinal=-1, revision="", phase=phase, is_ready=False, exits=exits)


def running(name: str, created_at: float = 0, restarts: int = 0) -> Owned:
    return Owned(name=name, ordinal=-1, revision="", created_at=created_at, restarts=restarts)


NOTHING = State()
