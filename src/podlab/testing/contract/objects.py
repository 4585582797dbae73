"""ConfigMaps, Secrets and claims, and what pods have of them."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from podlab.errors import Conflict, NotFound
from podlab.model import (
    ClaimResources,
    ClaimSpec,
    ClaimVolume,
    ConfigMap,
    ConfigMapVolume,
    DownwardAPIFile,
    DownwardAPIVolume,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    FieldSelector,
    KeySelector,
    KeyToPath,
    Metadata,
    ObjectReference,
    PersistentVolumeClaim,
    Secret,
    SecretVolume,
    Volume,
    VolumeMount,
)
from podlab.objects import key_of
from podlab.testing.contract.case import Case, everything, id_of, member, pod_of, until

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.objects import Object

WORD = "correct horse battery"


def config_map(name: str, **data: str) -> ConfigMap:
    return ConfigMap(metadata=Metadata(name=name), data=data)


def secret(name: str, **data: str) -> Secret:
    return Secret(metadata=Metadata(name=name), string_data=data)


def claim(name: str, size: str = "1Mi", mode: Any = "ReadWriteOnce") -> PersistentVolumeClaim:
    resources = ClaimResources(requests={"storage": size})
    spec = ClaimSpec(access_modes=(mode,), resources=resources)
    return PersistentVolumeClaim(metadata=Metadata(name=name), spec=spec)


def from_config(name: str, key: str, *, optional: bool | None = None) -> EnvVarSource:
    return EnvVarSource(config_map_key_ref=KeySelector(name=name, key=key, optional=optional))


class Objects(Case):
    @asynccontextmanager
    async def kept(self, engine: Engine, *objects: Object) -> AsyncIterator[None]:
        try:
            for each in objects:
                await engine.put(each)
            yield
        finally:
            for each in objects:
                await engine.remove(*key_of(each))

    async def read(self, engine: Engine, name: str, path: str) -> bytes:
        return (await self.run(engine, name, "cat", path))[0]

    async def test_what_was_put_is_found_until_it_is_removed(self, engine: Engine, name: str) -> None:
        made = config_map(name, a="1")
        async with self.kept(engine):
            assert await engine.put(made) == "created"
            assert await engine.put(made) == "unchanged"
            assert await engine.object("ConfigMap", name) == made
            assert await engine.put(config_map(name, a="ä", b="2")) == "configured"
            found = [each for each in await engine.objects("ConfigMap") if each.metadata.name == name]
            assert found == [config_map(name, a="ä", b="2")]
            assert found[0] in await engine.objects()
            assert found[0] not in await engine.objects("Secret")
            await engine.remove("ConfigMap", name)
            await engine.remove("ConfigMap", name)
            with pytest.raises(NotFound, match=name):
                await engine.object("ConfigMap", name)
            assert found[0] not in await engine.objects()

    async def test_kinds_have_names_of_their_own(self, engine: Engine, name: str) -> None:
        async with self.kept(engine, config_map(name, a="1"), secret(name, a="2")):
            await engine.remove("ConfigMap", name)
            assert isinstance(await engine.object("Secret", name), Secret)

    async def test_values_of_a_secret_come_back_as_data(self, engine: Engine, name: str) -> None:
        async with self.kept(engine, secret(name, word=WORD)):
            found = await engine.object("Secret", name)
            assert isinstance(found, Secret)
            assert {key: base64.b64decode(value) for key, value in found.data.items()} == {
                "word": WORD.encode()
            }
            assert await engine.put(secret(name, word=WORD)) == "unchanged"

    async def test_what_is_immutable_cannot_change(self, engine: Engine, name: str) -> None:
        made = ConfigMap(metadata=Metadata(name=name), data={"a": "1"}, immutable=True)
        async with self.kept(engine, made):
            assert await engine.put(made) == "unchanged"
            with pytest.raises(Conflict, match="immutable"):
                await engine.put(config_map(name, a="2"))
            assert await engine.object("ConfigMap", name) == made

    async def test_a_claim_changes_in_size_only(self, engine: Engine, name: str) -> None:
        async with self.kept(engine, claim(name)):
            assert await engine.put(claim(name, "2Mi")) == "configured"
            with pytest.raises(Conflict):
                await engine.put(claim(name, "2Mi", "ReadOnlyMany"))
            assert await engine.object("PersistentVolumeClaim", name) == claim(name, "2Mi")

    @pytest.mark.parametrize("kind", ["env", "envFrom", "volume", "claim", "key"])
    async def test_an_object_that_is_missing_is_named_and_nothing_is_made(
        self, engine: Engine, image: str, name: str, kind: str
    ) -> None:
        volumes = {
            "volume": Volume(name="v", secret=SecretVolume(secret_name=f"{name}-x")),
            "claim": Volume(name="v", persistent_volume_claim=ClaimVolume(claim_name=f"{name}-x")),
        }
        mount: dict[str, Any] = {"volume_mounts": (VolumeMount(name="v", mount_path="/v"),)}
        settings: dict[str, dict[str, Any]] = {
            "env": {"env": (EnvVar(name="A", value_from=from_config(f"{name}-x", "a")),)},
            "key": {"env": (EnvVar(name="A", value_from=from_config(f"{name}-y", f"{name}-x")),)},
            "envFrom": {"env_from": (EnvFromSource(secret_ref=ObjectReference(name=f"{name}-x")),)},
        }
        pod = pod_of(
            name,
            member("app", image, **settings.get(kind, mount)),
            volumes=tuple(v for k, v in volumes.items() if k == kind),
        )
        async with self.kept(engine, config_map(f"{name}-y", a="1")):
            with pytest.raises(NotFound, match=f"{name}-x"):
                await engine.apply(pod)
            await self.is_gone(engine, name)

    async def test_an_environment_comes_from_objects_and_from_the_pod(
        self, engine: Engine, image: str, name: str
    ) -> None:
        word = EnvVarSource(secret_key_ref=KeySelector(name=name, key="word"))
        own = EnvVarSource(field_ref=FieldSelector(field_path="metadata.name"))
        address = EnvVarSource(field_ref=FieldSelector(field_path="status.podIP"))
        app = member(
            "app", image,
            env_from=(
                EnvFromSource(config_map_ref=ObjectReference(name=name), prefix="C_"),
                EnvFromSource(config_map_ref=ObjectReference(name=f"{name}-x", optional=True)),
            ),
            env=(
                EnvVar(name="WORD", value_from=word), EnvVar(name="SELF", value_from=own),
                EnvVar(name="IP", value_from=address), EnvVar(name="C_B", value="mine"),
                EnvVar(name="NONE", value_from=from_config(name, "none", optional=True)),
                EnvVar(name="ALL", value="$(C_A) $(SELF) $(WORD) $(NONE) $$(C_A)"),
            ),
        )  # fmt: skip
        async with (
            self.kept(engine, config_map(name, A="1", B="2"), secret(name, word=WORD)),
            self.running(engine, pod_of(name, app)),
        ):
            env = (await self.run(engine, name, "env"))[0].decode().splitlines()
            address_now = (await engine.get(name)).ip
            assert {
                "C_A=1", "C_B=mine", f"WORD={WORD}", f"SELF={name}", f"IP={address_now}",
                f"ALL=1 {name} {WORD} $(NONE) $(C_A)",
            } <= set(env)  # fmt: skip
            assert not [line for line in env if line.startswith("NONE=")]
            assert WORD not in repr(await engine.spec(name)) + repr(await engine.get(name))

    async def test_a_changed_object_restarts_nothing(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image, env=(EnvVar(name="A", value_from=from_config(name, "a")),)))
        async with self.kept(engine, config_map(name, a="1")), self.running(engine, pod):
            before = await engine.get(name)
            await engine.put(config_map(name, a="2"))
            assert await engine.plan(pod) == []
            assert id_of(await engine.get(name), "app") == id_of(before, "app")
            await engine.remove("ConfigMap", name)
            assert await engine.plan(pod) == []
            await engine.apply(pod)

    async def test_files_come_from_objects_and_from_the_pod(
        self, engine: Engine, image: str, name: str
    ) -> None:
        label = DownwardAPIFile(path="team", field_ref=FieldSelector(field_path="metadata.labels['team']"))
        item = KeyToPath(key="word", path="deep/word", mode=0o444)
        volumes = (
            Volume(name="c", config_map=ConfigMapVolume(name=name)),
            Volume(name="s", secret=SecretVolume(secret_name=name, items=(item,))),
            Volume(name="d", downward_api=DownwardAPIVolume(items=(label,))),
            Volume(name="o", config_map=ConfigMapVolume(name=f"{name}-x", optional=True)),
        )
        mounts = [VolumeMount(name=each, mount_path=f"/etc/{each}") for each in "csdo"]
        one = VolumeMount(name="c", mount_path="/etc/one", sub_path="a.conf")
        pod = pod_of(
            name, member("app", image, volume_mounts=(*mounts, one)), volumes=volumes, labels={"team": "blue"}
        )
        objects = config_map(name, **{"a.conf": "a = 1\n", "b": ""}), secret(name, word=WORD, other="x")
        async with self.kept(engine, *objects), self.running(engine, pod):
            assert await self.read(engine, name, "/etc/c/a.conf") == b"a = 1\n"
            assert await self.read(engine, name, "/etc/c/b") == b""
            assert await self.read(engine, name, "/etc/one") == b"a = 1\n"
            assert await self.read(engine, name, "/etc/s/deep/word") == WORD.encode()
            assert await self.read(engine, name, "/etc/d/team") == b"blue"
            assert (await self.run(engine, name, "cat", "/etc/s/other"))[2] != 0
            assert await engine.plan(pod) == []

    async def test_files_of_an_object_that_is_put_again_are_new(
        self, engine: Engine, image: str, name: str
    ) -> None:
        volume = Volume(name="c", config_map=ConfigMapVolume(name=name))
        app = member("app", image, volume_mounts=(VolumeMount(name="c", mount_path="/etc/c"),))
        pod = pod_of(name, app, volumes=(volume,))
        async with self.kept(engine, config_map(name, a="1", gone="x")), self.running(engine, pod):
            before = await engine.get(name)
            await engine.put(config_map(name, a="2", new="3"))
            assert await self.read(engine, name, "/etc/c/a") == b"2"
            assert await self.read(engine, name, "/etc/c/new") == b"3"
            assert (await self.run(engine, name, "cat", "/etc/c/gone"))[2] != 0
            assert id_of(await engine.get(name), "app") == id_of(before, "app")

    async def test_files_are_there_after_a_pod_was_stopped(
        self, engine: Engine, image: str, name: str
    ) -> None:
        volume = Volume(name="s", secret=SecretVolume(secret_name=name))
        app = member("app", image, volume_mounts=(VolumeMount(name="s", mount_path="/etc/s"),))
        pod = pod_of(name, app, volumes=(volume,))
        async with self.kept(engine, secret(name, word=WORD)), self.running(engine, pod):
            await engine.stop(name)
            await engine.put(secret(name, word="new"))
            await engine.start(name)
            assert await self.read(engine, name, "/etc/s/word") == b"new"
            await engine.stop(name)
            await engine.apply(pod)
            assert await self.read(engine, name, "/etc/s/word") == b"new"

    async def test_a_claim_outlives_its_pods(self, engine: Engine, image: str, name: str) -> None:
        volume = Volume(name="data", persistent_volume_claim=ClaimVolume(claim_name=name))
        app = member("app", image, volume_mounts=(VolumeMount(name="data", mount_path="/data"),))
        pod = pod_of(name, app, volumes=(volume,))
        async with self.kept(engine, claim(name)):
            async with self.running(engine, pod):
                await engine.write_archive(name, "app", "/data", _tar("kept", b"here"))
                with pytest.raises(Conflict, match=name):
                    await engine.remove("PersistentVolumeClaim", name)
                assert await engine.plan(pod) == []
            async with self.running(engine, pod):
                assert await self.read(engine, name, "/data/kept") == b"here"
            await engine.remove("PersistentVolumeClaim", name)
            await engine.put(claim(name))
            async with self.running(engine, pod):
                assert await everything(engine.read_archive(name, "app", "/data"))
                assert (await self.run(engine, name, "cat", "/data/kept"))[2] != 0

    async def test_no_value_of_a_secret_is_shown_before_it_is_put(
        self, engine: Engine, image: str, name: str
    ) -> None:
        word = EnvVarSource(secret_key_ref=KeySelector(name=name, key="word"))
        volume = Volume(name="s", secret=SecretVolume(secret_name=name))
        app = member(
            "app", image, ["sleep", "$(URL)"],
            env=(EnvVar(name="WORD", value_from=word), EnvVar(name="URL", value="http://$(WORD)@x")),
            volume_mounts=(VolumeMount(name="s", mount_path="/etc/s"),),
        )  # fmt: skip
        pod = pod_of(name, app, volumes=(volume,))
        with pytest.raises(NotFound, match=name):
            await engine.preview(pod)
        shown = await engine.preview(pod, objects=[secret(name, word=WORD)])
        assert WORD not in shown and "***" in shown
        assert base64.b64encode(WORD.encode()).decode() not in shown
        with pytest.raises(NotFound):
            await engine.object("Secret", name)

    async def test_a_failed_pod_leaves_its_objects(self, engine: Engine, image: str, name: str) -> None:
        volume = Volume(name="data", persistent_volume_claim=ClaimVolume(claim_name=name))
        mount = (VolumeMount(name="data", mount_path="/data"),)
        good = pod_of(name, member("app", image, volume_mounts=mount), volumes=(volume,))
        bad = member("bad", image, volume_mounts=mount, working_dir="/etc/passwd")
        async with self.kept(engine, claim(name)):
            async with self.running(engine, good):
                await engine.write_archive(name, "app", "/data", _tar("kept", b"here"))
            with pytest.raises(Exception, match="bad"):
                await engine.apply(pod_of(name, bad, volumes=(volume,)))
            await self.is_gone(engine, name)
            async with self.running(engine, good):
                assert await until(lambda: self.read(engine, name, "/data/kept")) == b"here"


async def _tar(name: str, data: bytes) -> AsyncIterator[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    yield buffer.getvalue()
