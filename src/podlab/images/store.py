"""What `images` asks of an engine that holds images. `engines.docker` gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from podlab.naming import BUILT_FROM

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence

    from podlab.images.logins import Login


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image on the engine. `id` is its digest; `tags` are references such as `alpine:latest`.

    `digests` are references such as `alpine@sha256:…`: an image that came from a registry has them.
    `created_at` is in seconds since the epoch.
    """

    id: str
    tags: tuple[str, ...]
    size_bytes: int
    created_at: float
    labels: Mapping[str, str] = field(default_factory=dict)
    digests: tuple[str, ...] = ()

    @property
    def built_from(self) -> str:
        """What podlab built it from, such as `debian bookworm 2026-01-31`; empty for any other image."""
        return self.labels.get(BUILT_FROM, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a pull is. Totals grow while the engine learns of more layers."""

    status: str
    done_bytes: int
    total_bytes: int


class ImageStore(Protocol):
    async def image(self, reference: str) -> Image:
        """`NotFound` where the engine does not have it."""
        ...

    async def images(self) -> list[Image]:
        """Every tagged image, one entry for each id."""
        ...

    def pull(self, reference: str, logins: Sequence[Login] = ()) -> AsyncGenerator[PullProgress, None]:
        """Pull with each of `logins` until one is let in, at last with that of the docker CLI's config. Ends when the
        image is there.

        `NotFound`: the registry does not have it. `Denied`: it wants a login.
        `Unavailable`: the registry cannot be reached.
        """
        ...

    async def import_rootfs(self, tar: AsyncIterable[bytes], reference: str, changes: Sequence[str]) -> None:
        """One layer from a root file system's tar; `changes` are Dockerfile lines such as `CMD ["sh"]`."""
        ...

    async def tag(self, reference: str, new_reference: str) -> None: ...

    def save(self, references: Sequence[str]) -> AsyncGenerator[bytes, None]:
        """A `docker save` archive of these images, shared layers once."""
        ...

    async def load(self, archive: AsyncIterable[bytes]) -> list[str]:
        """Load a `docker save` archive; the references in it. All or nothing for each image."""
        ...

    async def remove_image(self, reference: str) -> None:
        """Removing an image that is gone is not an error. `Conflict` where a container uses it."""
        ...


@runtime_checkable
class AsksRegistries(Protocol):
    """A store that can tell what a registry has, without getting it."""

    async def registry_digest(self, reference: str, logins: Sequence[Login] = ()) -> str:
        """The digest `sha256:…` that the reference means there now. Errors as those of `pull`."""
        ...


@runtime_checkable
class HoldsImages(Protocol):
    """An engine whose images podlab can see to. One that fetches its own, such as a cluster, is none."""

    @property
    def image_store(self) -> ImageStore: ...
