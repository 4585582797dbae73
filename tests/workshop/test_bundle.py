"""A workshop in one file: what goes in comes out, and what is damaged or hostile is refused."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from podlab.errors import Invalid, NotFound, Unsupported
from podlab.images.store import Image, ImageStore
from podlab.lesson.workshop import load_workshop
from podlab.workshop.bundle import writing as bundling
from podlab.workshop.bundle.reading import is_bundle, opened

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"
Files = dict[str, bytes]


class Images:
    """A store that holds images by name; an image is its id and no layer."""

    def __init__(self, **ids: str) -> None:
        self.ids = {f"{name}:latest": id for name, id in ids.items()}
        self.loads = 0

    async def image(self, reference: str) -> Image:
        name = reference if ":" in reference else f"{reference}:latest"
        if name not in self.ids:
            raise NotFound(f"no image {name}")
        return Image(id=self.ids[name], tags=(name,), size_bytes=9, created_at=0)

    async def images(self) -> list[Image]:
        return [await self.image(name) for name in self.ids]

    async def save(self, references: Sequence[str]) -> AsyncGenerator[bytes, None]:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as tar:
            manifest = []
            for name in references:
                _add(tar, f"{self.ids[name]}.json", b"{}")
                manifest.append({"Config": f"{self.ids[name]}.json", "RepoTags": [name], "Layers": []})
            _add(tar, "manifest.json", json.dumps(manifest).encode())
        yield made.getvalue()

    async def load(self, archive: AsyncIterable[bytes]) -> list[str]:
        self.loads += 1
        content = b"".join([chunk async for chunk in archive])
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            read = json.loads(cast("Any", tar.extractfile("manifest.json")).read())
        loaded = {tag: each["Config"].removesuffix(".json") for each in read for tag in each["RepoTags"]}
        self.ids |= loaded
        return list(loaded)

    async def remove_image(self, reference: str) -> None:
        self.ids.pop(reference, None)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "lab"
    (made / "lesson").mkdir(parents=True)
    (made / "podlab.yaml").write_bytes((EXAMPLE / "podlab.yaml").read_bytes())
    for file in (EXAMPLE / "lesson").iterdir():
        (made / "lesson" / file.name).write_bytes(file.read_bytes())
    (made / "prepare.sh").write_text("#!/bin/sh\n")
    (made / "prepare.sh").chmod(0o755)
    for name in (".git", "lab.sqlite", "lab.sqlite-wal", "old.podlab.zip"):
        (made / name).write_text("not to be carried")
    return made


@pytest.fixture
def store() -> Images:
    return Images(alpine="sha256:a", busybox="sha256:b")


async def written(store: Images, folder: Path, file: Path) -> Path:
    size = await bundling.write(
        cast("ImageStore", store), folder, file, name="docker-pods", images=["alpine", "busybox"],
        wheels=[("podlab-1-py3-none-any.whl", b"wheel")],
    )  # fmt: skip
    assert size == file.stat().st_size
    return file


async def test_what_goes_in_comes_out(store: Images, folder: Path, tmp_path: Path) -> None:
    file = await written(store, folder, tmp_path / "lab.podlab.zip")
    assert is_bundle(file)
    assert not is_bundle(folder / "podlab.yaml")
    empty = Images()
    heard: list[tuple[str, int, int]] = []
    with opened(file, on_bytes=lambda *done: heard.append(done)) as bundle:
        assert load_workshop(bundle.workshop)[0] == load_workshop(folder)[0]
        assert sorted(p.name for p in bundle.workshop.iterdir()) == ["lesson", "podlab.yaml", "prepare.sh"]
        assert (bundle.workshop / "prepare.sh").stat().st_mode & 0o111
        assert bundle.name == "docker-pods"
        assert await bundle.load_images(cast("ImageStore", empty)) == ["alpine:latest", "busybox:latest"]
        assert empty.ids == store.ids
        assert await bundle.load_images(cast("ImageStore", empty)) == []
        assert empty.loads == 1, "what is there is not loaded again"
        there = bundle.workshop
    assert not there.exists()
    what, done, total = heard[-1]
    assert (what, done) == ("checking", total - zipfile.ZipFile(file).getinfo("bundle.json").file_size)


async def test_one_file_of_a_folder_is_the_workshop(store: Images, folder: Path, tmp_path: Path) -> None:
    (folder / "other.yaml").write_bytes((folder / "podlab.yaml").read_bytes())
    file = await written(store, folder / "other.yaml", tmp_path / "lab.zip")
    with opened(file) as bundle:
        assert bundle.workshop.name == "other.yaml"
        assert load_workshop(bundle.workshop)[1].steps


async def test_equal_things_give_equal_bundles(store: Images, folder: Path, tmp_path: Path) -> None:
    one = await written(store, folder, tmp_path / "one.zip")
    two = await written(store, folder, tmp_path / "two.zip")
    assert one.read_bytes().replace(b"one.zip", b"") != b""
    with zipfile.ZipFile(one) as a, zipfile.ZipFile(two) as b:
        assert a.namelist() == b.namelist()
        names = [n for n in a.namelist() if n not in ("README.txt", "bundle.json")]  # they name the file
        assert all(a.read(n) == b.read(n) for n in names)
    again = one.read_bytes()
    await written(store, folder, one)
    assert one.read_bytes() == again


async def test_a_link_out_of_the_folder_is_not_carried(store: Images, folder: Path, tmp_path: Path) -> None:
    (folder / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(Invalid, match="leads out of it"):
        await written(store, folder, tmp_path / "lab.zip")
    assert not list(tmp_path.glob("*.zip"))


async def test_a_missing_image_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await written(Images(alpine="sha256:a"), folder, tmp_path / "lab.zip")
    assert [each.name for each in tmp_path.iterdir()] == ["lab"]


# --- damaged


@pytest.fixture
async def good(store: Images, folder: Path, tmp_path: Path) -> Path:
    return await written(store, folder, tmp_path / "good.zip")


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.95, 0.999])
def test_a_bundle_that_is_cut_short_is_refused(part: float, good: Path, tmp_path: Path) -> None:
    content = good.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(Invalid, match="damaged, cut short, or no bundle"), opened(cut):
        pass


def test_any_byte_that_changed_is_noticed_or_does_no_harm(good: Path, tmp_path: Path) -> None:
    """Some bytes of a zip mean nothing, such as a time; with these changed the bundle is what it was."""
    content = good.read_bytes()
    with opened(good) as bundle:
        expected = {p.relative_to(bundle.workshop): p.read_bytes() for p in _files(bundle.workshop)}
    noticed = 0
    for at in range(0, len(content), 37):
        bad = tmp_path / "bad.zip"
        bad.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        try:
            with opened(bad) as bundle:
                assert {
                    p.relative_to(bundle.workshop): p.read_bytes() for p in _files(bundle.workshop)
                } == expected
        except (Invalid, Unsupported):
            noticed += 1
    assert noticed > len(range(0, len(content), 37)) // 2


def _files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a", "b")
    with pytest.raises(Invalid, match="no bundle"), opened(tmp_path / "text"):
        pass
    with pytest.raises(Invalid, match=r"no bundle\.json"), opened(tmp_path / "other.zip"):
        pass
    with pytest.raises(NotFound), opened(tmp_path / "none.zip"):
        pass


# --- hostile


def made(file: Path, change: Callable[[Files, dict[str, Any]], None]) -> Path:
    """A bundle whose index fits its files, whatever they are."""
    files: Files = {"README.txt": b"", "workshop/podlab.yaml": b"a: 1", "images.tar": b"tar"}
    index: dict[str, Any] = {"format": 1, "workshop": "x", "entry": "", "images": {}}
    change(files, index)
    index.setdefault(
        "files", {n: {"bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in files.items()}
    )
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        archive.writestr("bundle.json", json.dumps(index))
    return file


def test_a_bundle_made_by_hand_is_as_good(tmp_path: Path) -> None:
    with opened(made(tmp_path / "x.zip", lambda files, index: None)) as bundle:
        assert (bundle.workshop / "podlab.yaml").read_bytes() == b"a: 1"


@pytest.mark.parametrize("name", [
    "workshop/../../evil", "/etc/evil", "workshop//evil", "workshop/./evil", "../evil", "workshop\\..\\evil",
    "C:/evil", "workshop/a\nb", "workshop/" + "x" * 1001,
])  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    file = made(tmp_path / "x.zip", lambda files, index: files.update({name: b"evil"}))
    with pytest.raises(Invalid, match="refused"), opened(file):
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x.zip"]


def test_an_entry_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    file = made(tmp_path / "x.zip", lambda files, index: index.update(entry="../../etc/passwd"))
    with pytest.raises(Invalid, match="refused"), opened(file):
        pass


def test_a_link_in_a_bundle_is_refused(tmp_path: Path) -> None:
    file = made(tmp_path / "x.zip", lambda files, index: None)
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("workshop/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Invalid, match="no plain file"), opened(file):
        pass


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    file = made(tmp_path / "x.zip", lambda files, index: files.update({"workshop/PODLAB.yaml": b"b"}))
    with pytest.raises(Invalid, match="two files of one name"), opened(file):
        pass


@pytest.mark.parametrize("change", [
    lambda files, index: index.update(files={}),
    lambda files, index: index.update(files="no"),
    lambda files, index: index.update(images=["alpine"]),
    lambda files, index: index.pop("format"),
    lambda files, index: files.pop("images.tar"),
])  # fmt: skip
def test_an_index_that_does_not_fit_is_refused(
    change: Callable[[Files, dict[str, Any]], None], tmp_path: Path
) -> None:
    with pytest.raises(Invalid), opened(made(tmp_path / "x.zip", change)):
        pass


def test_a_bundle_of_a_newer_podlab_says_so(tmp_path: Path) -> None:
    file = made(tmp_path / "x.zip", lambda files, index: index.update(format=2))
    with pytest.raises(Unsupported, match="newer podlab"), opened(file):
        pass


def test_a_folder_larger_than_any_workshop_is_refused(tmp_path: Path) -> None:
    many = {f"workshop/{n}": b"" for n in range(10_001)}
    with (
        pytest.raises(Invalid, match="larger than any"),
        opened(made(tmp_path / "x.zip", lambda files, index: files.update(many))),
    ):
        pass
