"""An engine of its own for the whole folder, a namespace on the cluster, and all manifests on either at a time."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podlab.engines.docker.daemon import place, start, stop
from podlab.naming import infra_image
from tests.conformance import case
from tests.conformance.kubectl import Kubectl, on_cluster
from tests.conformance.target import Target
from tests.conformance.under_way import Results, under_way
from tests.conformance.with_podlab import on_engine, on_kubernetes
from tests.conftest import docker

IMAGE = "busybox:stable"
HOST_FOLDER = "/tmp/podlab-conformance"
"""What manifests with a hostPath make on the machine."""


@pytest.fixture(scope="module")
def selected(request: pytest.FixtureRequest) -> list[case.Case]:
    """The cases that are to be run now, whatever `-k` left out."""
    found = {each.name: each for item in request.session.items if (each := _case(item, request.path))}
    return list(found.values())


def _case(item: pytest.Item, path: Path) -> case.Case | None:
    each = item.callspec.params.get("case") if hasattr(item, "callspec") else None
    # those of test_format.py need no engine
    return each if isinstance(each, case.Case) and item.path == path else None


@pytest.fixture(scope="module")
def results(
    image: str, selected: list[case.Case], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Results]:
    """On podlab."""
    with under_way(
        podlab_alone(image, tmp_path_factory.mktemp("conformance")), selected, case.pending()
    ) as found:
        yield found


@pytest.fixture(scope="module")
def results_on_kubernetes(
    kubeconfig: str, cluster_image: str, selected: list[case.Case]
) -> Iterator[Results]:
    """On the test cluster, without podlab: of those for which its version is not too old."""
    where = {**os.environ, "KUBECONFIG": kubeconfig}
    tried = _for_its_version(kubeconfig, selected)
    namespace = f"t-{uuid.uuid4().hex[:10]}"
    pending = case.pending(case.ON_KUBERNETES)
    with under_way(on_cluster(namespace, where), tried, pending, again=True) as found:
        yield found


@pytest.fixture(scope="module")
def results_of_podlab_on_kubernetes(
    kubeconfig: str, cluster_image: str, selected: list[case.Case], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Results]:
    """On the test cluster, by podlab: of those for which its version is not too old."""
    namespace = f"t-{uuid.uuid4().hex[:10]}"
    folder = tmp_path_factory.mktemp("conformance")
    pending = case.pending(case.ON_KUBERNETES, case.PODLAB_ON_KUBERNETES)
    tried = _for_its_version(kubeconfig, selected)
    on = podlab_on_kubernetes(kubeconfig, namespace, folder)
    with under_way(on, tried, pending, again=True) as found:
        yield found


def _for_its_version(kubeconfig: str, cases: list[case.Case]) -> list[case.Case]:
    version = asyncio.run(Kubectl("default", {**os.environ, "KUBECONFIG": kubeconfig}).server_version())
    return [each for each in cases if each.since <= version]


@asynccontextmanager
async def podlab_on_kubernetes(kubeconfig: str, namespace: str, folder: Path) -> AsyncIterator[Target]:
    where = {**os.environ, "KUBECONFIG": kubeconfig}
    async with on_cluster(namespace, where), on_kubernetes(kubeconfig, namespace, folder) as target:
        yield target


@asynccontextmanager
async def podlab_alone(image: str, folder: Path) -> AsyncIterator[Target]:
    """podlab with an agent, on an engine that nobody else uses: its pods end, and their names are short."""
    where = place(f"t{uuid.uuid4().hex[:6]}")
    try:
        address = (await start(where, own_network=True)).address
        loaded = docker("--host", address, "load", stdin=docker("save", image, infra_image()).stdout)
        assert loaded.returncode == 0, loaded.stderr.decode()
        assert docker("--host", address, "tag", image, IMAGE).returncode == 0
        async with on_engine(address, folder) as found:
            yield found
    finally:
        await stop(where, purge=True)
        shutil.rmtree(HOST_FOLDER, ignore_errors=True)
