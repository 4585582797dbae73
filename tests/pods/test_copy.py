"""The rules of `docker cp`, one by one, with docker's own command as the judge where it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Conflict, NotFound
from podlab.pods.copy import Place, copy_in, copy_out
from tests.conftest import docker

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "sub" / "f").write_text("f")
    (tmp_path / "file").write_text("file")
    (tmp_path / "to-tree").symlink_to("tree")
    return tmp_path


INTO = [
    "file /x/new", "file /x/dir", "file /x/dir/", "file /x/file", "file /x/to-dir", "file x/new",
    "tree /x/new", "tree /x/dir", "tree /x/to-dir", "tree/. /x/dir", "tree/. /x/new",
    "to-tree /x/dir", "to-tree/ /x/dir",
]  # fmt: skip
WORLD = "rm -rf /x; mkdir -p /x/dir; echo old >/x/file; ln -s dir /x/to-dir"
SHOW = "cd /x; find . | sort | while read f; do ls -ld $f | cut -c1-10; echo $f; readlink $f; cat $f 2>/dev/null; done"


@pytest.mark.parametrize("case", INTO)
async def test_into_a_container(engine: DockerEngine, pod: str, tree: Path, case: str) -> None:
    source, target = case.split()
    container = f"podlab-{pod}-app"

    def run(script: str) -> bytes:
        return docker("exec", container, "sh", "-c", script).stdout

    run(WORLD)
    judge = docker("cp", f"{tree}/{source}", f"{container}:{target}")
    assert judge.returncode == 0, judge.stderr
    wanted = run(SHOW)
    assert b"file" in wanted or b"tree" in wanted or b"sub" in wanted
    run(WORLD)
    await copy_in(f"{tree}/{source}", Place(engine, pod, "app", target))
    assert run(SHOW) == wanted


OUT = ["/x/tree new", "/x/tree dir", "/x/tree/. dir", "/x/tree/. new", "/x/file new", "/x/file dir", "/x/file old",
       "/x/to-tree dir", "/x/to-tree/ dir", "x/file dir/"]  # fmt: skip


@pytest.mark.parametrize("case", OUT)
async def test_out_of_a_container(engine: DockerEngine, pod: str, tmp_path: Path, case: str) -> None:
    source, target = case.split()
    container = f"podlab-{pod}-app"
    script = "mkdir -p /x/tree/sub; echo f >/x/tree/sub/f; echo f >/x/file; ln -s tree /x/to-tree"
    docker("exec", container, "sh", "-c", script)
    shown = []
    for name in ("judge", "podlab"):
        (tmp_path / name / "dir").mkdir(parents=True)
        (tmp_path / name / "old").write_text("old")
        where = f"{tmp_path / name}/{target}"
        if name == "judge":
            judge = docker("cp", f"{container}:{source}", where)
            assert judge.returncode == 0, judge.stderr
        else:
            await copy_out(Place(engine, pod, "app", source), where)
        top = tmp_path / name
        shown.append(
            sorted((str(p.relative_to(top)), p.is_symlink(), p.lstat().st_mode) for p in top.rglob("*"))
        )
    assert shown[0] == shown[1]


async def test_what_docker_refuses_is_refused(engine: DockerEngine, pod: str, tree: Path) -> None:
    def place(path: str) -> Place:
        return Place(engine, pod, "app", path)

    with pytest.raises(NotFound, match="no such folder"):
        await copy_in(f"{tree}/file", place("/nope/"))
    with pytest.raises(NotFound, match="/nope"):
        await copy_in(f"{tree}/file", place("/nope/f"))
    with pytest.raises(Conflict, match="over the file"):
        await copy_in(f"{tree}/tree", place("/etc/passwd"))
    with pytest.raises(NotFound, match="on this machine"):
        await copy_in(f"{tree}/nope", place("/tmp"))
    with pytest.raises(NotFound, match="in the container"):
        await copy_out(place("/nope"), str(tree))
    with pytest.raises(NotFound, match="on this machine"):
        await copy_out(place("/etc"), f"{tree}/nope/deep")
    with pytest.raises(Conflict, match="over the file"):
        await copy_out(place("/etc"), f"{tree}/file")
