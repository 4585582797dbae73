"""One image more: another one with a layer on top, written as a `docker save` archive; no container is made for it.

https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from podlab.images import registry_layout

if TYPE_CHECKING:
    from pathlib import Path


def write(
    base: tarfile.TarFile,
    layer: IO[bytes],
    made: Path,
    reference: str,
    settings: Mapping[str, Any],
    said: str,
) -> None:
    """The one image of `base` with `layer`, a tar, on top. `settings` take the place of the base's own of the same
    names (`Cmd`, `Labels`); labels are added. `said` is how its history tells of it."""
    layer.seek(0)
    digest = hashlib.file_digest(layer, "sha256").hexdigest()  # type: ignore[arg-type]
    [image] = registry_layout.read_json(base, "manifest.json")
    config = _configured(registry_layout.read_json(base, image["Config"]), digest, settings, said)
    text = json.dumps(config).encode()
    name = f"{hashlib.sha256(text).hexdigest()}.json"
    with tarfile.open(made, "x") as out:
        registry_layout.add_file(out, name, io.BytesIO(text))
        for path in dict.fromkeys(image["Layers"]):
            content = base.extractfile(path)
            if content is not None:
                registry_layout.add_file(out, path, content)
        registry_layout.add_file(out, f"{digest}.tar", layer)
        manifest = [{"Config": name, "RepoTags": [reference], "Layers": [*image["Layers"], f"{digest}.tar"]}]
        registry_layout.add_file(out, "manifest.json", io.BytesIO(json.dumps(manifest).encode()))


def _configured(base: dict[str, Any], layer: str, settings: Mapping[str, Any], said: str) -> dict[str, Any]:
    """https://github.com/moby/docker-image-spec/blob/main/spec.md#image-json-description"""
    own = dict(base["config"])
    labels = {**(own.get("Labels") or {}), **settings.get("Labels", {})}
    return base | {
        "config": own | dict(settings) | {"Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [*base["rootfs"]["diff_ids"], f"sha256:{layer}"]},
        "history": [*(base.get("history") or []), {"created_by": said}],
    }
