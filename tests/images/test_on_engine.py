"""Images on the real engine: built, pulled with progress, carried as a bundle, and what goes wrong there."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import shutil
import tarfile
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Invalid, NotFound, PodlabError, Unavailable
from podlab.images import bundle, recipes
from podlab.images.build import Builder, default_cache
from podlab.images.inventory import inventory
from podlab.images.prepare import prepare
from podlab.images.program import run
from tests.conftest import docker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from podlab.engines.docker.images import DockerImages

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


@pytest.fixture
async def store(docker_host: str) -> AsyncIterator[DockerImages]:
    engine = await DockerEngine.connect(docker_host)
    yield engine.image_store
    await engine.close()


@pytest.fixture
def names(docker_host: str, image: str) -> Iterator[list[str]]:
    """Two tags of this test's own: two images that share their one layer."""
    tag = uuid.uuid4().hex[:8]
    both = [f"podlab-test/a:{tag}", f"podlab-test/b:{tag}"]
    base = docker("create", image)
    container = base.stdout.decode().strip()
    for name in both:
        assert docker("commit", "-c", f"LABEL name={name}", container, name).returncode == 0
    docker("rm", container)
    yield both
    docker("rmi", "-f", *both)


def _tar(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        info = tarfile.TarInfo("file")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


def has(name: str) -> bool:
    return docker("image", "inspect", name).returncode == 0


@pytest.mark.parametrize("reference", ["busybox", "alpine"])
async def test_a_stand_in_built_from_debian_runs_and_says_what_it_is(
    store: DockerImages, reference: str
) -> None:
    name = f"podlab-test/built-{reference}:{uuid.uuid4().hex[:8]}"
    recipe = recipes.find(reference)
    assert recipe is not None
    async with Builder(default_cache()) as builder:
        rootfs = await builder.build(recipe)
        await store.import_rootfs(rootfs.read(), name, rootfs.changes)
    try:
        found = await store.image(name)
        assert found.built_from.startswith("debian ")
        assert found.size_bytes < 4_000_000
        script = "echo a | sha256sum | head -c 4; ls -ld /tmp | cut -c1-10; id -un"
        ran = docker("run", "--rm", "--network", "none", name, "sh", "-c", script)
        assert ran.returncode == 0, ran.stderr.decode()
        assert ran.stdout.decode().splitlines()[:2] == ["8742drwxrwxrwt", "root"]
    finally:
        docker("rmi", "-f", name)


async def test_a_missing_image_is_named(store: DockerImages) -> None:
    with pytest.raises(NotFound, match="'podlab-test/none:1' is not on the engine"):
        await store.image("podlab-test/none:1")
    await store.remove_image("podlab-test/none:1")


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
async def test_a_bundle_brings_every_image_back(
    store: DockerImages, names: list[str], tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"lab.{suffix}"
    size = await bundle.save(store, names, file)
    assert file.stat().st_size == size
    assert list(tmp_path.iterdir()) == [file]
    ids = [(await store.image(name)).id for name in names]
    for name in names:
        await store.remove_image(name)
        assert not has(name)
    heard: list[tuple[int, int]] = []
    loaded = await bundle.load(store, file, on_bytes=lambda done, total: heard.append((done, total)))
    assert sorted(loaded) == sorted(names)
    assert [(await store.image(name)).id for name in names] == ids
    assert heard[-1] == (size, size)


async def test_a_bundle_has_a_shared_layer_once(
    store: DockerImages, names: list[str], tmp_path: Path
) -> None:
    one = await bundle.save(store, names[:1], tmp_path / "one.tar")
    both = await bundle.save(store, names, tmp_path / "both.tar")
    assert both < one * 1.1


async def test_docker_reads_podlabs_bundles_and_podlab_dockers(
    store: DockerImages, names: list[str], tmp_path: Path
) -> None:
    await bundle.save(store, names, tmp_path / "podlab.tar")
    assert docker("save", "-o", str(tmp_path / "docker.tar"), *names).returncode == 0
    for load in (docker_load, bundle.load):
        docker("rmi", *names)
        file = tmp_path / ("podlab.tar" if load is docker_load else "docker.tar")
        await load(store, file)
        assert all(map(has, names))


async def docker_load(_: DockerImages, file: Path) -> None:
    assert docker("load", "-i", str(file)).returncode == 0


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
@pytest.mark.parametrize("length", [0, 1024, 100_000, -1000, -3000])
async def test_a_bundle_that_is_cut_short_leaves_nothing_and_says_so(
    store: DockerImages, names: list[str], tmp_path: Path, suffix: str, length: int
) -> None:
    file = tmp_path / f"lab.{suffix}"
    size = await bundle.save(store, names, file)
    docker("rmi", *names)
    with file.open("r+b") as whole:
        whole.truncate(length if length >= 0 else size + length)
    with pytest.raises(Invalid, match="damaged, cut short"):
        await bundle.load(store, file)
    assert not any(map(has, names))


async def test_a_tar_that_is_no_bundle_is_refused(store: DockerImages, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(__file__, "file")
    with pytest.raises(Invalid, match=r"manifest\.json"):
        await bundle.load(store, tmp_path / "x.tar")


async def test_what_a_failed_load_left_is_taken_back(
    store: DockerImages, names: list[str], tmp_path: Path
) -> None:
    """The engine takes the first image, then finds the second one's config to be nonsense."""
    await bundle.save(store, names, tmp_path / "good.tar")
    with tarfile.open(tmp_path / "good.tar") as good, tarfile.open(tmp_path / "bad.tar", "w") as bad:
        manifest = json.load(good.extractfile("manifest.json"))  # type: ignore[arg-type]
        for member in good:
            content = good.extractfile(member) if member.isfile() else None
            if member.name == manifest[1]["Config"]:
                content = (tmp_path / "nonsense").open("w+b")
                content.write(b"x" * member.size)
                content.seek(0)
            bad.addfile(member, content)
    docker("rmi", *names)
    with pytest.raises(Exception, match=r"cannot load the images: .*bad\.tar"):
        await bundle.load(store, tmp_path / "bad.tar")
    assert not any(map(has, names))


async def test_a_bundle_of_a_missing_image_leaves_no_file(store: DockerImages, tmp_path: Path) -> None:
    (tmp_path / "lab.tar").write_text("the old one")
    with pytest.raises(NotFound, match="podlab-test/none"):
        await bundle.save(store, ["podlab-test/none:1"], tmp_path / "lab.tar")
    assert [f.name for f in tmp_path.iterdir()] == ["lab.tar"]
    assert (tmp_path / "lab.tar").read_text() == "the old one"


async def test_a_bundle_that_cannot_be_written_says_where(store: DockerImages, names: list[str]) -> None:
    with pytest.raises(NotFound, match=r"cannot write /nowhere/lab\.tar"):
        await bundle.save(store, names, Path("/nowhere/lab.tar"))


@pytest.fixture
async def registry(store: DockerImages) -> AsyncIterator[str]:
    """A registry in the engine's own network namespace: where the engine itself calls `localhost`."""
    await prepare(store, {"registry:2": "IfNotPresent"}, source="debian")
    started = docker("run", "-d", "--network", "host", "-e", "REGISTRY_HTTP_ADDR=localhost:0", "registry:2")
    assert started.returncode == 0, started.stderr.decode()
    container = started.stdout.decode().strip()
    try:
        async with asyncio.timeout(60):
            while not (found := re.search(rb"listening on \S+:(\d+)", docker("logs", container).stderr)):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        yield f"localhost:{int(found[1])}"
    finally:
        docker("rm", "-fv", container)


async def test_a_pull_shows_its_progress_and_its_origin(store: DockerImages, registry: str) -> None:
    name = f"{registry}/podlab-test/a:1"
    docker("import", "-", name, stdin=_tar(random.randbytes(3_000_000)))
    pushed = docker("push", name)
    assert pushed.returncode == 0, pushed.stderr.decode()
    docker("rmi", name)
    steps = [step async for step in store.pull(name)]
    assert steps[-1].done_bytes == steps[-1].total_bytes > 3_000_000
    assert [s.done_bytes for s in steps] == sorted(s.done_bytes for s in steps)
    try:
        item = next(item for item in await inventory(store, []) if item.reference == name)
        assert item.origin == "pulled"
        (done,) = await prepare(store, {name: "Always"}, source="hub")
        assert done.how == "pulled"
        with pytest.raises(NotFound, match="cannot pull image"):
            async for _ in store.pull(f"{registry}/podlab-test/none:1"):
                pass
    finally:
        docker("rmi", "-f", name)


async def test_a_registry_where_nobody_listens_is_out_of_reach(store: DockerImages) -> None:
    with pytest.raises(Unavailable, match=r"'localhost:1/x'.*connection refused"):
        async for _ in store.pull("localhost:1/x"):
            pass


@pytest.fixture
async def small_engine(docker_host: str) -> AsyncIterator[str]:
    """An engine of its own whose disk has 24 MB, without a network."""
    folder = Path(tempfile.mkdtemp(prefix="podlab-"))  # pytest's are too long for the path of a socket
    disk = folder / "disk"
    disk.mkdir()
    await run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk))
    address = f"unix://{folder}/sock"
    try:
        with (folder / "log").open("wb") as log:
            engine = await asyncio.create_subprocess_exec(
                "dockerd", "--data-root", str(disk / "data"), "--exec-root", str(folder / "exec"),
                "--pidfile", str(folder / "pid"), "--host", address,
                "--bridge", "none", "--iptables=false", "--ip6tables=false", stdout=log, stderr=log,
            )  # fmt: skip
        try:
            async with asyncio.timeout(90):
                while docker("-H", address, "version").returncode:
                    assert engine.returncode is None, (folder / "log").read_text()[-2000:]
                    await asyncio.sleep(0.1)
            yield address
        finally:
            if engine.returncode is None:
                engine.terminate()
            await engine.wait()
    finally:
        await run("umount", "-l", str(disk))
        shutil.rmtree(folder, ignore_errors=True)


async def test_a_full_disk_is_told_and_leaves_nothing(small_engine: str, tmp_path: Path) -> None:
    files = [tmp_path / "big.tar", tmp_path / "big.tar.gz"]
    layer = tmp_path / "layer.tar"
    layer.write_bytes(_tar(random.randbytes(40_000_000)))
    assert docker("import", str(layer), "podlab-test/big:1").returncode == 0
    store = (await DockerEngine.connect(small_engine)).image_store
    try:
        own = (await DockerEngine.connect()).image_store
        for file in files:
            await bundle.save(own, ["podlab-test/big:1"], file)
            with pytest.raises(PodlabError, match="the disk of the engine is full") as caught:
                await bundle.load(store, file)
            assert "docker system df" in caught.value.hint
    finally:
        docker("rmi", "podlab-test/big:1")
    assert await store.images() == []
    left = [f for f in (tmp_path / "disk").rglob("*") if f.is_file() and f.stat().st_size > 1_000_000]
    assert left == []
