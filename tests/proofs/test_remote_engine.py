"""An engine that is reached over TCP and TLS, as the docker command line reaches it: the daemon in a pod of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
PODLAB = [sys.executable, "-m", "podlab.cli"]
EXAMPLE = Path(__file__).parents[2] / "examples/docker-pods/tls.yaml"


def podlab(
    *words: str, environ: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PODLAB, *words],
        capture_output=True,
        text=True,
        timeout=240,
        input=stdin,
        env=os.environ | (environ or {}),
    )


def done(*words: str, environ: dict[str, str] | None = None) -> str:
    ended = podlab(*words, environ=environ)
    assert ended.returncode == 0, f"podlab {' '.join(words)}: {ended.stderr}"
    return ended.stdout


@pytest.fixture
def remote(docker_host: str, pod_name: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What points podlab at the daemon inside the pod, with the certificates that it made for its clients."""
    done("up", str(EXAMPLE), "--name", pod_name)
    forward = None
    try:
        done("cp", f"{pod_name}:/certs/client", str(tmp_path / "certs"), "-c", "work")
        forward = subprocess.Popen(
            [*PODLAB, "port-forward", pod_name, ":2376"], stdout=subprocess.PIPE, text=True
        )
        assert forward.stdout is not None
        port = forward.stdout.readline().split()[2].rpartition(":")[2]
        yield {
            "DOCKER_HOST": f"tcp://localhost:{port}",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(tmp_path / "certs"),
        }
    finally:
        if forward is not None:
            forward.terminate()
            forward.wait()
        done("down", pod_name)


def test_a_pod_on_an_engine_over_tls(remote: dict[str, str], image: str, tmp_path: Path) -> None:
    bundle = tmp_path / "images.tar"
    manifest = tmp_path / "pod.yaml"
    manifest.write_text(f"""\
apiVersion: v1
kind: Pod
metadata: {{name: far}}
spec:
  containers: [{{name: app, image: {image}, command: [sleep, "600"]}}]
""")
    done("images", "save", str(bundle), str(manifest))
    done("images", "load", str(bundle), environ=remote)
    assert "pod/far created" in done("up", str(manifest), environ=remote)
    assert done("exec", "far", "--", "hostname", environ=remote) == "far\n"
    assert "far" not in done("ps", "-aq").split(), "the pod is on the other engine"
    refused = podlab("exec", "-i", "far", "--", "cat", environ=remote, stdin="hello")
    assert refused.returncode != 0
    assert "over TLS" in refused.stderr
    done("down", "far", environ=remote)


def test_a_client_without_the_certificate_is_told(remote: dict[str, str]) -> None:
    nobody = {"DOCKER_HOST": remote["DOCKER_HOST"], "DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}
    refused = podlab("ps", environ=nobody)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert refused.stderr.startswith("error: ")
