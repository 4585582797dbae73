"""Workloads on the real engine."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.errors import NotFound, PodlabError
from podlab.model import ClaimSpec, Container, Metadata, PersistentVolumeClaim, Probe, VolumeMount
from podlab.model.probes import ExecAction
from podlab.model.workloads import ClaimRetention, Workload
from podlab.status import PodStatus
from podlab.workloads import kept
from podlab.workloads.change import apply, delete, scale
from podlab.workloads.owned import is_owned
from podlab.workloads.template import kind_of, template_of, with_template
from tests.conftest import docker
from tests.workloads.made import deployment, job, stateful_set

pytestmark = pytest.mark.engine


class Site:
    """A workload of the test's own name on the engine."""

    def __init__(self, engine: DockerEngine, name: str, image: str) -> None:
        self.engine, self.name, self._image = engine, name, image
        self._made: list[tuple[str, str]] = []

    def named(self, workload: Any, script: str, **said: Any) -> Any:
        template = template_of(workload)
        app = Container(name="app", image=self._image, command=("sh", "-c", script), **said)
        spec = dataclasses.replace(template.spec, containers=(app,), termination_grace_period_seconds=0)
        made = with_template(workload, dataclasses.replace(template, spec=spec))
        return dataclasses.replace(made, metadata=Metadata(name=self.name))

    async def apply(self, workload: Workload) -> list[PodStatus]:
        self._made.append((kind_of(workload), self.name))
        await apply(self.engine, workload, timeout_s=120)
        return [each for each in await self.engine.list() if is_owned(each, workload)]

    async def clear(self) -> None:
        for kind, name in self._made:
            await delete(self.engine, kind, name, grace_s=0)


@pytest.fixture
async def site(engine: DockerEngine, pod_name: str, image: str) -> AsyncIterator[Site]:
    site = Site(engine, pod_name, image)
    yield site
    await site.clear()


READY = Probe(exec=ExecAction(command=("test", "-e", "/tmp/ready")), period_seconds=1)


async def test_a_deployment_comes_up_changes_and_scales(site: Site) -> None:
    pods = await site.apply(site.named(deployment(replicas=2), "sleep 1000"))
    assert [pod.name for pod in pods] == [f"{site.name}-1", f"{site.name}-2"]
    new = site.named(deployment(replicas=2), "touch /tmp/ready; sleep 1000", readiness_probe=READY)
    changed = await site.apply(new)
    assert len(changed) == 2
    assert {pod.labels["podlab.io/revision"] for pod in changed}.isdisjoint(
        {pod.labels["podlab.io/revision"] for pod in pods}
    )
    await scale(site.engine, "Deployment", site.name, 1, timeout_s=60)
    found = await kept.find(site.engine, "Deployment", site.name)
    assert found and len([each for each in await site.engine.list() if is_owned(each, found)]) == 1


async def test_a_change_that_does_not_get_ready_leaves_the_old_pods(site: Site) -> None:
    await site.apply(site.named(deployment(replicas=2), "sleep 1000"))
    bad = site.named(deployment(replicas=2), "exit 1")
    with pytest.raises(PodlabError):
        await site.apply(bad)
    pods = [each for each in await site.engine.list() if is_owned(each, bad)]
    assert sum(pod.running == pod.wanted for pod in pods) >= 1


async def test_a_stateful_sets_pods_keep_their_claims_and_their_names(site: Site) -> None:
    claim = PersistentVolumeClaim(
        metadata=Metadata(name="data"), spec=ClaimSpec(access_modes=("ReadWriteOnce",))
    )
    said: dict[str, Any] = {
        "volume_claim_templates": (claim,),
        "persistent_volume_claim_retention_policy": ClaimRetention(
            when_deleted="Delete", when_scaled="Delete"
        ),
    }
    mounts = (VolumeMount(name="data", mount_path="/data"),)
    script = "hostname >> /data/who; sleep 1000"
    await site.apply(site.named(stateful_set(replicas=2, **said), script, volume_mounts=mounts))
    await site.apply(site.named(stateful_set(replicas=2, **said), f"true; {script}", volume_mounts=mounts))
    process = await site.engine.exec(f"{site.name}-1", "app", ["cat", "/data/who"])
    async with process:
        found = b""
        while (read := await process.read()) is not None:
            found += read[1]
    assert found.decode().split() == [f"{site.name}-1"] * 2
    await scale(site.engine, "StatefulSet", site.name, 1, timeout_s=60)
    with pytest.raises(NotFound):
        await site.engine.object("PersistentVolumeClaim", f"data-{site.name}-1")
    await delete(site.engine, "StatefulSet", site.name, grace_s=0)
    with pytest.raises(NotFound):
        await site.engine.object("PersistentVolumeClaim", f"data-{site.name}-0")


async def test_a_pod_without_its_infra_is_still_its_owners(site: Site) -> None:
    made = site.named(deployment(replicas=1), "sleep 1000")
    await site.apply(made)
    removed = docker("rm", "-f", f"podlab-{site.name}-1-infra")
    assert removed.returncode == 0
    assert [each.name for each in await site.engine.list() if is_owned(each, made)] == [f"{site.name}-1"]
    assert [pod.name for pod in await site.apply(made)] == [f"{site.name}-1"]


async def test_a_job_is_complete_when_each_of_its_indexes_is(site: Site) -> None:
    made = site.named(
        job(completions=2, parallelism=2, completion_mode="Indexed"), "test $JOB_COMPLETION_INDEX -lt 2"
    )
    pods = await site.apply(made)
    assert [pod.name for pod in pods] == [f"{site.name}-0", f"{site.name}-1"]
    found = await kept.find(site.engine, "Job", site.name)
    assert found and found.metadata.annotations


async def test_a_job_that_fails_too_often_is_an_error_with_its_reason(site: Site) -> None:
    with pytest.raises(PodlabError, match="Job has reached the specified backoff limit"):
        await site.apply(site.named(job(backoff_limit=0), "exit 3"))
