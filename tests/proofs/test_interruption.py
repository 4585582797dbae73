"""Whatever stops an `up`, and however many run at once: a whole pod, or nothing, and never a loss."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from podlab.engines.connect import connect
from podlab.model import Container, EmptyDir, Metadata, Pod, PodSpec, Volume, VolumeMount
from podlab.pods.up import down, up
from podlab.status import Phase
from tests.conftest import docker, leftovers

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
MOMENTS = 10
PODLAB = [sys.executable, "-m", "podlab.cli"]


def manifest(folder: Path, name: str, image: str) -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  volumes: [{{name: data, emptyDir: {{}}}}]
  containers:
  - {{name: app, image: {image}, command: [sleep, "600"], volumeMounts: [{{name: data, mountPath: /data}}]}}
  - {{name: side, image: {image}, command: [sleep, "600"], volumeMounts: [{{name: data, mountPath: /data}}]}}
""")
    return file


def podlab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PODLAB, *words], capture_output=True, text=True, timeout=180)


def how_long_an_up_takes(file: Path, name: str) -> float:
    started = time.monotonic()
    assert podlab("up", str(file)).returncode == 0
    took = time.monotonic() - started
    assert podlab("down", name).returncode == 0
    return took


def interrupted_up(file: Path, after_s: float, signum: int) -> int:
    process = subprocess.Popen(
        [*PODLAB, "up", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(after_s)
    process.send_signal(signum)
    return process.wait(timeout=180)


def running(name: str) -> set[str]:
    listed = docker("ps", "--filter", f"label=podlab.io/pod={name}", "--format", "{{.Names}}")
    return set(listed.stdout.decode().split())


def test_ctrl_c_leaves_a_whole_pod_or_nothing(
    docker_host: str, image: str, pod_name: str, tmp_path: Path
) -> None:
    file = manifest(tmp_path, pod_name, image)
    took = how_long_an_up_takes(file, pod_name)
    moments = random.Random(1)
    for _ in range(MOMENTS):
        code = interrupted_up(file, moments.uniform(0, took), signal.SIGINT)
        left = leftovers(pod_name)
        whole = {f"podlab-{pod_name}-{part}" for part in ("infra", "app", "side")}
        assert not left or running(pod_name) == whole, f"half a pod after exit code {code}: {left}"
        assert podlab("down", "--ignore-not-found", pod_name).returncode == 0
        assert not leftovers(pod_name)


def test_after_sigkill_up_repairs_and_down_removes(
    docker_host: str, image: str, pod_name: str, tmp_path: Path
) -> None:
    file = manifest(tmp_path, pod_name, image)
    took = how_long_an_up_takes(file, pod_name)
    moments = random.Random(2)
    for n in range(MOMENTS):
        interrupted_up(file, moments.uniform(took / 3, took), signal.SIGKILL)
        if n % 2:
            again = podlab("up", str(file))
            assert again.returncode == 0, again.stderr
            assert len(running(pod_name)) == 3
        gone = podlab("down", "--ignore-not-found", pod_name)
        assert gone.returncode == 0, gone.stderr
        assert not leftovers(pod_name)


def test_two_ups_at_the_same_time_end_in_one_pod(
    docker_host: str, image: str, pod_name: str, tmp_path: Path
) -> None:
    file = manifest(tmp_path, pod_name, image)
    for _ in range(3):
        both = [
            subprocess.Popen(
                [*PODLAB, "up", str(file)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
            )
            for _ in range(2)
        ]
        for process in both:
            _, errors = process.communicate(timeout=180)
            assert process.returncode == 0, errors
        assert len(running(pod_name)) == 3
        assert podlab("down", pod_name).returncode == 0


async def test_twenty_pods_at_once(docker_host: str, image: str, pod_name: str) -> None:
    pods = [
        Pod(
            metadata=Metadata(name=f"{pod_name}-{n}"),
            spec=PodSpec(
                containers=tuple(
                    Container(
                        name=name, image=image, command=("sleep", "600"),
                        volume_mounts=(VolumeMount(name="data", mount_path="/data"),),
                    )
                    for name in ("app", "side")
                ),
                volumes=(Volume(name="data", empty_dir=EmptyDir()),),
            ),
        )
        for n in range(20)
    ]  # fmt: skip
    engine = await connect()
    names = [pod.name for pod in pods]
    try:
        await up(engine, pods, timeout_s=300)
        found = {status.name: status for status in await engine.list() if status.name in names}
        assert len(found) == 20
        assert all(s.phase is Phase.RUNNING and s.running == 2 for s in found.values())
    finally:
        await asyncio.shield(down(engine, names))
        await engine.close()


def test_an_engine_that_dies_half_way_is_told(
    docker_host: str, image: str, pod_name: str, tmp_path: Path
) -> None:
    """A proxy stands for the engine and goes away after a few requests."""
    file = manifest(tmp_path, pod_name, image)
    socket = tmp_path / "engine.sock"
    proxy = subprocess.Popen(
        [sys.executable, "-c", _DYING_PROXY, str(socket), docker_host.removeprefix("unix://")]
    )
    try:
        while not socket.exists():
            time.sleep(0.01)
        environ = os.environ | {"DOCKER_HOST": f"unix://{socket}"}
        failed = subprocess.run(
            [*PODLAB, "up", str(file)], capture_output=True, text=True, timeout=180, env=environ
        )
        assert failed.returncode == 1
        assert "Docker Engine at" in failed.stderr
        assert "Traceback" not in failed.stderr
    finally:
        proxy.kill()
        proxy.wait()
    assert podlab("up", str(file)).returncode == 0
    assert podlab("down", pod_name).returncode == 0


_DYING_PROXY = """
import asyncio, sys, os
listen, engine = sys.argv[1:]
served = 0
async def serve(reader, writer):
    global served
    served += 1
    if served > 9:
        os._exit(0)
    there, back = await asyncio.open_unix_connection(engine)
    async def pump(source, sink):
        while data := await source.read(65536):
            sink.write(data)
        sink.close()
    await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)
async def main():
    async with await asyncio.start_unix_server(serve, listen) as server:
        await server.serve_forever()
asyncio.run(main())
"""
