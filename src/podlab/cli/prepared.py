"""Images for the pods of a command, shown only where one has to be got."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from podlab.cli.runner import warn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from podlab.cli.image_progress import Lines
    from podlab.engines.base import Engine
    from podlab.images.needs import Policy
    from podlab.images.prepare import Prepared, Progress
    from podlab.lesson.lesson import Lesson
    from podlab.manifest.workshop import Workshop
    from podlab.model import Pod
    from podlab.pods.pull_secrets import Logins


async def prepare_images(engine: Engine, pods: Iterable[Pod], mirrored: Collection[str] = ()) -> None:
    """Get what the pods need and the engine does not have, and put `mirrored` into their mirror, if they have one.
    An engine whose nodes pull by themselves is left alone."""
    from podlab.images.needs import needed
    from podlab.images.prepare import prepare
    from podlab.images.store import HoldsImages

    if not isinstance(engine, HoldsImages):
        return
    pods = tuple(pods)
    logins: Logins = {}
    if any(pod.spec.image_pull_secrets for pod in pods):
        from podlab.pods import pull_secrets

        logins = await pull_secrets.of_pods(engine, pods, on_warning=warn)
    with _LazyLines() as lines:
        await prepare(
            engine.image_store,
            needed(pods),
            mirrored=mirrored,
            logins=logins,
            on_progress=lines.show,
            on_warning=warn,
            on_done=lines.finish,
        )


async def prepare_named(engine: Engine, *references: str) -> None:
    """Get these images, where the engine does not have them."""
    await fetch(engine, dict.fromkeys(references, "IfNotPresent"))


async def fetch(engine: Engine, images: Mapping[str, Policy], logins: Logins = MappingProxyType({})) -> None:
    """Get these images as their policies say, with `logins` before this user's own."""
    from podlab.images.prepare import prepare
    from podlab.images.store import HoldsImages

    if isinstance(engine, HoldsImages):
        with _LazyLines() as lines:
            await prepare(
                engine.image_store, images, logins=logins,
                on_progress=lines.show, on_warning=warn, on_done=lines.finish,
            )  # fmt: skip


async def prepare_workshop(
    engine: Engine, workshop: Workshop, lesson: Lesson, *, anywhere: bool = False
) -> tuple[str, ...]:
    """Get what the workshop needs, its mirror included; the references of all images that are there then.
    With `anywhere`, also what it needs on other engines."""
    from podlab.workshop.lab import images as lab_images

    with _LazyLines() as lines:
        return await lab_images.prepare(
            engine, workshop, lesson, anywhere=anywhere,
            on_progress=lines.show, on_done=lines.finish, on_warning=warn,
        )  # fmt: skip


class _LazyLines:
    """Nothing is drawn, nor what draws is loaded, while every image is there."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._lines: Lines | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def show(self, progress: Progress) -> None:
        if self._lines is None:
            from podlab.cli.image_progress import Bars, Plain

            if sys.stderr.isatty():
                self._lines = self._stack.enter_context(Bars())
            else:
                self._lines = self._stack.enter_context(Plain())
        self._lines.show(progress)

    def finish(self, prepared: Prepared) -> None:
        if self._lines is not None:
            self._lines.finish(prepared)
