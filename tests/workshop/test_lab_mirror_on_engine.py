"""One mirror for all seats on the real engine: everybody pulls, nobody pushes, and no uplink is needed."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from podlab.engines.base import ExecOptions
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import AlreadyExists, Conflict
from podlab.images import registry_layout
from podlab.images.needs import needed
from podlab.images.prepare import prepare
from podlab.manifest import load
from podlab.manifest.workshop import Images, Workshop
from podlab.model import ISOLATED, Container, ContainerPort, Metadata, Pod, PodSpec
from podlab.naming import SHARED_PORTS
from podlab.pods.ready import wait_ready
from podlab.workshop.lab import mirror as lab_mirror
from tests.conftest import docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "examples" / "docker-pods"
NO_UPLINK = "ip route del default 2>/dev/null; ! ip route get 192.0.2.1 2>/dev/null"


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[DockerEngine]:
    """The real one, not this folder's."""
    engine = await DockerEngine.connect(docker_host)
    yield engine
    await engine.close()


@pytest.fixture
async def workshop(engine: DockerEngine, image: str, pod_name: str) -> AsyncIterator[Workshop]:
    """The shipped workshop under a name of the test's own; its images are there, its pods go at the end."""
    [loaded] = load([EXAMPLES]).workshops
    await prepare(engine.image_store, needed([loaded.pod()]), mirrored=["alpine"])
    yield replace(loaded, metadata=replace(loaded.metadata, name=pod_name))
    for status in await engine.list():
        if status.name.startswith(pod_name):
            await engine.delete(status.name, grace_s=0)


@asynccontextmanager
async def seats(engine: DockerEngine, workshop: Workshop, count: int) -> AsyncIterator[list[str]]:
    names = [f"{workshop.metadata.name}-{n:02d}" for n in range(1, count + 1)]
    pods = [workshop.pod(name) for name in names]
    isolated = [
        replace(p, metadata=replace(p.metadata, annotations={**p.metadata.annotations, ISOLATED: "true"}))
        for p in pods
    ]
    async with asyncio.TaskGroup() as group:
        for pod in isolated:
            group.create_task(_seat(engine, pod))
    yield names


async def _seat(engine: DockerEngine, pod: Pod) -> None:
    await engine.apply(pod)
    await wait_ready(engine, pod.name, timeout_s=300)


async def sh(
    engine: DockerEngine, pod: str, line: str, container: str = "work", *, privileged: bool = False
) -> tuple[int, str]:
    options = ExecOptions(privileged=privileged, user="0" if privileged else "")
    async with await engine.exec(pod, container, ["sh", "-c", line], options) as process:
        said = b""
        while (piece := await process.read()) is not None:
            said += piece[1]
        return await process.wait(), said.decode()


async def asks(engine: DockerEngine, pod: str, url: str, method: str, path: str) -> str:
    code, said = await sh(engine, pod, f"curl -s -o /dev/null -w '%{{http_code}}' -X {method} '{url}{path}'")
    return said if code == 0 else f"no answer ({code})"


async def test_three_seats_pull_through_one_mirror_without_an_uplink(
    engine: DockerEngine, workshop: Workshop
) -> None:
    mirror = await lab_mirror.up(engine, workshop)
    assert mirror.mode == "seeded"
    assert (await engine.get(mirror.pod)).running == 1
    async with seats(engine, mirror.workshop, 3) as names:
        for name in names:
            assert "mirror" not in {c.name for c in (await engine.get(name)).containers}
            code, said = await sh(engine, name, NO_UPLINK, "dind", privileged=True)
            assert code == 0, said
        pulls = await asyncio.gather(*(sh(engine, name, "docker pull alpine 2>&1") for name in names))
        for code, said in pulls:
            assert code == 0, said
            assert "Downloaded newer image for alpine:latest" in said
        for name in names:
            assert await sh(engine, name, "docker run --rm alpine echo hello") == (0, "hello\n")
    assert await lab_mirror.up(engine, workshop) == mirror, "it is taken up as it is"
    await lab_mirror.down(engine, workshop)
    assert mirror.pod not in [status.name for status in await engine.list()]


@pytest.mark.parametrize("mode", ["seeded", "cache"])
async def test_a_seat_cannot_write_to_the_mirror(mode: str, engine: DockerEngine, workshop: Workshop) -> None:
    images = Images(preload=("alpine",), mirror="cache" if mode == "cache" else "seeded")
    workshop = replace(workshop, spec=replace(workshop.spec, images=images))
    mirror = await lab_mirror.up(engine, workshop, upstream="http://127.0.0.1:9")
    async with seats(engine, mirror.workshop, 1) as [name]:
        manifest = "/v2/library/alpine/manifests/latest"
        assert await asks(engine, name, mirror.url, "GET", manifest) == "200"
        digest = "sha256:" + "0" * 64
        for method, path in (
            ("POST", "/v2/library/alpine/blobs/uploads/"),
            ("PUT", manifest),
            ("DELETE", manifest),
            ("DELETE", f"/v2/library/alpine/manifests/{digest}"),
            ("DELETE", f"/v2/library/alpine/blobs/{digest}"),
            ("PUT", "/v2/mine/manifests/latest"),
            ("POST", "/v2/mine/blobs/uploads/"),
        ):
            refused = await asks(engine, name, mirror.url, method, path)
            assert refused.startswith("4"), f"{method} {path}: {refused}"
        assert await asks(engine, name, mirror.url, "GET", manifest) == "200"
        code, _ = await sh(engine, name, f"docker pull -q alpine && docker push {mirror.url[7:]}/alpine")
        assert code != 0


async def test_seats_reach_nothing_else_of_the_mirror_and_it_reaches_no_seat(
    engine: DockerEngine, workshop: Workshop
) -> None:
    mirror = await lab_mirror.up(engine, workshop)
    async with seats(engine, mirror.workshop, 1) as [name]:
        own = (await engine.get(mirror.pod)).ip
        theirs = (await engine.get(name)).ip
        code, _ = await sh(engine, name, f"curl -s -m 3 http://{own}:5001/v2/")
        assert code != 0, "its own address"
        registry = f"http://{theirs}:5000/v2/"
        assert (await sh(engine, name, f"curl -sf -m 9 {registry}"))[0] == 0, "the seat itself reaches it"
        code, _ = await sh(engine, mirror.pod, f"wget -q -T 3 -O /dev/null {registry}", "mirror")
        assert code != 0, "the mirror reached a seat"


async def test_what_one_seat_pulled_costs_the_uplink_nothing_again(
    engine: DockerEngine, workshop: Workshop
) -> None:
    """Upstream is a registry that holds one image more than the mirror does."""
    address, name = await engine.isolated_gateway(), f"{workshop.metadata.name}-upstream"
    port = await _publish_registry(engine, name, address)
    extra = f"{workshop.metadata.name}-extra:latest"
    assert docker("tag", "busybox", extra).returncode == 0
    await engine.write_archive(name, "registry", "/var/lib/registry", _layout(extra))

    cached = replace(
        workshop, spec=replace(workshop.spec, images=Images(preload=("alpine",), mirror="cache"))
    )
    mirror = await lab_mirror.up(engine, cached, upstream=f"http://{address}:{port}")
    assert mirror.mode == "cache"
    async with seats(engine, mirror.workshop, 3) as names:
        first, *others = names
        assert await sh(engine, first, f"docker pull -q {extra}") == (0, f"docker.io/library/{extra}\n")
        await _is_kept(engine, mirror.pod, extra)
        cost = await _blobs_sent(engine, name)
        assert cost > 0
        for each in others:
            code, said = await sh(engine, each, f"docker pull {extra} 2>&1")
            assert code == 0, said
        assert await _blobs_sent(engine, name) == cost, "the others cost the uplink nothing"

        await engine.delete(name, grace_s=0)  # the uplink is gone
        for each in names:
            code, said = await sh(
                engine, each, f"docker image rm {extra} >/dev/null; docker pull {extra} 2>&1"
            )
            assert code == 0, said
            code, said = await sh(engine, each, "docker pull alpine 2>&1")
            assert code == 0, said
        assert await asks(engine, first, mirror.url, "POST", "/v2/mine/blobs/uploads/") in ("404", "405")
    docker("image", "rm", extra)


async def _publish_registry(engine: DockerEngine, name: str, address: str) -> int:
    """Where isolated pods reach it, also once a `podlab serve` has closed the machine to them; mirrors of other
    workshops are there, too."""
    for port in reversed(SHARED_PORTS):
        registry = Container(
            name="registry", image="registry:2",
            ports=(ContainerPort(container_port=5000, host_port=port, host_ip=address),),
        )  # fmt: skip
        with suppress(AlreadyExists):
            await engine.apply(
                Pod(
                    metadata=Metadata(name=name, annotations={ISOLATED: "true"}),
                    spec=PodSpec(containers=(registry,), termination_grace_period_seconds=1),
                )
            )
            return port
    pytest.fail("all ports that isolated pods reach are taken")


async def _blobs_sent(engine: DockerEngine, pod: str) -> int:
    lines = [line.text.decode() async for line in engine.logs(pod, "registry")]
    return sum('"GET /v2/' in line and "/blobs/" in line for line in lines)


async def _is_kept(engine: DockerEngine, pod: str, reference: str) -> None:
    """It is written while it is sent on: configuration and layer."""
    folder = (
        f"/srv/mirror/docker/registry/v2/repositories/library/{reference.partition(':')[0]}/_layers/sha256"
    )
    for _ in range(300):
        _, said = await sh(engine, pod, f"ls {folder} 2>/dev/null | wc -l", "mirror")
        if int(said) == 2:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"the mirror did not keep {reference}")


async def _layout(reference: str) -> AsyncIterator[bytes]:
    saved = docker("save", reference)
    assert saved.returncode == 0
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(saved.stdout)) as archive, tarfile.open(fileobj=out, mode="w") as to:
        registry_layout.write(archive, to)
    yield out.getvalue()


async def test_a_foreign_pod_of_that_name_is_left_alone(
    engine: DockerEngine, workshop: Workshop, image: str
) -> None:
    app = Container(name="app", image=image, command=("sleep", "1000"))
    name = lab_mirror.pod_name(workshop)
    await engine.apply(Pod(metadata=Metadata(name=name), spec=PodSpec(containers=(app,))))
    with pytest.raises(Conflict, match="not the one that seats are to share"):
        await lab_mirror.up(engine, workshop)
    await lab_mirror.down(engine, workshop)
    assert (await engine.get(name)).running == 1
