"""Volumes on the real engine: what podlab writes, folders of volumes, and paths of the machine."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from podlab.engines.docker.api.features import Features
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Conflict, Invalid, NotFound, Unsupported
from podlab.model import ConfigMap, Metadata
from tests.conftest import docker
from tests.engines.docker.volume_pods import inside, pod_of, up

WORD = "correct-horse"
OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: {0}}}
data: {{a.conf: one, b: two}}
binaryData: {{raw: AAEC}}
---
apiVersion: v1
kind: Secret
metadata: {{name: {0}}}
stringData: {{word: correct-horse}}
"""


@pytest.mark.engine
async def test_files_lie_as_a_kubelet_lays_them(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(
        pod_name, image,
        """\
        volumeMounts:
        - {name: all, mountPath: /all}
        - {name: keys, mountPath: /keys}
        """,
        f"""\
        - name: all
          projected:
            defaultMode: 0440
            sources:
            - configMap:
                name: {pod_name}
                items: [{{key: a.conf, path: etc/a.conf}}, {{key: raw, path: raw, mode: 0600}}]
            - downwardAPI: {{items: [{{path: labels, fieldRef: {{fieldPath: metadata.labels}}}}]}}
        - {{name: keys, secret: {{secretName: {pod_name}, defaultMode: 0400}}}}
        """,
    )  # fmt: skip
    async with up(engine, pod, OBJECTS.format(pod_name)):
        assert inside(pod, "cd /all; stat -c '%a %U %n' -L etc/a.conf raw labels") == (
            "440 root etc/a.conf\n600 root raw\n440 root labels"
        )
        assert inside(pod, "cd /all; readlink raw; readlink etc; cat labels; od -An -tx1 raw") == (
            '..data/raw\n..data/etc\napp="web" 00 01 02'
        )
        assert inside(pod, "cat /keys/word; stat -c ' %a' -L /keys/word") == f"{WORD} 400"
        for path in ("/all/x", "/keys/..data/word"):
            assert "Read-only file system" in inside(pod, f"echo x >{path}")
        assert inside(pod, "grep ' /keys ' /proc/mounts").startswith("tmpfs ")
        shown = docker("inspect", f"podlab-{pod_name}-app", f"podlab-{pod_name}-infra").stdout
        shown += docker("volume", "inspect", *docker("volume", "ls", "-q").stdout.decode().split()).stdout
        assert WORD.encode() not in shown


@pytest.mark.engine
async def test_a_new_version_comes_in_one_step_and_a_mounted_file_stays(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(
        pod_name, image,
        "volumeMounts: [{name: c, mountPath: /c}, {name: c, mountPath: /one, subPath: a.conf}]",
        f"- {{name: c, configMap: {{name: {pod_name}}}}}",
    )  # fmt: skip
    reader = 'while a=$(cat /c/..data/a.conf) && b=$(cat /c/..data/b); do :; done; echo "$a $b" >/broken'
    async with up(engine, pod, OBJECTS.format(pod_name)):
        docker("exec", "-d", f"podlab-{pod_name}-app", "sh", "-c", reader)
        for number in range(3):
            data = {"a.conf": f"new{number}", "c": "three"}
            await engine.put(ConfigMap(metadata=Metadata(name=pod_name), data=data | {"b": f"new{number}"}))
            assert inside(pod, "cat /c/a.conf /c/b /c/c /one") == f"new{number}new{number}threeone"
        assert inside(pod, "ls -A /c | grep -v '^[.][.]2'") == "..data\na.conf\nb\nc"
        assert inside(pod, "ls -A /c | grep -c '^[.][.]2'; ls /broken").startswith("1")
        assert "No such file" in inside(pod, "cat /broken")


@pytest.mark.engine
async def test_files_are_there_again_after_the_infra_was_gone(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(
        pod_name, image,
        """\
        env:
        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        volumeMounts:
        - {name: c, mountPath: /c}
        - {name: ram, mountPath: /ram, subPathExpr: $(IP)/a}
        """,
        f"[{{name: c, configMap: {{name: {pod_name}}}}}, {{name: ram, emptyDir: {{medium: Memory}}}}]",
    )  # fmt: skip
    async with up(engine, pod, OBJECTS.format(pod_name)):
        names = [f"podlab-{pod_name}-{each}" for each in ("app", "infra")]
        # what a reboot leaves: nothing in memory, and an engine that starts members before anybody fills it
        docker("kill", *names)
        docker("start", names[1])
        assert docker("start", names[0]).returncode != 0
        await engine.apply(pod)
        assert inside(pod, "cat /c/a.conf; touch /ram/x && echo ok") == "oneok"
        docker("rm", "-f", names[1])
        await engine.apply(pod)
        assert inside(pod, "cat /c/a.conf; touch /ram/x && echo ok") == "oneok"
        assert inside(pod, "echo $IP") == (await engine.get(pod_name)).ip
        await engine.restart(pod_name)
        assert inside(pod, "cat /c/a.conf") == "one"


@pytest.mark.engine
async def test_files_stay_when_their_object_is_gone(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(
        pod_name, image, "volumeMounts: [{name: c, mountPath: /c}]",
        f"[{{name: c, configMap: {{name: {pod_name}}}}}]",
    )  # fmt: skip
    async with up(engine, pod, OBJECTS.format(pod_name)):
        await engine.remove("ConfigMap", pod_name)
        docker("stop", "-t", "0", f"podlab-{pod_name}-app")
        await engine.apply(pod)
        assert inside(pod, "cat /c/a.conf") == "one"
        await engine.stop(pod_name)
        with pytest.raises(NotFound, match=f"needs ConfigMap '{pod_name}'"):
            await engine.apply(pod)


@pytest.mark.engine
async def test_an_address_in_an_environment_is_the_pods_own_after_it_has_changed(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(
        pod_name, image, "env: [{name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]",
    )  # fmt: skip
    infra = f"podlab-{pod_name}-infra"
    async with up(engine, pod):
        before = inside(pod, "echo $IP")
        docker("network", "disconnect", "-f", "podlab", infra)
        taken = docker(
            "run", "-d", "--network", "podlab", "--ip", before, image, "sleep", "100"
        ).stdout.decode()
        try:
            docker("network", "connect", "--alias", pod_name, "podlab", infra)
            await engine.apply(pod)
            now = inside(pod, "echo $IP")
            assert now == (await engine.get(pod_name)).ip
            assert await engine.plan(pod) == []
        finally:
            docker("rm", "-f", taken.strip())


@pytest.mark.engine
async def test_folders_of_volumes_are_made_for_their_mounts(
    engine: DockerEngine, image: str, pod_name: str, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir(mode=0o750)
    pod = pod_of(
        pod_name, image,
        """\
        env: [{name: WHO, value: me}]
        volumeMounts:
        - {name: disk, mountPath: /a, subPath: x/y}
        - {name: disk, mountPath: /all}
        - {name: ram, mountPath: /b, subPathExpr: logs/$(WHO)}
        - {name: own, mountPath: /c, subPath: z}
        - {name: host, mountPath: /d, subPath: new/er}
        - {name: host, mountPath: /e, subPath: there, readOnly: true}
        """,
        f"""\
        - {{name: disk, emptyDir: {{}}}}
        - {{name: ram, emptyDir: {{medium: Memory}}}}
        - name: own
          ephemeral:
            volumeClaimTemplate:
              spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
        - {{name: host, hostPath: {{path: {tmp_path}, type: Directory}}}}
        """,
        spec="securityContext: {runAsUser: 1000}\n",
    )  # fmt: skip
    async with up(engine, pod):
        assert inside(pod, "for each in a b c; do touch /$each/f || exit; done; ls /all/x/y") == "f"
        assert inside(pod, "stat -c %a /a /all/x /b /c") == "777\n777\n777\n777"
        assert "Read-only" in inside(pod, "touch /e/f")
        assert (tmp_path / "new" / "er").is_dir()
        assert (tmp_path / "there").stat().st_mode & 0o777 == 0o750
    assert f"podlab-{pod_name}-own" not in docker("volume", "ls", "-q").stdout.decode()


@pytest.mark.engine
async def test_an_expression_that_leads_nowhere_is_refused(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    mounts = "volumeMounts: [{{name: v, mountPath: /v, subPathExpr: {0}}}]\nenv: [{{name: UP, value: ../..}}]"
    for expression, message in (("a/$(NONE)", "no variable NONE"), ("$(UP)", "leads out of the volume")):
        pod = pod_of(pod_name, image, mounts.format(expression), "[{name: v, emptyDir: {}}]")
        with pytest.raises(Invalid, match=message):
            await engine.apply(pod)
        assert pod_name not in [each.name for each in await engine.list()]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("kind", "path", "problem"),
    [
        ("Directory", "dir", ""), ("File", "file", ""), ("DirectoryOrCreate", "new", ""), ("FileOrCreate", "made", ""),
        ("FileOrCreate", "file", ""), ("CharDevice", "/dev/null", ""),
        ("Directory", "none", "there is no"), ("File", "dir", "is no File"), ("Directory", "file", "is no Directory"),
        ("DirectoryOrCreate", "file", "is no Directory"), ("Socket", "file", "is no Socket"),
        ("BlockDevice", "/dev/null", "is no BlockDevice"), ("FileOrCreate", "none/made", "cannot make"),
    ],
)  # fmt: skip
async def test_a_path_of_the_machine_is_of_its_type(
    engine: DockerEngine, image: str, pod_name: str, tmp_path: Path, kind: str, path: str, problem: str
) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "file").write_text("text")
    pod = pod_of(
        pod_name, image, "volumeMounts: [{name: v, mountPath: /v}]",
        f"[{{name: v, hostPath: {{path: {tmp_path / path}, type: {kind}}}}}]",
    )  # fmt: skip
    if problem:
        with pytest.raises(Invalid, match=problem):
            await engine.apply(pod)
        assert pod_name not in [each.name for each in await engine.list()]
        return
    async with up(engine, pod):
        assert inside(pod, "test -e /v && echo there") == "there"
        assert (tmp_path / path).exists()
    left = docker("ps", "-aq", "--filter", f"label=podlab.io/pod={pod_name}").stdout
    assert left == b""


@pytest.mark.engine
async def test_an_image_is_a_folder_to_read(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(
        pod_name, image, "volumeMounts: [{name: v, mountPath: /v}]",
        f"[{{name: v, image: {{reference: '{image}'}}}}]",
    )  # fmt: skip
    async with up(engine, pod):
        assert inside(pod, "/v/bin/busybox echo it runs") == "it runs"
        assert "Read-only" in inside(pod, "touch /v/x")
        assert await engine.plan(pod) == []


@pytest.mark.engine
async def test_how_mounts_below_a_path_of_the_machine_are_seen(
    engine: DockerEngine, image: str, pod_name: str, tmp_path: Path
) -> None:
    pod = pod_of(
        pod_name, image,
        """\
        securityContext: {privileged: true}
        volumeMounts:
        - {name: h, mountPath: /none, mountPropagation: None}
        - {name: h, mountPath: /both, mountPropagation: Bidirectional}
        - {name: h, mountPath: /read, readOnly: true, recursiveReadOnly: Enabled}
        """,
        f"[{{name: h, hostPath: {{path: {tmp_path}}}}}]",
    )  # fmt: skip
    try:
        await engine.apply(pod)
    except Exception as error:
        assert "shared" in str(error)
        return
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
async def test_what_only_a_path_of_the_machine_can_is_refused_elsewhere(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(
        pod_name, image, "volumeMounts: [{name: v, mountPath: /v, mountPropagation: HostToContainer}]",
        "[{name: v, emptyDir: {}}]",
    )  # fmt: skip
    with pytest.raises(Unsupported, match="only a hostPath can"):
        await engine.apply(pod)


@pytest.mark.engine
async def test_a_claim_is_everybodys_when_it_is_new_and_stays_as_it_is(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    objects = f"""
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {{name: {pod_name}}}
    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
    """
    pod = pod_of(
        pod_name, image, "volumeMounts: [{name: v, mountPath: /v}]",
        f"[{{name: v, persistentVolumeClaim: {{claimName: {pod_name}}}}}]",
    )  # fmt: skip
    async with up(engine, pod, objects):
        assert inside(pod, "stat -c %a /v; chmod 755 /v; touch /v/f") == "777"
        await engine.delete(pod_name, grace_s=0)
        assert await engine.prune(dry_run=True) is not None
        await engine.apply(pod)
        assert inside(pod, "stat -c %a /v; ls /v") == "755\nf"


@pytest.mark.engine
async def test_a_claim_for_one_pod_alone(engine: DockerEngine, image: str, pod_name: str) -> None:
    objects = f"""
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {{name: {pod_name}}}
    spec: {{accessModes: [ReadWriteOncePod], resources: {{requests: {{storage: 1Gi}}}}}}
    """
    volumes = f"[{{name: v, persistentVolumeClaim: {{claimName: {pod_name}}}}}]"
    pod, second = (
        pod_of(name, image, "volumeMounts: [{name: v, mountPath: /v}]", volumes)
        for name in (pod_name, f"{pod_name}-b")
    )
    async with up(engine, pod, objects):
        with pytest.raises(Conflict, match=f"pod '{pod_name}' has it"):
            await engine.apply(second)
        assert second.name not in [each.name for each in await engine.list()]
        docker("rm", "-f", f"podlab-{pod_name}-app")
        await engine.apply(pod)


@pytest.mark.engine
async def test_volumes_that_the_infra_holds_cannot_come_later(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(pod_name, image, "")
    more = pod_of(pod_name, image, "", f"[{{name: c, configMap: {{name: {pod_name}}}}}]")
    async with up(engine, pod):
        with pytest.raises(Conflict):
            await engine.plan(more)


@pytest.mark.engine
async def test_a_pod_without_grace_can_be_restarted(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(pod_name, image, "")
    pod = dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, termination_grace_period_seconds=0))
    async with up(engine, pod):
        await engine.restart(pod_name)
        assert inside(pod, "echo there") == "there"
        await engine.restart(pod_name, "app")
        assert inside(pod, "echo there") == "there"
        docker("kill", f"podlab-{pod_name}-infra")
        await engine.apply(pod)
        assert inside(pod, "echo there") == "there"


@pytest.mark.engine
async def test_two_who_put_one_object_end_in_one(engine: DockerEngine, pod_name: str) -> None:
    def made(number: int) -> ConfigMap:
        return ConfigMap(metadata=Metadata(name=pod_name), data={"number": str(number)})

    try:
        done = await asyncio.gather(*(engine.put(made(n)) for n in range(4)), return_exceptions=True)
        assert all(each == "configured" or each == "created" or isinstance(each, Conflict) for each in done)
        found = await engine.object("ConfigMap", pod_name)
        assert found in [made(n) for n in range(4)]
        assert await engine.put(found) == "unchanged"
    finally:
        await engine.remove("ConfigMap", pod_name)
    left = docker("volume", "ls", "-q", "--filter", f"label=podlab.io/object=ConfigMap/{pod_name}").stdout
    assert left == b""


@pytest.mark.engine
async def test_a_secret_is_closed_to_other_users(
    engine: DockerEngine, pod_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podlab.errors import Denied
    from podlab.model import Secret

    mine, theirs = tmp_path / "mine.key", tmp_path / "folder" / "theirs.key"
    made = Secret(metadata=Metadata(name=pod_name), string_data={"word": WORD})
    monkeypatch.setenv("PODLAB_SECRETS_KEY", str(mine))
    try:
        await engine.put(made)
        assert mine.stat().st_mode & 0o777 == 0o600
        monkeypatch.setenv("PODLAB_SECRETS_KEY", str(theirs))
        with pytest.raises(Denied, match="sealed with another key"):
            await engine.object("Secret", pod_name)
        names = [each.metadata.name for each in await engine.objects("Secret")]
        assert pod_name in names and not theirs.exists()
        assert await engine.put(dataclasses.replace(made, string_data={"word": "other"})) == "configured"
        assert isinstance(await engine.object("Secret", pod_name), Secret)
    finally:
        await engine.remove("Secret", pod_name)


@pytest.mark.engine
async def test_an_engine_that_cannot_mount_folders_has_the_files_too(
    engine: DockerEngine, image: str, pod_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Features, "of", classmethod(lambda cls, headers, **_: cls(has_subpaths=False)))
    pod = pod_of(
        pod_name, image, "volumeMounts: [{name: c, mountPath: /c}]",
        f"[{{name: c, configMap: {{name: {pod_name}}}}}]",
    )  # fmt: skip
    async with up(engine, pod, OBJECTS.format(pod_name)):
        assert inside(pod, "cat /c/a.conf; readlink /c/a.conf") == "one..data/a.conf"
        await engine.put(ConfigMap(metadata=Metadata(name=pod_name), data={"a.conf": "new"}))
        assert inside(pod, "cat /c/a.conf; ls /c") == "newa.conf"
        await engine.stop(pod_name)
        await engine.start(pod_name)
        assert inside(pod, "cat /c/a.conf") == "new"
