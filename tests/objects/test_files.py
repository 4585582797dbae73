from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime

import pytest

from podlab.errors import NotFound
from podlab.model import (
    ConfigMap,
    ConfigMapProjection,
    ConfigMapVolume,
    Container,
    DownwardAPIFile,
    DownwardAPIProjection,
    DownwardAPIVolume,
    FieldSelector,
    KeyToPath,
    Metadata,
    PodSecurityContext,
    ProjectedVolume,
    ResourceSelector,
    SecretProjection,
    SecretVolume,
    Volume,
    VolumeMount,
    VolumeProjection,
)
from podlab.objects import missing, references
from podlab.objects.files import File, files
from podlab.objects.ownership import Ownership, ownership
from podlab.objects.tree import folder_name, pack, version
from tests.objects.things import around, config, pod_with, secret

NOW = datetime(2026, 11, 22, 7, 48, 50, tzinfo=UTC)


def test_every_key_is_a_file() -> None:
    made = ConfigMap(metadata=Metadata(name="c"), data={"b": "2"}, binary_data={"a": "AAE="})
    volume = Volume(name="v", config_map=ConfigMapVolume(name="c"))
    assert files(pod_with(), volume, around(made)) == [
        File(path="a", data=b"\0\1", mode=0o644),
        File(path="b", data=b"2", mode=0o644),
    ]


def test_chosen_keys_have_paths_and_modes_of_their_own() -> None:
    source = SecretVolume(
        secret_name="s",
        default_mode=0o400,
        items=(KeyToPath(key="a", path="x/y"), KeyToPath(key="b", path="z", mode=0)),
    )
    volume = Volume(name="v", secret=source)
    assert files(pod_with(), volume, around(secret("s", a="1", b="2", c="3"))) == [
        File(path="x/y", data=b"1", mode=0o400),
        File(path="z", data=b"2", mode=0),
    ]


def test_the_pod_itself_as_files() -> None:
    def item(path: str, field: str) -> DownwardAPIFile:
        return DownwardAPIFile(path=path, field_ref=FieldSelector(field_path=field))

    source = DownwardAPIVolume(
        items=(
            item("labels", "metadata.labels"), item("notes", "metadata.annotations"),
            item("one", "metadata.labels['b']"),
            DownwardAPIFile(
                path="cpu", resource_field_ref=ResourceSelector(resource="limits.cpu", container_name="app")
            ),
        ),
    )  # fmt: skip
    pod = pod_with(Container(name="app", image="b"), labels={"b": "2", "a": "1"})
    made = {f.path: f.data for f in files(pod, Volume(name="v", downward_api=source), around())}
    assert made == {
        "labels": b'a="1"\nb="2"',
        "notes": rb'note="a \"b\"\nc"',
        "one": b"2",
        "cpu": b"4",
    }


def test_sources_are_projected_into_one_folder() -> None:
    source = ProjectedVolume(
        default_mode=0o440,
        sources=(
            VolumeProjection(config_map=ConfigMapProjection(name="c")),
            VolumeProjection(secret=SecretProjection(name="s", items=(KeyToPath(key="k", path="a"),))),
            VolumeProjection(
                downward_api=DownwardAPIProjection(
                    items=(DownwardAPIFile(path="n", field_ref=FieldSelector(field_path="metadata.name")),)
                )
            ),
            VolumeProjection(config_map=ConfigMapProjection(name="none", optional=True)),
        ),
    )
    made = files(
        pod_with(), Volume(name="v", projected=source), around(config(a="1", b="2"), secret("s", k="3"))
    )
    assert [(f.path, f.data, f.mode) for f in made] == [
        ("a", b"3", 0o440), ("b", b"2", 0o440), ("n", b"web", 0o440),
    ]  # fmt: skip


def test_what_is_missing_is_named_with_its_place() -> None:
    volume = Volume(name="v", config_map=ConfigMapVolume(name="c", items=(KeyToPath(key="k", path="p"),)))
    app = Container(name="app", image="b", volume_mounts=(VolumeMount(name="v", mount_path="/v"),))
    pod = pod_with(app, volumes=(volume, Volume(name="w", config_map=ConfigMapVolume(name="unused"))))
    found = list(references(pod))
    assert [(r.name, r.key) for r in found] == [("c", ""), ("c", "k")]
    with pytest.raises(NotFound, match=r"pod 'web' needs ConfigMap 'c' \(volume 'v'\), and there is none"):
        missing(pod, found, {})
    with pytest.raises(NotFound, match=r"needs key 'k' of ConfigMap 'c'.*which has a"):
        missing(pod, found, around(config(a="1")).objects)
    missing(pod, found, around(config(k="1")).objects)
    with pytest.raises(NotFound):
        files(pod, volume, around(config(a="1")))


def test_a_new_version_is_one_link_away() -> None:
    made = [File(path="a", data=b"1", mode=0o600), File(path="d/e/f", data=b"2", mode=0o644)]
    folder = folder_name(made, Ownership(), NOW)
    assert folder == f"..2026_11_22_07_48_50.{version(made, Ownership())}"
    first = pack(made, Ownership(), folder, NOW, prefix="files", first=True)
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        there = {info.name: info for info in tar}
    assert list(there) == [
        "files", f"files/{folder}", f"files/{folder}/d", f"files/{folder}/d/e", f"files/{folder}/a",
        f"files/{folder}/d/e/f", "files/..data", "files/a", "files/d",
    ]  # fmt: skip
    assert there["files"].mode == 0o777
    assert there[f"files/{folder}/a"].mode == 0o600
    assert there["files/..data"].linkname == folder
    assert (there["files/a"].linkname, there["files/d"].linkname) == ("..data/a", "..data/d")
    later = pack(made, Ownership(), folder, NOW, prefix="files", first=False)
    with tarfile.open(fileobj=io.BytesIO(later)) as tar:
        names = tar.getnames()
    assert names[-1] == "files/..data_tmp" and not {"files", "files/a", "files/..data"} & {*names}


def test_the_version_tells_content_modes_and_owners_apart() -> None:
    one = [File(path="a", data=b"1", mode=0o600)]
    others = [
        version([File(path="a", data=b"2", mode=0o600)], Ownership()),
        version([File(path="a", data=b"1", mode=0o644)], Ownership()),
        version([File(path="b", data=b"1", mode=0o600)], Ownership()),
        version(one, Ownership(gid=7)),
        version([], Ownership()),
    ]
    assert len({version(one, Ownership()), *others}) == 6


def test_a_group_reads_what_podlab_writes() -> None:
    pod = pod_with(security_context=PodSecurityContext(fs_group=7))
    owned = ownership(pod, Volume(name="v", config_map=ConfigMapVolume(name="c")))
    assert (owned.gid, owned.file_mode(0o400), oct(owned.root_mode)) == (7, 0o440, "0o2777")
