"""Amounts of processors, memory, disk and devices: what may be written."""

from __future__ import annotations

import pytest

from tests.manifest.manifest_texts import pod, read, refused


def of_container(text: str) -> str:
    return pod(container=f"    resources: {text}\n")


def test_disk_and_devices_are_read() -> None:
    text = "{limits: {ephemeral-storage: 1Gi, nvidia.com/gpu: 1, example.com/card: 2}, requests: {example.com/card: 2}}"
    [container] = read(of_container(text)).pods[0].spec.containers
    assert container.resources is not None
    assert container.resources.limits["nvidia.com/gpu"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{limits: {nvidia.com/gpu: 1.5}}", "must be a number of devices"),
        ("{limits: {nvidia.com/gpu: 2}, requests: {nvidia.com/gpu: 1}}", "must be as many as the limit"),
        ("{requests: {nvidia.com/gpu: 1}}", "needs a limit, too"),
        ("{limits: {hugepages-2Mi: 4Mi}}", "no bound for a container's huge pages"),
        ("{limits: {kubernetes.io/thing: 1}}", "are honoured, not"),
        ("{limits: {memroy: 1Gi}}", "did you mean 'memory'"),
        ("{limits: {ephemeral-storage: 0}}", "must be more than 0"),
        ("{requests: {ephemeral-storage: 2Gi}, limits: {ephemeral-storage: 1Gi}}", "is more than the limit"),
    ],
)
def test_what_cannot_be_is_refused(text: str, message: str) -> None:
    (line,) = refused(of_container(text))
    assert message in line


def test_a_pod_has_resources_of_its_own() -> None:
    text = pod("  resources: {limits: {cpu: 1, memory: 64Mi}, requests: {cpu: 500m}}\n  os: {name: linux}\n")
    spec = read(text).pods[0].spec
    assert spec.resources is not None
    assert spec.resources.limits == {"cpu": 1, "memory": "64Mi"}


@pytest.mark.parametrize(
    ("of_pod", "own", "place", "message"),
    [
        ("{limits: {ephemeral-storage: 1Gi}}", "{}", "spec.resources.limits.ephemeral-storage", "cpu and memory only"),
        (
            "{limits: {memory: 32Mi}}", "{limits: {memory: 64Mi}}", "spec.containers[0].resources.limits.memory",
            "must be less than or equal to pod limits of 32Mi",
        ),
        ("{requests: {cpu: 1}}", "{requests: {cpu: 2}}", "spec.resources.requests.cpu", "aggregate container requests"),
        ("{limits: {cpu: 1}}", "{requests: {cpu: 2}}", "spec.resources.limits.cpu", "aggregate container requests"),
    ],
)  # fmt: skip
def test_a_pod_and_its_containers_must_agree(of_pod: str, own: str, place: str, message: str) -> None:
    lines = refused(pod(f"  resources: {of_pod}\n", f"    resources: {own}\n"))
    assert any(place in line and message in line for line in lines), lines


def test_windows_is_refused() -> None:
    (line,) = refused(pod("  os: {name: windows}\n"))
    assert "spec.os.name: expected one of linux" in line


def test_a_policy_for_changes_is_read() -> None:
    text = pod(container="    resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]\n")
    [container] = read(text).pods[0].spec.containers
    assert container.resize_policy[0].resource_name == "memory"
