"""What somebody takes home of their seat: its files, the pod to go on with, how far they came, and how to go on.

A `.tar.gz` that is made while it is sent; nothing of it lies anywhere.
"""

from __future__ import annotations

import dataclasses
import json
import posixpath
import tarfile
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.docker.compose import compose
from podlab.errors import NotFound
from podlab.manifest.emit import emit
from podlab.naming import infra_image
from podlab.pods.copy import Place
from podlab.pods.tape import Tape, closing, packed, zipped
from podlab.workshop.running import run
from podlab.workshop.take_home.going_on import readme

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from podlab.engines.base import Engine
    from podlab.lesson.lesson import Lesson
    from podlab.manifest.workshop import Workshop
    from podlab.model import Container, Pod
    from podlab.workshop.seat import Seat
    from podlab.workshop.tables import Answer, Item

LIMIT_BYTES: Final = 200 << 20
"""Of files in all, with the headers of an archive."""
_READ_BYTES: Final = 4 * LIMIT_BYTES
"""What is too much is passed over, so far: to learn what else there is, all of it has to be read."""
_ASK_S: Final = 10.0


@dataclass(slots=True)
class Left:
    """What was left out. `is_more`: and more, which nobody looked at."""

    names: list[str] = field(default_factory=list)
    size_bytes: int = 0
    is_more: bool = False

    def add(self, entry: tarfile.TarInfo) -> None:
        self.names.append(entry.name)
        self.size_bytes += entry.size if entry.isreg() else 0


async def pack(
    engine: Engine,
    workshop: Workshop,
    pod_name: str,
    progress: Mapping[str, Any],
    *,
    limit_bytes: int = LIMIT_BYTES,
) -> AsyncGenerator[bytes, None]:
    """All is in a folder of the pod's name. `progress` is what `told` made. `NotFound` where there is no such pod.

    Files are taken as they are meanwhile, of at most `limit_bytes`; README.md says what was left out.
    """
    await engine.get(pod_name)
    async with aclosing(zipped(_tar(engine, workshop, pod_name, progress, limit_bytes))) as chunks:
        async for chunk in chunks:
            yield chunk


def at_home(workshop: Workshop) -> Pod:
    """The pod of the workshop as one's own: it has no end."""
    pod = workshop.pod()
    return dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, active_deadline_seconds=None))


def told(
    workshop: Workshop, lesson: Lesson, seat: Seat, items: Sequence[Item], answers: Sequence[Answer]
) -> dict[str, Any]:
    """How far the seat came, ready for JSON; times are RFC 3339."""
    states = {each.item: each for each in items}

    def one(id: str, title: str) -> dict[str, Any]:
        found = states.get(id)
        return {
            "id": id, "title": title, "state": found.state if found else "untouched",
            "at": _time(found.at) if found else None, "times": found.times if found else 0,
        }  # fmt: skip

    return {
        "workshop": workshop.metadata.name,
        "title": workshop.spec.title or workshop.metadata.name,
        "seat": seat.pod,
        "name": seat.name,
        "claimed_at": None if seat.claimed_at is None else _time(seat.claimed_at),
        "steps": [
            {
                **one(step.id, step.title),
                "checks": [one(check.id, check.name) for check in step.checks],
                "quizzes": [
                    one(quiz.id, quiz.question.text)
                    | {
                        "answers": [
                            {"choices": list(each.choices), "is_right": each.is_right, "at": _time(each.at)}
                            for each in answers
                            if each.quiz == quiz.id
                        ]
                    }
                    for quiz in step.quizzes
                ],
            }
            for step in lesson.steps
        ],
    }


async def _tar(
    engine: Engine, workshop: Workshop, pod_name: str, progress: Mapping[str, Any], limit_bytes: int
) -> AsyncGenerator[bytes, None]:
    pod = at_home(workshop)
    made = compose(pod, infra_image())
    left = Left()
    for name, text in (
        ("pod.yaml", emit(pod)),
        ("compose.yaml", made.text),
        ("progress.json", json.dumps(progress, indent=2, ensure_ascii=False) + "\n"),
    ):
        yield _file(f"{pod_name}/{name}", text)
    for name, path in made.files.items():
        yield _file(f"{pod_name}/{name}", path.read_text("utf-8"))
    homes: dict[str, str] = {}
    budget = limit_bytes
    for name in dict.fromkeys(each.container for each in workshop.spec.terminals):
        home = await _home(engine, pod_name, workshop, name)
        if home is None:
            continue
        homes[name] = home
        async with aclosing(
            _files(engine, pod_name, name, home, f"{pod_name}/home/{name}", budget, left)
        ) as chunks:
            async for chunk in chunks:
                budget -= len(chunk)
                yield chunk
    yield _file(f"{pod_name}/README.md", readme(workshop, pod, homes, made.losses, left))
    yield bytes(2 * tarfile.BLOCKSIZE)


def _file(name: str, text: str) -> bytes:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o644, int(time.time())
    return packed(entry) + data + bytes(-len(data) % tarfile.BLOCKSIZE)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


async def _files(
    engine: Engine, pod: str, container: str, home: str, to: str, budget: int, left: Left
) -> AsyncGenerator[bytes, None]:
    """What is in the folder, called `to`. A folder, a file or a link that fits is taken, and nothing else."""
    taken: set[str] = set()
    async with aclosing(closing(engine.read_archive(pod, container, home))) as archive:
        tape = Tape(archive)
        while (entry := await tape.next()) is not None:
            _, _, inner = entry.name.strip("/").removeprefix("./").partition("/")
            if ".." in inner.split("/"):
                continue
            source, entry.name = inner, f"{to}/{inner}".rstrip("/")
            if entry.islnk():
                linked = entry.linkname.strip("/").removeprefix("./").partition("/")[2]
                entry.linkname = f"{to}/{linked}"
                if linked not in taken:
                    left.add(entry)
                    continue
            elif not (entry.isdir() or entry.isreg() or entry.issym()):
                left.add(entry)
                continue
            entry.mode &= 0o777
            entry.pax_headers = {}
            header = packed(entry)
            size = entry.size if entry.isreg() else 0
            if len(header) + size + tarfile.BLOCKSIZE > budget:
                left.add(entry)
                if tape.read_bytes + size > _READ_BYTES:
                    left.is_more = True
                    return
                continue
            taken.add(source)
            yield header
            budget -= len(header) + size + -size % tarfile.BLOCKSIZE
            async for chunk in tape.content():
                yield chunk
            if size:
                yield bytes(-size % tarfile.BLOCKSIZE)


async def _home(engine: Engine, pod: str, workshop: Workshop, container: str) -> str | None:
    """Where its shell's home is; the folder that it works in where that is the root, which is too much."""
    wanted: Container | None = next(
        (each for each in workshop.spec.pod.spec.lasting if each.name == container), None
    )
    env = {each.name: each.value for each in wanted.env} if wanted else {}
    asked = await run(engine, pod, container, ("sh", "-c", 'echo "$HOME"'), timeout_s=_ASK_S)
    lines = asked.output.strip().splitlines() if asked.exit_code == 0 else []
    guesses = [*lines[-1:], env.get("HOME", ""), (wanted and wanted.working_dir) or "", "/root"]
    for guess in guesses:
        if not guess.startswith("/") or posixpath.normpath(guess) in ("/", "//"):
            continue
        try:
            place, found = await Place(engine, pod, container, guess).resolved()
        except NotFound:
            continue
        if found is not None and found.is_dir and place.absolute != "/":
            return place.absolute
    return None
