"""What `podlab deploy kubernetes` writes: all of it, word for word, and no right more than the portal uses."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from podlab.deploy import cluster, folder
from podlab.deploy.portal import NAME, Portal
from podlab.engines.kubernetes.lab import ground, seats
from podlab.errors import Invalid
from podlab.lesson import load_workshop
from podlab.manifest import load
from podlab.manifest.emit import text
from podlab.workshop.lab import set_up as lab
from tests.examples.conftest import EXAMPLES

GOLDEN = Path(__file__).parent / "docker-pods.yaml"
FILES = {"podlab.yaml": b"kind: Workshop\n", "lesson/01-a.md": b"# A\n", "lesson/a b.png": b"\x89PNG\0"}


def made(**settings: Any) -> cluster.Deployment:
    [workshop] = load([EXAMPLES / "docker-pods" / "podlab.yaml"]).workshops
    template = replace(workshop.spec.pod, spec=seats.fitted(workshop.spec.pod.spec))
    settled = replace(workshop, spec=replace(workshop.spec, pod=template, level="privileged"))
    wanted = Portal(
        image="podlab/portal:1", seats_namespace="podlab-docker-pods", public_url="https://lab.example.org",
        preview_names="https://*.previews.example.org", tls_secret="lab", options=("--level", "privileged"),
    )  # fmt: skip
    return cluster.deployment(
        lab.ground_of(settled, seats=30), replace(wanted, **settings), FILES, closed=["198.51.100.7/32"]
    )


def of(kind: str, found: cluster.Deployment | None = None, name: str = "") -> dict[str, Any]:
    [one] = [
        each
        for each in (found or made()).documents
        if each["kind"] == kind and (not name or each["metadata"]["name"] == name)
    ]
    return one


def test_the_manifests_are_these() -> None:
    """Changed on purpose? `python -m tests.deploy.test_cluster` writes them anew."""
    assert "---\n".join(map(text, made().documents)) == GOLDEN.read_text()


def test_the_portal_may_do_with_its_seats_what_it_does_and_nothing_else() -> None:
    rules = of("Role")["rules"]
    assert of("Role")["metadata"]["namespace"] == "podlab-docker-pods"
    assert not any("*" in (*rule["resources"], *rule["verbs"], *rule["apiGroups"]) for rule in rules)
    assert not any(each["kind"].startswith("Cluster") for each in made().documents)
    changes = {
        resource
        for rule in rules
        for resource in rule["resources"]
        if {"create", "delete", "patch", "update", "deletecollection"} & set(rule["verbs"])
    }
    assert changes == {"pods", "pods/exec", "pods/portforward"}
    assert "secrets" not in {resource for rule in rules for resource in rule["resources"]}
    assert [each["namespace"] for each in of("RoleBinding")["subjects"]] == ["podlab-docker-pods-portal"]


def test_only_the_portal_has_a_token_and_no_root() -> None:
    spec = of("Deployment", name=NAME)["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == NAME
    assert spec["securityContext"]["runAsNonRoot"]
    [container] = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    account = of("ServiceAccount", name=ground.SEATS)
    assert account["automountServiceAccountToken"] is False


def test_one_portal_owns_its_file() -> None:
    spec = of("Deployment", name=NAME)["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    [state] = [each for each in spec["template"]["spec"]["volumes"] if each["name"] == "state"]
    assert state["persistentVolumeClaim"]["claimName"] == of("PersistentVolumeClaim")["metadata"]["name"]


def test_without_an_address_there_is_no_ingress() -> None:
    found = made(public_url="", preview_names="", tls_secret="")
    assert "Ingress" not in {each["kind"] for each in found.documents}
    [container] = of("Deployment", found, NAME)["spec"]["template"]["spec"]["containers"]
    assert container["command"][container["command"].index("--public-url") + 1] == "http://localhost:8080"


def test_other_files_start_the_portal_again_and_other_places_do_not_change_what_they_are() -> None:
    one = of("Deployment", name=NAME)["spec"]["template"]["metadata"]["annotations"]
    assert one["podlab.io/workshop-files"]
    policy = next(each for each in made().documents if each["kind"] == "NetworkPolicy")
    bare = {**policy, "metadata": {k: v for k, v in policy["metadata"].items() if k != "namespace"}}
    assert ground.hashed(bare)["metadata"]["annotations"] == policy["metadata"]["annotations"]


def test_a_folder_comes_back_from_its_config_map(tmp_path: Path) -> None:
    source = EXAMPLES / "docker-pods"
    found = folder.files(source)
    config, items = folder.config_map("x", found)
    content = {key: value.encode() for key, value in config["data"].items()}
    content |= {key: base64.b64decode(value) for key, value in config.get("binaryData", {}).items()}
    inside = tmp_path / "..2026"  # as the kubelet lays it out: everything is a link to a folder that it swaps
    for item in items:
        file = inside / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content[item["key"]])
    (tmp_path / "..data").symlink_to("..2026")
    for each in inside.iterdir():
        (tmp_path / each.name).symlink_to(f"..data/{each.name}")
    workshop, lesson = load_workshop(tmp_path)
    here, there = load_workshop(source)
    assert workshop == here
    assert [step.id for step in lesson.steps] == [step.id for step in there.steps]


def test_hidden_files_stay_and_too_much_is_told(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x").write_text("x")
    (tmp_path / "podlab.yaml").write_text("x")
    assert list(folder.files(tmp_path)) == ["podlab.yaml"]
    (tmp_path / "big.bin").write_bytes(b"\0" * folder.MOST_BYTES)
    with pytest.raises(Invalid, match="a ConfigMap holds") as refused:
        folder.files(tmp_path)
    assert "big.bin" in refused.value.hint


if __name__ == "__main__":
    GOLDEN.write_text("---\n".join(map(text, made().documents)))
