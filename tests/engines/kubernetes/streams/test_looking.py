"""What a container tells about itself: its processes and its control group, of either version."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from podlab.engines.kubernetes.streams import processes, read_archive, stat, usage, write_archive
from podlab.engines.kubernetes.streams.inside import rows
from podlab.engines.kubernetes.streams.usage import parsed, reading
from podlab.errors import NotFound, PodlabError, Unsupported
from tests.engines.kubernetes.streams.api import Api

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OF_BOTH = """
=== /proc/net/dev
Inter-|   Receive                            |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo:     999       9 0 0 0 0 0 0     999       9 0 0 0 0 0 0
  eth0:    1500      15 0 0 0 0 0 0    2500      25 0 0 0 0 0 0
=== /proc/meminfo
MemTotal:       1024 kB

===
"""
V1 = """=== /sys/fs/cgroup/cpuacct/cpuacct.usage
123456789
=== /sys/fs/cgroup/memory/memory.usage_in_bytes
5000
=== /sys/fs/cgroup/memory/memory.limit_in_bytes
9223372036854771712
=== /sys/fs/cgroup/memory/memory.stat
cache 3000
total_inactive_file 1000
=== /sys/fs/cgroup/pids/pids.current
3
=== /sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes
8:0 Read 4096
8:0 Write 100
8:0 Total 4196
Total 4196"""
V2 = """=== /sys/fs/cgroup/cpu.stat
usage_usec 123456
user_usec 1
=== /sys/fs/cgroup/memory.current
5000
=== /sys/fs/cgroup/memory.max
max
=== /sys/fs/cgroup/memory.stat
anon 1
inactive_file 1000
=== /sys/fs/cgroup/pids.current
3
=== /sys/fs/cgroup/io.stat
8:0 rbytes=4096 wbytes=100 rios=1 wios=1 dbytes=0 dios=0"""


@pytest.mark.parametrize(("said", "cpu_ns"), [(V1, 123456789), (V2, 123456000)])
def test_a_reading_is_of_either_version(said: str, cpu_ns: int) -> None:
    found = reading("app", parsed((said + OF_BOTH).encode()), NOW)
    assert (found.cpu_ns, found.memory_bytes, found.memory_limit_bytes) == (cpu_ns, 4000, 1024 * 1024)
    assert (found.pids, found.read_bytes, found.written_bytes) == (3, 4096, 100)
    assert (found.received_bytes, found.sent_bytes) == (1500, 2500)


def test_a_bound_is_told() -> None:
    bound = V2.replace("\nmax\n", "\n600000\n")
    assert reading("app", parsed((bound + OF_BOTH).encode()), NOW).memory_limit_bytes == 600000


def test_without_a_control_group_it_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        reading("app", parsed(OF_BOTH.encode()), NOW)


def test_processes_are_told_without_the_one_that_looks() -> None:
    def process(pid: int, parent: int, name: str, *words: str) -> bytes:
        fields = f"S {parent} {pid} {pid} 34816 0 0 0 0 0 0 150 50 0 0 20 0 1 0 360000 0"
        status = f"Name:\t{name}\nUid:\t1000\t1000\t1000\t1000\n"
        return f"\x1e{pid}\n{pid} ({name}) {fields}\n{status}\x1f".encode() + "\0".join([*words, ""]).encode()

    said = (
        b"40\n7200.00 100.00\n"
        + process(1, 0, "a b) c", "sleep", "10")
        + process(40, 0, "sh")
        + b"\x1e41\n\x1f"
    )
    assert rows(said + process(42, 40, "cat") + process(7, 1, "kworker"), NOW) == [
        ["1000", "1", "0", "0", "11:00", "pts/0", "00:00:02", "sleep 10"],
        ["1000", "7", "1", "0", "11:00", "pts/0", "00:00:02", "[kworker]"],
    ]


async def test_this_machine_tells_about_itself() -> None:
    async with Api().running() as client:
        titles, found = await processes(client, "web", "app")
        assert all(len(row) == len(titles) for row in found)
        assert any("pytest" in row[-1] for row in found)
        assert len([each async for each in usage(client, "web", "app", follow=False)]) == 1


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(data), 10_000):
        yield data[begin : begin + 10_000]


async def test_files_go_in_and_come_out(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        info = tarfile.TarInfo("box/data")
        info.size, info.mtime = 1 << 20, 1_700_000_000
        tar.addfile(info, io.BytesIO(bytes(1 << 20)))
    async with Api().running() as client:
        await write_archive(client, "web", "app", str(tmp_path), pieces(packed.getvalue()))
        found = await stat(client, "web", "app", f"{tmp_path}/box/data")
        assert (found.name, found.size_bytes, found.modified_at.timestamp()) == (
            "data",
            1 << 20,
            1_700_000_000,
        )
        data = b"".join([each async for each in read_archive(client, "web", "app", f"{tmp_path}/box/")])
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            assert tar.getnames() == ["box", "box/data"]
        for wrong in (f"{tmp_path}/none", f"{tmp_path}/box/data"):
            with pytest.raises(NotFound):
                await write_archive(client, "web", "app", wrong, pieces(packed.getvalue()))
        with pytest.raises(PodlabError, match="tar"):
            await write_archive(client, "web", "app", str(tmp_path), pieces(b"no tar" * 1000))
        link = await stat(client, "web", "app", "/proc/self")
        assert link.link_target.startswith("/proc/")
        assert (await stat(client, "web", "app", "/")).is_dir
        with pytest.raises(NotFound):
            await stat(client, "web", "app", "/no/such")


async def test_single_files_come_without_a_tar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("sh", "cat", "stat", "dd"):
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "file").write_bytes(b"content")
    async with Api().running() as client:
        data = b"".join([each async for each in read_archive(client, "web", "app", f"{tmp_path}/file")])
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            file = tar.extractfile("file")
            assert file is not None
            assert file.read() == b"content"
        with pytest.raises(Unsupported):
            _ = [each async for each in read_archive(client, "web", "app", str(tmp_path))]
        with pytest.raises(Unsupported):
            await write_archive(client, "web", "app", str(tmp_path), pieces(data))
