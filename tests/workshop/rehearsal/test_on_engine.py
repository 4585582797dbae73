"""Real shells: prompts of bash and of busybox, lines that belong together, Ctrl-C."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.workshop.rehearsal import rehearse
from tests.workshop.rehearsal.workshops import block, workshop

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture
async def real(docker_host: str) -> AsyncIterator[DockerEngine]:
    engine = await DockerEngine.connect(docker_host)
    yield engine
    await engine.close()


async def test_blocks_are_typed_into_a_shell_that_lasts(
    real: DockerEngine, image: str, pod_name: str, tmp_path: Path
) -> None:
    step = (
        block("cd /tmp && X=7")
        + block(
            "# a loop\nfor i in 1 2; do\n  echo $i\ndone\ncat >f <<E\nline\nE\ntest $(pwd)$X = /tmp7\n[ -s f ]"
        )
        + block('echo "unfinished')
        + block("ls /nowhere", "run fails")
        + block("false\necho hi")
        + block("sh", "run=other stays")
        + block("exit 4", "run=other")
        + block("sleep 1000", "run=other timeout=5s")
        + block("echo after", "run=other")
        + block("trap '' INT; sleep 1000", "run=other timeout=5s")
        + block("echo new", "run=other")
        + block("cat /tmp/f", 'check="The file is there"')
    )
    made, lesson = workshop(tmp_path, step, image=image, name=pod_name)
    report = await rehearse(real, made, lesson, timeout_s=60)
    assert report.seats[0].problem == ""
    problems = [result.problem for result in report.seats[0].results]
    late = "it did not come back within 5 s; if it is meant to, write 'stays' after run"
    assert problems == [
        "", "",
        "the shell waits for the rest of it: a quotation mark, 'done' or a here-document's end is missing",
        "", "exit code 1 in 1 of its 2 commands", "", "exit code 4", late, "", late, "", "",
    ]  # fmt: skip
    assert [status.name for status in await real.list() if status.name.startswith(pod_name)] == []
