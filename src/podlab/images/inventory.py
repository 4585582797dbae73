"""What images are on an engine, where each came from, and which pods use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podlab.images.needs import builtin, needed
from podlab.images.reference import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podlab.images.store import Image, ImageStore
    from podlab.model import Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One reference. `origin` is `pulled`, `built from debian bookworm 2026-01-31`, or `loaded` (also: built
    or imported here by something else). `is_ours`: a pod or podlab itself uses it."""

    reference: str
    id: str
    size_bytes: int
    created_at: float
    origin: str
    pods: tuple[str, ...]
    is_ours: bool


async def inventory(store: ImageStore, pods: Iterable[Pod]) -> list[Item]:
    """Every tagged image by reference. Pods count as users of their containers' and of the infra image."""
    users: dict[str, list[str]] = {}
    for pod in pods:
        for reference in needed([pod]):
            users.setdefault(_full(reference), []).append(pod.name)
    own = {_full(reference) for reference in builtin()}
    items = [
        Item(
            reference=tag,
            id=image.id,
            size_bytes=image.size_bytes,
            created_at=image.created_at,
            origin=_origin(image, tag),
            pods=tuple(sorted(users.get(_full(tag), ()))),
            is_ours=_full(tag) in own or _full(tag) in users or bool(image.built_from),
        )
        for image in await store.images()
        for tag in image.tags
    ]
    return sorted(items, key=lambda item: item.reference)


def _origin(image: Image, tag: str) -> str:
    if image.built_from:
        return f"built from {image.built_from}"
    name = parse(tag).familiar_name
    return "pulled" if any(digest.startswith(f"{name}@") for digest in image.digests) else "loaded"


def _full(reference: str) -> str:
    try:
        return parse(reference).full
    except ValueError:
        return reference
