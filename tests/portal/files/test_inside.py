"""On a real engine: the shell, `stat`, `find` and the others are those of busybox, and of Debian."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import tarfile
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from podlab import naming
from podlab.errors import AlreadyExists, Conflict, Denied, Invalid, NotFound, Unavailable
from podlab.model import Container, EmptyDir, Metadata, Pod, PodSpec, SecurityContext, Volume, VolumeMount
from podlab.portal.files import limits, path
from podlab.portal.files.entry import NEW, Kind, Upload
from podlab.portal.files.inside import Inside
from tests.conftest import docker
from tests.portal.files.places import HOSTILE, chunks, fetched, upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.docker.engine import DockerEngine

pytestmark = pytest.mark.engine


@asynccontextmanager
async def running(
    engine: DockerEngine, name: str, *containers: Container, volumes: tuple[Volume, ...] = ()
) -> AsyncIterator[None]:
    pod = Pod(
        metadata=Metadata(name=name),
        spec=PodSpec(containers=containers, volumes=volumes, restart_policy="Never"),
    )
    await engine.apply(pod)
    try:
        yield
    finally:
        await engine.delete(name, grace_s=0)


@pytest.fixture(params=["busybox", "work"])
async def files(
    request: pytest.FixtureRequest, engine: DockerEngine, pod_name: str, image: str
) -> AsyncIterator[Inside]:
    """In a container as small as it gets, and in the one that seats have."""
    chosen = image if request.param == "busybox" else "podlab/work:latest"
    app = Container(name="app", image=chosen, command=("sleep", "1000"))
    async with running(engine, pod_name, app):
        yield Inside(engine, pod_name, "app")


async def sh(name: str, script: str, *, user: str = "0", container: str = "app") -> bytes:
    """The docker CLI as a second opinion."""
    done = await asyncio.to_thread(
        docker, "exec", "-u", user, naming.container(name, container), "sh", "-c", script
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


async def entries(files: Inside, folder: bytes) -> dict[bytes, Kind]:
    listing = await files.list(folder)
    return {path.name(each.path): each.kind for each in listing.entries}


async def test_any_name_is_listed_and_read(files: Inside) -> None:
    await files.make_folder(b"/tmp/d")
    for name in HOSTILE:
        content = b"of " + name
        version = await files.write(b"/tmp/d/" + name, upload(content), NEW)
        assert version == hashlib.sha256(content).hexdigest()
        assert (await files.read(b"/tmp/d/" + name)).content == content
    assert await entries(files, b"/tmp/d") == dict.fromkeys(HOSTILE, Kind.FILE)


@pytest.mark.parametrize("name", [b"-rf", b"a\n", b"\xff $(reboot)"])
async def test_a_file_is_downloaded_moved_and_removed(files: Inside, name: bytes) -> None:
    await files.write(b"/tmp/" + name, upload(b"x"))
    assert await fetched(files, b"/tmp/" + name) == b"x"
    await files.write(b"/tmp/moved", upload(b"y"))
    with pytest.raises(AlreadyExists):
        await files.move(b"/tmp/moved", b"/tmp/" + name)
    await files.move(b"/tmp/" + name, b"/tmp/again" + name)
    await files.remove(b"/tmp/again" + name)
    assert await entries(files, b"/tmp") == {b"moved": Kind.FILE}


async def test_entries_have_their_kinds_sizes_and_times(files: Inside, pod_name: str) -> None:
    await sh(
        pod_name,
        "mkdir /tmp/d && cd /tmp/d && printf 12345 >f && touch -d @1700000000 f && ln -s f l && mkdir e && mkfifo p",
    )
    found = {each.path: each for each in (await files.list(b"/tmp/d")).entries}
    assert {where: each.kind for where, each in found.items()} == {
        b"/tmp/d/f": Kind.FILE, b"/tmp/d/l": Kind.LINK, b"/tmp/d/e": Kind.FOLDER, b"/tmp/d/p": Kind.OTHER,
    }  # fmt: skip
    assert (found[b"/tmp/d/f"].size_bytes, found[b"/tmp/d/f"].modified_at) == (5, 1_700_000_000)


async def test_without_a_folder_it_is_the_one_where_the_shell_begins(files: Inside, pod_name: str) -> None:
    listing = await files.list(None)
    assert listing.path == await sh(pod_name, "printf %s $PWD")
    assert listing.is_writable


async def test_a_crowded_folder_is_listed_as_far_as_the_limit(files: Inside, pod_name: str) -> None:
    await sh(
        pod_name,
        "mkdir /tmp/d && cd /tmp/d && i=0; while [ $i -lt 2001 ]; do : >$i; i=$((i+1)); done",
    )
    listing = await files.list(b"/tmp/d")
    assert (len(listing.entries), listing.is_complete) == (limits.MAX_ENTRIES, False)
    await sh(pod_name, "rm /tmp/d/0")
    listing = await files.list(b"/tmp/d")
    assert (len(listing.entries), listing.is_complete) == (limits.MAX_ENTRIES, True)


async def test_links_lead_where_the_container_says(files: Inside, pod_name: str) -> None:
    await sh(
        pod_name,
        "mkdir /tmp/d && cd /tmp/d && echo real >f && ln -s f l && ln -s ../../../../etc out && ln -s gone dangling",
    )
    assert (await files.read(b"/tmp/d/l")).content == b"real\n"
    assert b"passwd" in await entries(files, b"/tmp/d/out")
    await files.write(b"/tmp/d/l", upload(b"through the link"))
    assert await sh(pod_name, "readlink /tmp/d/l; cat /tmp/d/f") == b"f\nthrough the link"
    with pytest.raises(NotFound):
        await files.read(b"/tmp/d/dangling")
    await files.remove(b"/tmp/d/out", whole=True)
    assert await sh(pod_name, "ls -d /etc") == b"/etc\n"


async def test_a_file_that_was_changed_meanwhile_is_not_overwritten(files: Inside, pod_name: str) -> None:
    version = await files.write(b"/tmp/f", upload(b"one"), NEW)
    second = await files.write(b"/tmp/f", upload(b"two"), version)
    with pytest.raises(Conflict, match="changed by somebody else"):
        await files.write(b"/tmp/f", upload(b"three"), version)
    assert await sh(pod_name, "cat /tmp/f") == b"two"
    with pytest.raises(AlreadyExists):
        await files.write(b"/tmp/f", upload(b"three"), NEW)
    await sh(pod_name, "rm /tmp/f")
    with pytest.raises(Conflict, match="removed since"):
        await files.write(b"/tmp/f", upload(b"three"), second)
    assert await sh(pod_name, "ls -A /tmp | grep -c podlab || true") == b"0\n"


async def test_mode_owner_and_other_names_of_a_file_stay(files: Inside, pod_name: str) -> None:
    await sh(
        pod_name,
        "echo old >/tmp/f && chown 12:34 /tmp/f && chmod 4751 /tmp/f && echo old >/tmp/g && ln /tmp/g /tmp/h",
    )
    await files.write(b"/tmp/f", upload(b"new"))
    await files.write(b"/tmp/g", upload(b"new"))
    assert await sh(pod_name, "stat -c '%u:%g %a' /tmp/f; cat /tmp/f /tmp/h") == b"12:34 4751\nnewnew"


async def test_who_reads_sees_the_old_file_or_the_new_one(files: Inside, pod_name: str) -> None:
    await files.write(b"/tmp/f", upload(b"old"))
    seen: list[bytes | None] = []

    async def slowly() -> AsyncIterator[bytes]:
        for part in (b"new ", b"file"):
            yield part
            await asyncio.sleep(0.2)
            seen.append((await files.read(b"/tmp/f")).content)

    await files.write(b"/tmp/f", Upload(size_bytes=8, chunks=slowly()))
    assert seen[0] == b"old"
    assert seen[1] in (b"old", b"new file")
    assert (await files.read(b"/tmp/f")).content == b"new file"


async def test_an_upload_that_breaks_off_changes_nothing(files: Inside, pod_name: str) -> None:
    await files.write(b"/tmp/f", upload(b"old"))
    with pytest.raises(Invalid, match="not as long"):
        await files.write(b"/tmp/f", Upload(size_bytes=10, chunks=chunks(b"short")))
    with pytest.raises(Invalid, match="not as long"):
        await files.write(b"/tmp/f", Upload(size_bytes=10, chunks=chunks(b"longer than ten")))

    async def broken() -> AsyncIterator[bytes]:
        yield b"some"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await files.write(b"/tmp/f", Upload(size_bytes=10, chunks=broken()))
    assert await sh(pod_name, "cat /tmp/f; ls -A /tmp | grep -c podlab || true") == b"old0\n"


async def test_what_is_no_file_is_told_apart(files: Inside, pod_name: str) -> None:
    await sh(pod_name, "mkfifo /tmp/p; mkdir /tmp/d; touch /tmp/d/f; head -c 1100000 /dev/zero >/tmp/big")
    opened = await files.read(b"/tmp/d")
    assert (opened.entry.kind, opened.content) == (Kind.FOLDER, None)
    assert (await files.read(b"/tmp/p")).content is None
    big = await files.read(b"/tmp/big")
    assert (big.content, big.entry.size_bytes) == (None, 1_100_000)
    with pytest.raises(Invalid, match="device, a pipe or a socket"):
        await fetched(files, b"/dev/null")
    with pytest.raises(Conflict, match="is a folder"):
        await files.write(b"/tmp/d", upload(b"x"))
    with pytest.raises(Conflict, match="not empty"):
        await files.remove(b"/tmp/d")
    with pytest.raises(Conflict, match="no folder"):
        await files.list(b"/tmp/big")
    for call in (
        files.list(b"/none"),
        files.read(b"/none"),
        files.remove(b"/none"),
        files.write(b"/no/f", upload(b"")),
    ):
        with pytest.raises(NotFound):
            await call
    await files.remove(b"/tmp/d", whole=True)


async def test_a_file_of_the_kernel_has_a_content_though_no_size(files: Inside) -> None:
    assert b"Pid:" in await fetched(files, b"/proc/1/status")
    assert b"Pid:" in ((await files.read(b"/proc/1/status")).content or b"")


async def test_a_folder_comes_as_one_archive(files: Inside, pod_name: str) -> None:
    await sh(pod_name, "mkdir -p /tmp/-d/e && cd /tmp/-d && echo 1 >e/f && ln -s /etc l")
    async with files.download(b"/tmp/-d") as download:
        assert (download.kind, download.size_bytes) == ("tar.gz", None)
        data = b"".join([chunk async for chunk in download.chunks])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        assert {each.name.removeprefix("./") for each in tar} == {"-d", "-d/e", "-d/e/f", "-d/l"}


async def test_a_download_that_is_left_ends_in_the_container_as_well(files: Inside, pod_name: str) -> None:
    await sh(pod_name, "head -c 60000000 /dev/zero >/tmp/big")
    async with files.download(b"/tmp/big") as download:
        assert download.size_bytes == 60_000_000
        async for _ in download.chunks:
            break
    assert b"head -c" not in await sh(pod_name, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")


async def test_new_files_belong_to_the_shells_user_who_may_no_more_than_that(
    engine: DockerEngine, pod_name: str
) -> None:
    """The container has a root of its own that cannot be written, and its home in memory: no archive API sees it."""
    user = SecurityContext(run_as_user=1000, run_as_group=1000, read_only_root_filesystem=True)
    app = Container(
        name="app", image="podlab/work:latest", command=("sh", "-c", "umask; exec sleep 1000"), security_context=user,
        volume_mounts=(VolumeMount(name="home", mount_path="/home"),),
    )  # fmt: skip
    home = Volume(name="home", empty_dir=EmptyDir(medium="Memory", size_limit="1Mi"))
    async with running(engine, pod_name, app, volumes=(home,)):
        await sh(
            pod_name,
            "chmod 1777 /home; echo root >/home/roots; chmod 600 /home/roots; echo r >/home/read; ls -l /home",
        )
        files = Inside(engine, pod_name, "app")
        await files.write(b"/home/mine", upload(b"1"), NEW)
        assert await sh(pod_name, "stat -c '%u:%g %a' /home/mine") == b"1000:1000 644\n"
        for refused in (
            files.read(b"/etc/shadow"), files.read(b"/home/roots"), files.list(b"/root"),
            files.write(b"/home/read", upload(b"x")), files.write(b"/etc/passwd", upload(b"x")),
            files.write(b"/etc/new", upload(b"x")), files.remove(b"/home/roots"), files.make_folder(b"/etc/d"),
        ):  # fmt: skip
            with pytest.raises(Denied):
                await refused
        with pytest.raises(Unavailable, match="No space left"):
            await files.write(b"/home/mine", upload(bytes(2 << 20)))
        assert await sh(pod_name, "cat /home/mine; ls -A /home | grep -c podlab || true") == b"10\n"


async def test_a_file_in_a_folder_that_is_closed_is_overwritten_in_its_place(
    engine: DockerEngine, pod_name: str
) -> None:
    app = Container(
        name="app", image="podlab/work:latest", command=("sleep", "1000"),
        security_context=SecurityContext(run_as_user=1000),
    )  # fmt: skip
    async with running(engine, pod_name, app):
        await sh(pod_name, "mkdir /srv/d && echo old >/srv/d/f && chmod 666 /srv/d/f && chown 0:7 /srv/d/f")
        await Inside(engine, pod_name, "app").write(b"/srv/d/f", upload(b"new"))
        assert (
            await sh(pod_name, "stat -c '%u:%g %a' /srv/d/f; cat /srv/d/f; ls -A /srv/d /tmp")
            == b"0:7 666\nnew/srv/d:\nf\n\n/tmp:\n"
        )
