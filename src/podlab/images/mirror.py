"""The mirror's image: a registry that already holds the images which seats pull.

A nested daemon that has it as `--registry-mirror` pulls `alpine` by that very name where no registry can be
reached. What the mirror does not hold the daemon asks the Docker Hub for, as always.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import tarfile
import tempfile
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from podlab.errors import Conflict, NotFound
from podlab.images import layering, registry_layout
from podlab.images.reference import parse
from podlab.naming import HASH, MIRROR_IMAGE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

    from podlab.images.store import Image, ImageStore

REFERENCE: Final = MIRROR_IMAGE
BASE: Final = "registry:2"
SEED: Final = ("alpine:latest",)
MADE_FROM: Final = "podlab.io/mirrors"
"""Label on the mirror's image: which images it holds, and what it was made from, as JSON reference → id."""

_CHUNK_BYTES: Final = 1 << 20
_CONFIG: Final = "etc/podlab/mirror.yml"
STORAGE: Final = "/srv/mirror"
"""Where it has its images, in its container."""


def is_mirror(reference: str) -> bool:
    return parse(reference).full == parse(REFERENCE).full


async def current(store: ImageStore, seed: Sequence[str] = SEED) -> Image | None:
    """The mirror's image; None where it is missing, lacks an image of `seed`, has other settings, or was
    made from other images than the engine has now. What the engine no longer has does not matter: the mirror has it."""
    try:
        found = await store.image(REFERENCE)
    except NotFound:
        return None
    held = _held(found)
    if found.labels.get(HASH) != _digest(_SETTINGS):
        return None
    if not {parse(name).familiar for name in seed} <= held.keys():
        return None
    now = await _sources(store, held)
    return found if now.items() <= held.items() else None


async def make(store: ImageStore, seed: Sequence[str] = SEED) -> Image:
    """Make the mirror's image from `registry:2` and the seed; `NotFound` names one that is not on the engine.

    What a mirror that is there holds the new one holds, too, as long as the engine has it.
    """
    wanted = [parse(name).familiar for name in (BASE, *seed)]
    for name in wanted:
        await store.image(name)
    try:
        old = await store.image(REFERENCE)
    except NotFound:
        old = None
    held = _held(old) if old else {}
    await _write(store, await _sources(store, [*wanted, *held]))
    new = await store.image(REFERENCE)
    if old and old.id != new.id:
        with contextlib.suppress(Conflict):  # a pod that runs keeps it
            await store.remove_image(old.id)
    return new


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _held(image: Image) -> dict[str, str]:
    return dict(json.loads(image.labels.get(MADE_FROM, "{}")))


async def _sources(store: ImageStore, names: Iterable[str]) -> dict[str, str]:
    """Reference → id of those that are on the engine."""
    found = {}
    for name in dict.fromkeys(names):
        with contextlib.suppress(NotFound):
            found[name] = (await store.image(name)).id
    return found


async def _write(store: ImageStore, sources: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="podlab-mirror-") as folder:
        base, seed, made = (Path(folder) / name for name in ("base.tar", "seed.tar", "made.tar"))
        await save(store, [BASE], base)
        await save(store, [name for name in sources if name != BASE], seed)
        await asyncio.to_thread(write_image, base, seed, made, sources)
        await store.load(read(made))


async def save(store: ImageStore, references: Sequence[str], file: Path) -> None:
    """Write these images to a new file, as `docker save` does."""
    with file.open("xb") as out:
        async with aclosing(store.save(references)) as chunks:
            async for chunk in chunks:
                await asyncio.to_thread(out.write, chunk)


async def read(file: Path) -> AsyncGenerator[bytes, None]:
    """A file in chunks, for `store.load`."""
    with file.open("rb") as archive:
        while chunk := await asyncio.to_thread(archive.read, _CHUNK_BYTES):
            yield chunk


def write_image(base: Path, seed: Path, made: Path, sources: Mapping[str, str]) -> None:
    """Write the archive `made`, for `docker load`: the registry's image from `base`, and one layer more that
    holds the images of `seed` and a configuration that serves them, read-only, on 127.0.0.1:5001."""
    with tempfile.TemporaryFile() as layer, tarfile.open(base) as below:
        with tarfile.open(seed) as images, tarfile.open(fileobj=layer, mode="w") as files:
            registry_layout.write(images, files, STORAGE.lstrip("/"))
            registry_layout.add_file(files, _CONFIG, io.BytesIO(_SETTINGS.encode()))
        settings: dict[str, Any] = {
            "Cmd": [f"/{_CONFIG}"],
            "Labels": {MADE_FROM: json.dumps(dict(sources)), HASH: _digest(_SETTINGS)},
            "ExposedPorts": {"5001/tcp": {}},
            "Volumes": None,  # the registry's own storage; the mirror has its images in the layer
        }
        names = ", ".join(name for name in sources if name != BASE)
        layering.write(below, layer, made, REFERENCE, settings, f"podlab: a mirror of {names}")


_SETTINGS: Final = f"""\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {STORAGE}}}
  cache: {{blobdescriptor: inmemory}}
  maintenance: {{readonly: {{enabled: true}}}}
http: {{addr: "127.0.0.1:5001", secret: unused}} # it takes no uploads, and warns where it has none
"""
