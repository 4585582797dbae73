"""Archives from a container are not trusted."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from podlab.errors import Conflict, Invalid, NotFound, PodlabError, Unavailable
from podlab.pods.pack import pack
from podlab.pods.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", link: str = "", mode: int = 0o644
) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mode, info.mtime = kind, len(data), link, mode, 1_500_000_000
    return info.tobuf() + data + bytes(-len(data) % 512)


async def chunks(*entries: bytes, size: int = 700) -> AsyncIterator[bytes]:
    data = io.BytesIO(b"".join(entries) + bytes(1024))
    while chunk := data.read(size):
        yield chunk


FOLDER = entry("top", tarfile.DIRTYPE, mode=0o750)


async def test_the_first_entry_gets_the_new_name(tmp_path: Path) -> None:
    left_out = await unpack(
        chunks(
            FOLDER,
            entry("top/f", data=b"x" * 5000, mode=0o4751),
            entry("top/hard", tarfile.LNKTYPE, link="top/f"),
            entry("top/away", tarfile.SYMTYPE, link="/etc/passwd"),
            entry("top/too", tarfile.LNKTYPE, link="top/away"),
            entry("top/pipe", tarfile.FIFOTYPE),
        ),
        tmp_path,
        "new",
    )
    new = tmp_path / "new"
    assert (new / "f").read_bytes() == b"x" * 5000
    assert (new / "f").stat().st_mode & 0o7777 == 0o751
    assert (new / "hard").samefile(new / "f")
    assert str((new / "away").readlink()) == str((new / "too").readlink()) == "/etc/passwd"
    assert new.stat().st_mode & 0o7777 == 0o750
    assert new.stat().st_mtime == (new / "f").stat().st_mtime == 1_500_000_000
    assert left_out == ["top/pipe"]


async def test_without_a_name_it_is_what_is_in_the_folder(tmp_path: Path) -> None:
    await unpack(chunks(FOLDER, entry("top/f", data=b"1")), tmp_path, "")
    assert (tmp_path / "f").read_bytes() == b"1"


async def test_a_whole_file_system_begins_with_a_slash(tmp_path: Path) -> None:
    await unpack(
        chunks(entry("/", tarfile.DIRTYPE), entry("/etc/", tarfile.DIRTYPE), entry("/etc/f")), tmp_path, ""
    )
    assert (tmp_path / "etc" / "f").exists()


@pytest.mark.parametrize("name", ["../evil", "top/../../evil", "/evil", "other/evil"])
async def test_nothing_is_written_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(Invalid, match="refused"):
        await unpack(chunks(FOLDER, entry(name, data=b"!")), inside, "new")
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "new"]


async def test_no_entry_is_written_through_a_link_of_the_same_archive(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    with pytest.raises(PodlabError):
        await unpack(
            chunks(FOLDER, entry("top/l", tarfile.SYMTYPE, link=str(outside)), entry("top/l/f", data=b"!")),
            inside,
            "new",
        )
    assert not list(outside.iterdir())


async def test_no_entry_is_written_through_a_link_that_was_there(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "new").mkdir(parents=True)
    outside.mkdir()
    (inside / "new" / "l").symlink_to(outside)
    with pytest.raises(Invalid, match="symbolic link"):
        await unpack(chunks(FOLDER, entry("top/l/f", data=b"!")), inside, "new")
    with pytest.raises(Conflict):
        await unpack(chunks(FOLDER, entry("top/l", tarfile.DIRTYPE)), inside, "new")
    assert not list(outside.iterdir())


async def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("safe")
    (tmp_path / "new").symlink_to(tmp_path / "victim")
    await unpack(chunks(entry("f", data=b"!")), tmp_path, "new")
    assert (tmp_path / "victim").read_text() == "safe"
    assert (tmp_path / "new").read_bytes() == b"!"


async def test_an_archive_that_breaks_off_is_told(tmp_path: Path) -> None:
    async def short() -> AsyncIterator[bytes]:
        yield entry("f", data=b"x" * 9000)[:2000]

    with pytest.raises(Unavailable):
        await unpack(short(), tmp_path, "f")


async def test_an_error_of_the_engine_comes_through(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield FOLDER
        raise Unavailable("the engine has gone")

    with pytest.raises(Unavailable, match="has gone"):
        await unpack(broken(), tmp_path, "f")


async def test_cancelling_leaves_no_thread_behind(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield FOLDER
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await unpack(endless(), tmp_path, "f")


async def test_what_is_packed_is_unpacked_the_same(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "sub" / "empty").mkdir(parents=True)
    (source / "big").write_bytes(os.urandom(600_001))
    (source / "sub" / "ümläut\n").write_text("x")
    (source / "sub" / "run").write_text("#!")
    (source / "sub" / "run").chmod(0o711)
    (source / "link").symlink_to("sub/run")
    (source / "to-folder").symlink_to("sub")
    os.link(source / "big", source / "sub" / "big-too")
    os.mkfifo(source / "pipe")
    assert await unpack(pack(str(source), "a"), tmp_path, "copy") == ["a/pipe"]
    (source / "pipe").unlink()

    def listing(top: Path) -> list[tuple[object, ...]]:
        return sorted(
            (
                str(path.relative_to(top)), path.lstat().st_mode, path.lstat().st_nlink,
                path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else "",
            )
            for path in top.rglob("*")
        )  # fmt: skip

    assert listing(tmp_path / "copy") == listing(source)
    assert abs((tmp_path / "copy/big").stat().st_mtime - (source / "big").stat().st_mtime) < 1e-6


async def test_packing_what_is_not_there_or_shrinks_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        [chunk async for chunk in pack(str(tmp_path / "nope"), "a")]
    file = tmp_path / "log"
    file.write_bytes(b"x" * 1_000_000)
    with pytest.raises(Conflict, match="shorter"):
        async for _ in pack(str(file), "a"):
            os.truncate(file, 10)
