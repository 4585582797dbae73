"""scripts/test-cluster: a cluster beside others, of which nothing is left."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import kubectl

pytestmark = [pytest.mark.kubernetes, pytest.mark.long]
SCRIPTS = Path(__file__).parent.parent / "scripts"
CHANGED_BY_KUBELETS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops")
POD = b"""\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: app, image: "podlab-test/busybox:latest", imagePullPolicy: Never, command: [sleep, "1000"]}
"""


def settings() -> list[str]:
    return [Path("/proc/sys", name).read_text() for name in CHANGED_BY_KUBELETS]


def identity(kubeconfig: str) -> bytes:
    return kubectl(kubeconfig, "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}").stdout


def test_nothing_is_left_of_a_cluster_that_ran_pods(
    kubeconfig: str, private_cluster: str, image: str
) -> None:
    before = settings()
    assert identity(private_cluster)
    assert identity(private_cluster) != identity(kubeconfig)
    name = Path(private_cluster).parent.name.removeprefix("cluster-")
    subprocess.run([SCRIPTS / "test-cluster", "load", name, image], check=True)
    made = kubectl(private_cluster, "apply", "-f", "-", stdin=POD)
    assert made.returncode == 0, made.stderr.decode()
    ready = kubectl(private_cluster, "wait", "--for=condition=Ready", "--timeout=60s", "pod/web")
    assert ready.returncode == 0, ready.stderr.decode()
    assert settings() == before

    subprocess.run([SCRIPTS / "test-cluster", "down", name], check=True)
    left = subprocess.run([SCRIPTS / "leftovers", f"cluster-{name}"], capture_output=True, text=True)
    assert left.returncode == 0, left.stderr
    assert not Path("/var/lib/podlab", f"cluster-{name}").exists()
    assert not identity(private_cluster)
