from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from podlab.errors import Invalid, Unsupported
from podlab.images import mirror, registry_layout

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "srv/docker/registry/v2"


def archive(*images: tuple[list[str], bytes, list[bytes]]) -> io.BytesIO:
    """A `docker save` archive of images: tags, configuration, layers."""
    out = io.BytesIO()
    manifest = []
    with tarfile.open(fileobj=out, mode="w") as tar:

        def add(name: str, content: bytes) -> str:
            registry_layout.add_file(tar, name, io.BytesIO(content))
            return name

        for tags, config, layers in images:
            names = [add(f"{hashlib.sha256(layer).hexdigest()}/layer.tar", layer) for layer in layers]
            config_name = add(f"{hashlib.sha256(config).hexdigest()}.json", config)
            manifest.append({"Config": config_name, "RepoTags": tags, "Layers": names})
        add("manifest.json", json.dumps(manifest).encode())
    out.seek(0)
    return out


def written(source: io.BytesIO) -> tuple[dict[str, str], dict[str, bytes]]:
    out = io.BytesIO()
    source.seek(0)
    with tarfile.open(fileobj=source) as images, tarfile.open(fileobj=out, mode="w") as tar:
        digests = registry_layout.write(images, tar, "srv")
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        names = tar.getnames()
        assert len(names) == len(set(names)), "a file is written twice"
        return digests, {name: tar.extractfile(name).read() for name in names}  # type: ignore[union-attr]


def blob(files: dict[str, bytes], digest: str) -> bytes:
    hexadecimal = digest.removeprefix("sha256:")
    content = files[f"{ROOT}/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data"]
    assert hashlib.sha256(content).hexdigest() == hexadecimal
    return content


def test_a_tag_leads_to_the_manifest_and_that_to_all_it_names() -> None:
    digests, files = written(archive((["alpine:3"], b'{"os":"linux"}', [b"one", b"two"])))
    tag = files[f"{ROOT}/repositories/library/alpine/_manifests/tags/3/current/link"].decode()
    assert digests == {"alpine:3": tag}
    manifest: dict[str, Any] = json.loads(blob(files, tag))
    assert blob(files, manifest["config"]["digest"]) == b'{"os":"linux"}'
    layers = [blob(files, layer["digest"]) for layer in manifest["layers"]]
    assert [gzip.decompress(layer) for layer in layers] == [b"one", b"two"]
    assert [layer["size"] for layer in manifest["layers"]] == [len(layer) for layer in layers]
    for part in (manifest["config"], *manifest["layers"]):
        link = f"{ROOT}/repositories/library/alpine/_layers/{part['digest'].replace(':', '/')}/link"
        assert files[link].decode() == part["digest"]


def test_layers_that_two_images_share_are_written_once() -> None:
    _, files = written(archive((["a/b"], b"{}", [b"base"]), (["c/d", "e/f:1"], b"{ }", [b"base", b"top"])))
    assert sum(name.endswith("/data") for name in files) == 2 + 2 + 2  # manifests, configurations, layers


def test_equal_images_give_equal_bytes() -> None:
    source = archive((["alpine"], b"{}", [b"layer" * 1000]))
    assert written(source) == written(source)


def test_a_layer_that_is_compressed_already_stays_as_it_is() -> None:
    packed = gzip.compress(b"layer", mtime=1)
    digests, files = written(archive((["alpine"], b"{}", [packed])))
    manifest = json.loads(blob(files, digests["alpine:latest"]))
    assert blob(files, manifest["layers"][0]["digest"]) == packed


def test_an_image_of_another_registry_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="'localhost:5000/app:latest'"):
        written(archive((["localhost:5000/app"], b"{}", [])))


def test_what_is_no_image_archive_is_refused() -> None:
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    with pytest.raises(Invalid, match=r"manifest\.json"):
        written(empty)


def test_the_mirror_is_the_registry_with_one_layer_more(tmp_path: Path) -> None:
    base, seed, made = tmp_path / "base", tmp_path / "seed", tmp_path / "made"
    config = {
        "config": {"Entrypoint": ["/e"], "Cmd": ["x"], "Volumes": {"/v": {}}},
        "rootfs": {"diff_ids": ["sha256:b"]},
    }
    base.write_bytes(archive((["registry:2"], json.dumps(config).encode(), [b"below"])).read())
    seed.write_bytes(archive((["alpine"], b"{}", [b"layer"])).read())
    mirror.write_image(base, seed, made, {"registry:2": "sha256:1", "alpine:latest": "sha256:2"})
    with tarfile.open(made) as tar:
        [image] = registry_layout.read_json(tar, "manifest.json")
        assert image["RepoTags"] == ["podlab/mirror:latest"]
        top = tar.extractfile(image["Layers"][-1])
        assert top is not None
        content = top.read()
        new = registry_layout.read_json(tar, image["Config"])
    assert new["rootfs"]["diff_ids"] == ["sha256:b", f"sha256:{hashlib.sha256(content).hexdigest()}"]
    assert new["config"]["Entrypoint"] == ["/e"]
    assert not new["config"]["Volumes"]
    with tarfile.open(fileobj=io.BytesIO(content)) as layer:
        assert new["config"]["Cmd"][0].lstrip("/") in layer.getnames()
        assert any("/library/alpine/_manifests/" in name for name in layer.getnames())
