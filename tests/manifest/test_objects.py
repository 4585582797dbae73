"""ConfigMaps, Secrets and claims in files."""

from __future__ import annotations

import pytest

from podlab.model import ConfigMap, PersistentVolumeClaim, Secret
from tests.manifest.manifest_texts import pod, read, refused


def test_objects_of_a_file_come_in_its_order() -> None:
    loaded = read(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\nbinaryData: {b: AAE=}\nimmutable: true\n"
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\nstringData: {k: v}\n"
        "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\nstatus: {phase: Bound}\n"
        "---\n" + pod()
    )
    assert [type(each) for each in loaded.objects] == [ConfigMap, Secret, PersistentVolumeClaim]
    assert len(loaded.pods) == 1


def test_an_object_stands_once_in_a_call() -> None:
    one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    (line,) = refused(f"{one}---\n{one}")
    assert line.endswith("another ConfigMap is named 'a' already")


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("data: {k: topsecret!}\n", 'data.k: is no base64; plain text stands in stringData'),
        ("stringData: {k: 4711}\n", "stringData.k: expected text; put it in quotes"),
        ("stringData: {a b: topsecret}\n", "is no key: use at most 253"),
        ("type: kubernetes.io/tls\nstringData: {tls.crt: topsecret}\n", "kubernetes.io/tls needs"),
        ("immutable: 4711\n", "immutable: expected true or false"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_secret_is_told_without_its_values(text: str, problem: str) -> None:
    (line,) = refused(SECRET + text)
    assert problem in line
    assert "topsecret" not in line and "4711" not in line


def test_a_config_map_is_told_what_it_holds() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {n: 1, ok: x}\n"
    (line,) = refused(text)
    assert "data.n: expected text, got the number 1; put it in quotes" in line
    double = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: x}\nbinaryData: {k: AAE=}\n"
    assert "is a key of data already" in refused(double)[0]


def test_containers_that_are_named_are_there() -> None:
    ref = "{resource: limits.cpu, containerName: ap}"
    item = f"{{path: p, resourceFieldRef: {ref}}}"
    text = pod(
        f"  volumes: [{{name: v, downwardAPI: {{items: [{item}]}}}}]\n",
        f"    env: [{{name: A, valueFrom: {{resourceFieldRef: {ref}}}}}]\n",
    )
    lines = refused(text)
    assert len(lines) == 2
    assert all(line.endswith("the pod has no container named \"ap\"; did you mean 'app'?") for line in lines)


@pytest.mark.parametrize(
    ("mount", "problem"),
    [
        ("{name: v, mountPath: /v, mountPropagation: Bidirectional}", "for privileged containers only"),
        ("{name: v, mountPath: /v, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer}",
         "goes with mountPropagation: None only"),
    ],
)  # fmt: skip
def test_mounts_that_contradict_themselves_are_refused(mount: str, problem: str) -> None:
    volumes = "  volumes: [{name: v, hostPath: {path: /v}}]\n"
    (line,) = refused(pod(volumes, f"    volumeMounts: [{mount}]\n"))
    assert problem in line
