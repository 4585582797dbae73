"""A container that holds one program and no shell, on a real engine."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator

import pytest

from podlab import naming
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import AlreadyExists, Conflict, NotFound, Unsupported
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.portal.files import limits, path, push
from podlab.portal.files.entry import NEW, Kind, Opened
from podlab.portal.files.of_container import Files, with_files
from podlab.portal.files.outside import Outside
from tests.conftest import docker
from tests.portal.files.places import HOSTILE, fetched, upload

pytestmark = pytest.mark.engine

BARE = "podlab-test/bare:latest"


@pytest.fixture(scope="module")
def bare(image: str) -> str:
    """An image with busybox under a name that is no shell's."""
    if docker("image", "inspect", BARE).returncode:
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w") as tar:
            tar.add("/bin/busybox", "busybox")
            for name, owner in (("data", 12), ("tmp", 0)):
                folder = tarfile.TarInfo(name)
                folder.type, folder.mode, folder.uid, folder.gid = tarfile.DIRTYPE, 0o755, owner, owner
                tar.addfile(folder)
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "../../data"
            tar.addfile(link)
        made = docker("import", "-", BARE, stdin=target.getvalue())
        assert made.returncode == 0, made.stderr.decode()
    return BARE


@pytest.fixture
async def pod_of_bare(engine: DockerEngine, pod_name: str, bare: str) -> AsyncIterator[str]:
    app = Container(name="app", image=bare, command=("/busybox", "sleep", "1000"))
    await engine.apply(
        Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=(app,), restart_policy="Never"))
    )
    yield pod_name
    await engine.delete(pod_name, grace_s=0)


@pytest.fixture
def files(engine: DockerEngine, pod_of_bare: str) -> Outside:
    return Outside(engine, pod_of_bare, "app")


async def test_it_is_chosen_where_there_is_no_shell(engine: DockerEngine, pod_of_bare: str) -> None:
    async def read(files: Files) -> Opened:
        return await files.read(b"/data/f")

    await push(engine, pod_of_bare, "app", "/data/f", b"pushed")
    assert (await with_files(engine, pod_of_bare, "app", read)).content == b"pushed"


async def test_any_name_is_listed_and_read(files: Outside) -> None:
    for name in HOSTILE:
        content = b"of " + name
        version = await files.write(b"/data/" + name, upload(content), NEW)
        assert version == hashlib.sha256(content).hexdigest()
        assert (await files.read(b"/data/" + name)).content == content
    listing = await files.list(b"/data")
    assert listing.is_complete
    assert {path.name(each.path): each.kind for each in listing.entries} == dict.fromkeys(HOSTILE, Kind.FILE)


async def test_folders_links_and_archives(files: Outside) -> None:
    await files.make_folder(b"/data/d")
    await files.write(b"/link/d/f", upload(b"1"))
    assert [each.path for each in (await files.list(b"/link/d")).entries] == [b"/link/d/f"]
    root = {each.path: each.kind for each in (await files.list(b"/")).entries}
    assert (root[b"/data"], root[b"/link"], root[b"/busybox"]) == (Kind.FOLDER, Kind.LINK, Kind.FILE)
    async with files.download(b"/data/d") as download:
        packed = b"".join([chunk async for chunk in download.chunks])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as tar:
        assert [each.name.rstrip("/") for each in tar] == ["d", "d/f"]
    with pytest.raises(AlreadyExists):
        await files.make_folder(b"/data/d")
    with pytest.raises(Unsupported):
        await files.remove(b"/data/d")


async def test_owner_mode_and_what_is_expected(files: Outside, pod_of_bare: str) -> None:
    version = await files.write(b"/data/f", upload(b"one"), NEW)

    async def found() -> bytes:
        words = (
            "exec",
            naming.container(pod_of_bare, "app"),
            "/busybox",
            "stat",
            "-c",
            "%u:%g %a",
            "/data/f",
        )
        return (await asyncio.to_thread(docker, *words)).stdout

    assert await found() == b"12:12 644\n"
    with pytest.raises(AlreadyExists):
        await files.write(b"/data/f", upload(b"two"), NEW)
    await files.write(b"/data/f", upload(b"two"), version)
    with pytest.raises(Conflict, match="changed by somebody else"):
        await files.write(b"/data/f", upload(b"three"), version)
    with pytest.raises(Conflict, match="removed since"):
        await files.write(b"/data/none", upload(b"three"), version)
    assert await fetched(files, b"/data/f") == b"two"
    assert await found() == b"12:12 644\n"


async def test_what_is_not_there_or_something_else(files: Outside) -> None:
    for call in (files.list(b"/none"), files.read(b"/none"), files.write(b"/none/f", upload(b""))):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(Conflict):
        await files.list(b"/busybox")
    with pytest.raises(Conflict):
        await files.write(b"/data", upload(b""))
    with pytest.raises(NotFound):  # what the engine mounts when the container starts is not seen
        await fetched(files, b"/dev/null")


async def test_a_crowded_folder_is_listed_as_far_as_the_limit(files: Outside, pod_of_bare: str) -> None:
    script = "i=0; while [ $i -le 2000 ]; do : >/tmp/$i; i=$((i+1)); done"
    words = ("exec", naming.container(pod_of_bare, "app"), "/busybox", "sh", "-c", script)
    assert (await asyncio.to_thread(docker, *words)).returncode == 0
    listing = await files.list(b"/tmp")
    assert (len(listing.entries), listing.is_complete) == (limits.MAX_ENTRIES, False)
