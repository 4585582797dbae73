"""Pods with volumes as people write them, brought up on the real engine."""

from __future__ import annotations

import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from podlab.engines.docker.engine import DockerEngine
from podlab.manifest.loading import load_sources
from podlab.manifest.sources import Source
from podlab.model import Pod
from podlab.objects import Object, key_of
from tests.conftest import docker


def pod_of(name: str, image: str, container: str, volumes: str = "[]", spec: str = "") -> Pod:
    """`container` and `spec` are lines of YAML, `volumes` a list of it."""
    inside = textwrap.indent(textwrap.dedent(container), "    ")
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: web}}}}\nspec:\n"
        f"  terminationGracePeriodSeconds: 1\n{textwrap.indent(textwrap.dedent(spec), '  ')}"
        f"  volumes:\n{textwrap.indent(textwrap.dedent(volumes), '    ')}\n"
        f"  containers:\n  - name: app\n    image: {image}\n    command: [sleep, infinity]\n{inside}"
    )
    (pod,) = load_sources([Source("pod.yaml", text.encode())]).pods
    return pod


def objects_of(text: str) -> tuple[Object, ...]:
    return load_sources([Source("objects.yaml", textwrap.dedent(text).encode())]).objects


@asynccontextmanager
async def up(engine: DockerEngine, pod: Pod, objects: str = "") -> AsyncIterator[None]:
    """`objects` are documents of YAML, which are put before and removed afterwards."""
    kept = objects_of(objects) if objects else ()
    try:
        for each in kept:
            await engine.put(each)
        await engine.apply(pod)
        yield
    finally:
        await engine.delete(pod.name, grace_s=0)
        for each in kept:
            await engine.remove(*key_of(each))


def inside(pod: Pod, script: str, container: str = "app") -> str:
    """What a script wrote in a container, both streams."""
    done = docker("exec", f"podlab-{pod.name}-{container}", "sh", "-c", f"({script}) 2>&1")
    return done.stdout.decode().strip()
