"""Images as a registry keeps them on its disk, written straight from a `docker save` archive.

A registry that finds these files serves the images; nothing has to be pushed, and no registry has to run.
Layout: https://github.com/distribution/distribution/blob/v2.8.3/registry/storage/paths.go
Manifest: https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-2.md
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from dataclasses import dataclass
from typing import IO, Any, Final

from podlab.errors import Invalid, Unsupported
from podlab.images.reference import parse

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES: Final = 1 << 20
_IN_MEMORY_BYTES: Final = 8 << 20

MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG: Final = "application/vnd.docker.container.image.v1+json"
LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def write(archive: tarfile.TarFile, out: tarfile.TarFile, root: str = "") -> dict[str, str]:
    """Add every tagged image of the archive to `out`, below the folder `root`; reference → digest.

    Equal input gives equal output, byte for byte. Only names on the Docker Hub can be asked of a mirror:
    https://docs.docker.com/docker-hub/image-library/mirror/. Another one is `Unsupported`.
    """
    layout = _Layout(out, f"{root.strip('/')}/docker/registry/v2".lstrip("/"))
    digests: dict[str, str] = {}
    for image in read_json(archive, "manifest.json"):
        tags = [parse(tag) for tag in image.get("RepoTags") or ()]
        if elsewhere := [tag.familiar for tag in tags if not tag.is_on_hub]:
            raise Unsupported(
                f"cannot mirror image {elsewhere[0]!r}: a Docker daemon asks its mirrors for images of the "
                "Docker Hub only",
                subject=elsewhere[0],
            )
        if not tags:
            continue
        config = layout.blob(_member(archive, image["Config"]), CONFIG)
        layers = [layout.layer(archive, name) for name in image["Layers"]]
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.json,
            "layers": [b.json for b in layers],
        }
        stored = layout.blob(io.BytesIO(json.dumps(manifest, indent=3).encode()), MANIFEST)
        for tag in tags:
            for blob in (config, *layers):
                layout.link(f"{tag.repository}/_layers/sha256/{blob.hex}", blob)
            layout.link(f"{tag.repository}/_manifests/revisions/sha256/{stored.hex}", stored)
            layout.link(f"{tag.repository}/_manifests/tags/{tag.tag}/current", stored)
            layout.link(f"{tag.repository}/_manifests/tags/{tag.tag}/index/sha256/{stored.hex}", stored)
            digests[tag.familiar] = f"sha256:{stored.hex}"
    return digests


def read_json(archive: tarfile.TarFile, name: str) -> Any:
    """A JSON document in an image archive. `Invalid` where it is not there."""
    return json.load(_member(archive, name))


def add_file(out: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    """A plain file of root's, readable by all, with no time of its own; `content` is read from its start."""
    entry = tarfile.TarInfo(name)
    entry.size = content.seek(0, io.SEEK_END)
    entry.mode = 0o644
    content.seek(0)
    out.addfile(entry, content)


@dataclass(frozen=True, slots=True)
class _Blob:
    media_type: str
    hex: str
    size_bytes: int

    @property
    def json(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "size": self.size_bytes, "digest": f"sha256:{self.hex}"}


class _Layout:
    """What has been written so far: a blob or a link that several images have is written once."""

    def __init__(self, out: tarfile.TarFile, root: str) -> None:
        self._out = out
        self._root = root
        self._written: set[str] = set()
        self._layers: dict[str, _Blob] = {}

    def blob(self, content: IO[bytes], media_type: str) -> _Blob:
        digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        self._add(f"{self._root}/blobs/sha256/{digest[:2]}/{digest}/data", content)
        return _Blob(media_type, digest, content.tell())

    def layer(self, archive: tarfile.TarFile, name: str) -> _Blob:
        """Compressed, as registries keep layers. Engines save them plain or, with containerd's store, so."""
        if name not in self._layers:
            content = _member(archive, name)
            start = content.read(4)
            content.seek(0)
            if start == _ZSTD:
                raise Unsupported("cannot mirror an image whose layers are compressed with zstd")
            if start.startswith(_GZIP):
                self._layers[name] = self.blob(content, LAYER)
            else:
                with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as packed:
                    with gzip.GzipFile("", "wb", 6, packed, mtime=0) as stream:
                        while chunk := content.read(_CHUNK_BYTES):
                            stream.write(chunk)
                    packed.seek(0)
                    self._layers[name] = self.blob(packed, LAYER)
        return self._layers[name]

    def link(self, path: str, blob: _Blob) -> None:
        self._add(f"{self._root}/repositories/{path}/link", io.BytesIO(f"sha256:{blob.hex}".encode()))

    def _add(self, name: str, content: IO[bytes]) -> None:
        if name in self._written:
            content.seek(0, io.SEEK_END)
        else:
            self._written.add(name)
            add_file(self._out, name, content)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        found = archive.extractfile(name)
    except KeyError as error:
        raise Invalid(f"the image archive has no {name!r}; it is damaged or none") from error
    if found is None:
        raise Invalid(f"{name!r} in the image archive is no file")
    return found
