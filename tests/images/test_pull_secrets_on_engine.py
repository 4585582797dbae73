"""A pod's imagePullSecrets against a registry that wants a login."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Denied, NotFound, Unavailable
from podlab.images.prepare import prepare
from podlab.model import Container, Metadata, Pod, PodSpec, PullSecret, Secret
from podlab.pods import pull_secrets
from tests.conftest import docker
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine
HTPASSWD = "ada:$2b$05$abcdefghijklmnopqrstuuWqeDdmk0qhXLYvA33lbC9M700ynI2Oa"
"""bcrypt of `se:cret`."""
AUTH = base64.b64encode(b"ada:se:cret").decode()


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[DockerEngine]:
    connected = await DockerEngine.connect(docker_host)
    yield connected
    await connected.close()


@pytest.fixture
def private(image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An image that only the registry has. An engine takes a registry on its loopback without TLS."""
    name, port = f"registry-{uuid.uuid4().hex[:8]}", free_port()
    reference = f"127.0.0.1:{port}/team/app:1"
    auth = ["-e", "REGISTRY_AUTH=htpasswd", "-e", "REGISTRY_AUTH_HTPASSWD_REALM=lab"]
    script = f"echo '{HTPASSWD}' >/tmp/users && exec registry serve /etc/docker/registry/config.yml"
    made = docker(
        "run", "-d", "--name", name, "-p", f"127.0.0.1:{port}:5000", *auth,
        "-e", "REGISTRY_AUTH_HTPASSWD_PATH=/tmp/users", "--entrypoint", "sh", "registry:2", "-c", script,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"auths": {f"127.0.0.1:{port}": {"auth": AUTH}}}))
    try:
        assert docker("tag", image, reference).returncode == 0
        for _ in range(50):
            pushed = docker("--config", str(tmp_path), "push", reference)
            if pushed.returncode == 0:
                break
            time.sleep(0.2)
        assert pushed.returncode == 0, pushed.stderr.decode()
        docker("rmi", reference)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nobody"))
        yield reference
    finally:
        docker("rm", "-fv", name)
        docker("rmi", reference)


async def test_a_private_image_is_pulled_with_the_login_of_the_pods_secret(
    engine: DockerEngine, private: str, pod_name: str
) -> None:
    registry = private.partition("/")[0]
    app = Container(name="app", image=private)
    secrets = tuple(PullSecret(name=f"{pod_name}-{each}") for each in ("wrong", "right"))
    pod = Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=(app,), image_pull_secrets=secrets))
    wrong = base64.b64encode(b"ada:guess").decode()
    for secret, auth in zip(secrets, (wrong, AUTH), strict=True):
        config = json.dumps({"auths": {registry: {"auth": auth}}})
        await engine.put(
            Secret(metadata=Metadata(name=secret.name), string_data={".dockerconfigjson": config})
        )
    try:
        with pytest.raises((Denied, NotFound)) as caught:
            await prepare(engine.image_store, {private: "IfNotPresent"})
        assert not isinstance(caught.value, Unavailable)
        logins = await pull_secrets.of_pods(engine, [pod])
        [done] = await prepare(engine.image_store, {private: "IfNotPresent"}, logins=logins)
        assert done.how == "pulled"
        assert (await engine.image_store.registry_digest(private, logins[private])).startswith("sha256:")
    finally:
        for secret in secrets:
            await engine.remove("Secret", secret.name)
