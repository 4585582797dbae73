from __future__ import annotations

import pytest

from tests.manifest.manifest_texts import pod, read, refused

KUBECTL_GET = """\
apiVersion: v1
kind: Pod
metadata:
  annotations: {}
  creationTimestamp: "2026-01-01T00:00:00Z"
  generation: 1
  labels: {app: web}
  name: web
  namespace: default
  resourceVersion: "12"
  uid: 3b0c
  managedFields: [{manager: kubectl, operation: Update}]
spec:
  containers:
  - image: alpine
    imagePullPolicy: IfNotPresent
    name: web
    resources: {}
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
  dnsPolicy: ClusterFirst
  enableServiceLinks: true
  preemptionPolicy: PreemptLowerPriority
  priority: 0
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext: {}
  serviceAccount: default
  serviceAccountName: default
  terminationGracePeriodSeconds: 30
status:
  phase: Running
  conditions: [{type: Ready, status: "True"}]
"""


def test_what_kubectl_prints_is_taken_where_it_asks_for_nothing() -> None:
    loaded = read(KUBECTL_GET)
    assert loaded.pods[0].metadata.labels == {"app": "web"}
    assert loaded.warnings == ()


def test_what_kubectl_dry_run_prints_is_taken() -> None:
    text = (
        pod().replace("{name: web}", "{name: web, creationTimestamp: null}")
        + "    resources: {}\nstatus: {}\n"
    )
    assert read(text).pods[0].name == "web"


@pytest.mark.parametrize(
    "spec", ["  preemptionPolicy: Never\n", "  priority: 1\n", "  priority: true\n", "  nodeName: a\n"]
)
def test_a_field_that_asks_for_something_else_is_refused(spec: str) -> None:
    (line,) = refused(pod(spec))
    assert line.startswith("5:3: ") and "--allow-ignored" in line


@pytest.mark.parametrize(
    "name", ["volumeDevices", "containers.volumeDevices", "spec.containers.volumeDevices"]
)
def test_a_refused_field_becomes_a_warning_where_it_is_allowed(name: str) -> None:
    text = pod(container="    volumeDevices: [{name: a, devicePath: /dev/a}]\n")
    loaded = read(text, allow_ignored=[name])
    assert loaded.pods == read(pod()).pods
    (warning,) = loaded.warnings
    assert warning.startswith(
        "pod.yaml:8:5: spec.containers[0].volumeDevices: an engine has no block volumes"
    )
    assert warning.endswith("(ignored, as asked)")


@pytest.mark.parametrize("name", ["Devices", "spec.volumeDevices", "olumeDevices", "volumeDevices.name", ""])
def test_only_the_named_field_is_allowed(name: str) -> None:
    assert refused(
        pod(container="    volumeDevices: [{name: a, devicePath: /dev/a}]\n"), allow_ignored=[name]
    )


def test_a_field_of_a_newer_kubernetes_can_be_allowed_by_name() -> None:
    loaded = read(pod(spec="  gadget: 1\n"), allow_ignored=["spec.gadget"])
    assert loaded.warnings == ("pod.yaml:5:3: spec.gadget: unknown field (ignored, as asked)",)


def test_a_wrong_value_is_never_allowed() -> None:
    assert refused(pod(container="    tty: 1\n"), allow_ignored=["tty", "spec.containers.tty"])
