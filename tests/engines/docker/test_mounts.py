"""Mounts and volumes in the engine's words, and a preview that does what `apply` does."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from podlab.engines.docker import translate
from podlab.engines.docker.api.features import Features
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Invalid, Unsupported
from podlab.model import ClaimResources, ClaimSpec, Metadata, PersistentVolumeClaim
from podlab.objects import Surroundings, key_of
from tests.engines.docker.volume_pods import inside, objects_of, pod_of


def mounts_of(mounts: str, volumes: str, around: Surroundings | None = None) -> list[dict[str, Any]]:
    pod = pod_of("web", "busybox", f"volumeMounts: [{mounts}]", volumes)
    body = translate.member(pod, pod.spec.containers[0], around or Surroundings())
    made: list[dict[str, Any]] = body["HostConfig"]["Mounts"]
    return made


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("", {"Propagation": "rprivate", "CreateMountpoint": True}),
        (", mountPropagation: HostToContainer", {"Propagation": "rslave", "CreateMountpoint": True}),
        (
            ", readOnly: true, recursiveReadOnly: Enabled",
            {"Propagation": "rprivate", "CreateMountpoint": True, "ReadOnlyForceRecursive": True},
        ),
        (
            ", readOnly: true, recursiveReadOnly: Disabled",
            {"Propagation": "rprivate", "CreateMountpoint": True, "ReadOnlyNonRecursive": True},
        ),
    ],
)
def test_a_path_of_the_machine(said: str, options: dict[str, Any]) -> None:
    (mount,) = mounts_of(f"{{name: h, mountPath: /m{said}}}", "[{name: h, hostPath: {path: /srv}}]")
    assert (mount["Type"], mount["Source"], mount["BindOptions"]) == ("bind", "/srv", options)
    assert mount.get("ReadOnly", False) == ("readOnly" in said)


def test_a_path_with_a_type_is_not_made_by_the_engine_but_a_folder_in_it_is() -> None:
    volumes = "[{name: h, hostPath: {path: /srv, type: Directory}}]"
    whole, folder = mounts_of("{name: h, mountPath: /m}, {name: h, mountPath: /n, subPath: ./a//b}", volumes)
    assert "CreateMountpoint" not in whole["BindOptions"]
    assert folder["Source"] == "/srv/a/b" and folder["BindOptions"]["CreateMountpoint"]


def test_what_is_for_reading_is_read_only_whatever_its_mount_says() -> None:
    volumes = """\
    - {name: c, configMap: {name: c, optional: true}}
    - {name: i, image: {reference: busybox}}
    - {name: p, persistentVolumeClaim: {claimName: p, readOnly: true}}
    - {name: n, nfs: {server: s, path: /e, readOnly: true}}
    """
    made = mounts_of(", ".join(f"{{name: {n}, mountPath: /{n}}}" for n in "cipn"), volumes)
    assert [m["Source"] for m in made] == ["podlab-web-c", "podlab-web-i", "podlab.claim.p", "podlab-web-n"]
    assert all(m["ReadOnly"] for m in made)


def test_a_container_mounts_the_folder_that_is_there_when_it_is_filled() -> None:
    volumes = "[{name: c, configMap: {name: c}}]"
    both = "{name: c, mountPath: /c}, {name: c, mountPath: /f, subPath: a.conf}"
    folders = [m["VolumeOptions"].get("Subpath") for m in mounts_of(both, volumes)]
    assert folders == ["files", "files/a.conf"]
    old = Surroundings(has_subpaths=False)
    assert mounts_of("{name: c, mountPath: /c}", volumes, old)[0]["VolumeOptions"] == {"NoCopy": True}
    with pytest.raises(Unsupported, match="subPath"):
        mounts_of(both, volumes, old)


@pytest.mark.parametrize(("version", "can"), [("1.44", False), ("1.45", True), ("1.51", True)])
def test_engines_before_26_cannot_mount_a_folder_of_a_volume(version: str, can: bool) -> None:
    assert Features.of({"api-version": version}).has_subpaths is can


def test_an_expression_is_expanded_from_the_containers_environment() -> None:
    text = "env: [{name: A, value: x}]\nvolumeMounts: [{name: e, mountPath: /e, subPathExpr: %s}]"
    pod = pod_of("web", "busybox", text % "$(A)/$$(A)", "[{name: e, emptyDir: {}}]")
    (mount,) = translate.member(pod, pod.spec.containers[0])["HostConfig"]["Mounts"]
    assert mount["VolumeOptions"]["Subpath"] == "x/$(A)"
    pod = pod_of("web", "busybox", text % "$(B)", "[{name: e, emptyDir: {}}]")
    with pytest.raises(Invalid, match="no variable B"):
        translate.member(pod, pod.spec.containers[0])


def test_a_share_of_another_machine_is_the_local_drivers() -> None:
    pod = pod_of("web", "busybox", "", "[{name: n, nfs: {server: files.example.com, path: /e}}]")
    body = translate.volume(pod, pod.spec.volumes[0])
    assert body["DriverOpts"] == {"type": "nfs", "o": "addr=files.example.com,rw", "device": ":/e"}


def test_what_a_claim_asks_for_is_no_bound_and_its_limit_is() -> None:
    def claim(**resources: dict[str, str]) -> PersistentVolumeClaim:
        spec = ClaimSpec(access_modes=("ReadWriteOnce",), resources=ClaimResources(**resources))
        return PersistentVolumeClaim(metadata=Metadata(name="c"), spec=spec)

    asked = {"storage": "1Gi"}
    assert "DriverOpts" not in translate.claim("c", claim(requests=asked))
    assert translate.claim("c", claim(requests=asked, limits=asked))["DriverOpts"] == {"size": str(1 << 30)}
    assert len(translate.claim("c" * 253, None)["Name"]) < 255


@pytest.mark.engine
async def test_the_preview_does_the_same_by_hand(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(
        pod_name, image,
        """\
        env: [{name: WHO, value: me}]
        volumeMounts:
        - {name: c, mountPath: /c}
        - {name: p, mountPath: /p, subPath: a/b}
        - {name: r, mountPath: /r, subPathExpr: $(WHO)}
        - {name: i, mountPath: /i}
        """,
        f"""\
        - {{name: c, configMap: {{name: {pod_name}, defaultMode: 0400}}}}
        - {{name: p, persistentVolumeClaim: {{claimName: {pod_name}}}}}
        - {{name: r, emptyDir: {{medium: Memory}}}}
        - {{name: i, image: {{reference: '{image}'}}}}
        """,
    )  # fmt: skip
    objects = objects_of(
        f"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: {pod_name}}}
        data: {{text: "it's \\"$HOME\\"\\n"}}
        binaryData: {{raw: AAEC/w==}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {{name: {pod_name}}}
        spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
        """
    )
    script = await engine.preview(pod, objects=objects)
    try:
        done = subprocess.run(["sh", "-ec", script], capture_output=True, timeout=120)  # noqa: ASYNC221
        assert done.returncode == 0, done.stderr.decode()
        assert (
            inside(pod, "cat /c/text; od -An -tx1 /c/raw; stat -c %a /c/raw")
            == 'it\'s "$HOME"\n 00 01 02 ff\n400'
        )
        assert inside(pod, "touch /p/f /r/f && ls -d /i/bin /r/f") == "/i/bin\n/r/f"
        assert await engine.plan(pod) == []
    finally:
        await engine.delete(pod_name, grace_s=0)
        for each in objects:
            await engine.remove(*key_of(each))
