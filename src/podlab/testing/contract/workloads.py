"""Deployments and other workloads, which an engine only keeps: their pods are made by others."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from podlab import naming
from podlab.errors import NotFound, Unsupported
from podlab.model import Container, Metadata, PodSpec
from podlab.model.workloads import CronJob, CronJobSpec, Job, JobSpec, JobTemplate, PodTemplate
from podlab.testing.contract.case import Case, until
from podlab.workloads.decide import sample
from podlab.workloads.state import State, state_of, with_state

if TYPE_CHECKING:
    from podlab.engines.base import Engine


def job(name: str, image: str, *command: str) -> Job:
    app = Container(name="app", image=image, command=command or ("sleep", "1000"))
    spec = PodSpec(containers=(app,), restart_policy="Never", termination_grace_period_seconds=0)
    return Job(metadata=Metadata(name=name), spec=JobSpec(template=PodTemplate(spec=spec)))


class Workloads(Case):
    async def test_a_workload_is_kept_with_what_was_noted_on_it(
        self, engine: Engine, image: str, name: str
    ) -> None:
        made = job(name, image)
        try:
            assert await engine.put(made) == "created"
            noted = with_state(made, State(started_at=1.5, failed=(f"{name}-1",)))
            assert await engine.put(noted) == "configured"
            found = await engine.object("Job", name)
            assert found == noted
            assert isinstance(found, Job) and state_of(found).failed == (f"{name}-1",)
        finally:
            await engine.remove("Job", name)

    async def test_several_kinds_are_listed_at_once(self, engine: Engine, image: str, name: str) -> None:
        of_job = job(name, image)
        spec = CronJobSpec(schedule="@daily", job_template=JobTemplate(spec=of_job.spec))
        cron = CronJob(metadata=Metadata(name=name), spec=spec)
        try:
            await engine.put(of_job)
            await engine.put(cron)
            found = await engine.objects("Job", "CronJob")
            assert of_job in found and cron in found
            assert cron not in await engine.objects("Job", "Deployment")
        finally:
            await engine.remove("Job", name)
            await engine.remove("CronJob", name)

    async def test_an_engine_with_a_node_tells_how_far_its_controllers_are(
        self, engine: Engine, image: str, name: str
    ) -> None:
        if not engine.has_node:
            with pytest.raises(Unsupported):
                await engine.rollout("Job", name)
            return
        with pytest.raises(NotFound):
            await engine.rollout("Job", name)
        try:
            await engine.put(job(name, image, "sh", "-c", "sleep 1"))
            under_way = await engine.rollout("Job", name)
            assert not under_way.is_done and not under_way.is_failed and under_way.message

            async def is_done() -> bool:
                return (await engine.rollout("Job", name)).is_done

            await until(is_done)
        finally:
            await engine.remove("Job", name)

    async def test_whose_pod_it_is_shows_wherever_the_pod_does(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = sample(job(name, image))
        pod = dataclasses.replace(pod, metadata=dataclasses.replace(pod.metadata, name=name))
        try:
            await engine.apply(pod)
            listed = next(each for each in await engine.list() if each.name == name)
            for labels in (listed.labels, (await engine.get(name)).labels):
                assert (labels[naming.OWNER_KIND], labels[naming.OWNER_NAME]) == ("Job", name)
        finally:
            await engine.delete(name)
