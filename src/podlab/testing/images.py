"""An image store in memory, with a registry behind it that can be out of reach."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from podlab.errors import NotFound, PodlabError, Unavailable
from podlab.images.reference import parse
from podlab.images.store import Image, PullProgress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Sequence

    from podlab.images.logins import Login


class FakeImages:
    """An `ImageStore`. `registry` has the references that can be pulled; None is a network that is closed.
    `full` makes every import and load fail as a full disk does."""

    def __init__(self, registry: Sequence[str] | None = (), *, full: bool = False) -> None:
        self.registry = registry
        self.full = full
        self.pulls: list[str] = []
        self.logins: dict[str, tuple[Login, ...]] = {}
        self._images: dict[str, Image] = {}

    def add(
        self, reference: str, labels: dict[str, str] | None = None, *, digests: tuple[str, ...] = ()
    ) -> None:
        content = hashlib.sha256(f"{reference}{labels}".encode()).hexdigest()
        self._images[parse(reference).full] = Image(
            id=f"sha256:{content}", tags=(parse(reference).familiar,), size_bytes=1000, created_at=0.0,
            labels=labels or {}, digests=digests,
        )  # fmt: skip

    async def image(self, reference: str) -> Image:
        try:
            return self._images[parse(reference).full]
        except KeyError as error:
            raise NotFound(f"image {reference!r} is not on the engine", subject=reference) from error

    async def images(self) -> list[Image]:
        return list(self._images.values())

    async def pull(self, reference: str, logins: Sequence[Login] = ()) -> AsyncGenerator[PullProgress, None]:
        self.pulls.append(reference)
        self.logins[reference] = tuple(logins)
        if self.registry is None:
            raise Unavailable("dial tcp: connection refused", subject=reference)
        if reference not in self.registry:
            raise NotFound(f"cannot pull image {reference!r}: manifest unknown", subject=reference)
        for done in (0, 500, 1000):
            yield PullProgress(status="Downloading", done_bytes=done, total_bytes=1000)
        self.add(reference, digests=(f"{parse(reference).familiar_name}@sha256:{'0' * 64}",))

    async def import_rootfs(self, tar: AsyncIterable[bytes], reference: str, changes: Sequence[str]) -> None:
        async for _ in tar:
            self._refuse_if_full()
        labels = [line.removeprefix("LABEL ").split("=", 1) for line in changes if line.startswith("LABEL ")]
        self.add(reference, {key: value.strip('"') for key, value in labels})

    async def tag(self, reference: str, new_reference: str) -> None:
        self.add(new_reference, dict((await self.image(reference)).labels))

    async def save(self, references: Sequence[str]) -> AsyncGenerator[bytes, None]:
        for reference in references:
            yield (await self.image(reference)).id.encode()

    async def load(self, archive: AsyncIterable[bytes]) -> list[str]:
        async for _ in archive:
            self._refuse_if_full()
        return []

    async def remove_image(self, reference: str) -> None:
        self._images.pop(parse(reference).full, None)

    def _refuse_if_full(self) -> None:
        if self.full:
            raise PodlabError("cannot load the images: the disk of the engine is full")
