"""Devices and disk that a container asks for: what the engine is asked, and what it says where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.translate import member
from podlab.errors import Unsupported
from podlab.model import Container, Metadata, Pod, PodSpec, Resources

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine


def pod_of(name: str, image: str = "busybox", **limits: str | int) -> Pod:
    app = Container(name="app", image=image, command=("sleep", "1000"), resources=Resources(limits=limits))
    return Pod(
        metadata=Metadata(name=name), spec=PodSpec(containers=(app,), termination_grace_period_seconds=0)
    )


def asked(**limits: str | int) -> dict[str, object]:
    pod = pod_of("web", "busybox", **limits)
    host: dict[str, object] = member(pod, pod.spec.containers[0])["HostConfig"]
    return {key: host[key] for key in ("DeviceRequests", "StorageOpt") if key in host}


def test_devices_are_asked_for_by_number_and_by_name() -> None:
    assert asked(**{"nvidia.com/gpu": 2}) == {
        "DeviceRequests": [{"Driver": "nvidia", "Count": 2, "Capabilities": [["gpu"]]}]
    }
    assert asked(**{"example.com/card": "2"}) == {
        "DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["example.com/card=0", "example.com/card=1"]}]
    }
    assert asked(**{"example.com/card": 0}) == {}
    assert asked(**{"ephemeral-storage": "1Gi"}) == {"StorageOpt": {"size": str(2**30)}}


@pytest.mark.engine
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nvidia.com/gpu", "cannot give it nvidia.com/gpu"),
        ("example.com/card", "knows no devices by name|has no device example.com/card=0"),
        ("ephemeral-storage", "cannot bound ephemeral-storage"),
    ],
)
async def test_what_the_engine_has_not_is_named(
    engine: DockerEngine, image: str, pod_name: str, name: str, message: str
) -> None:
    with pytest.raises(Unsupported, match=message) as caught:
        await engine.apply(pod_of(pod_name, image, **{name: 1 if "/" in name else "1Gi"}))
    assert "container 'app'" in caught.value.message
    assert caught.value.hint
    assert pod_name not in [each.name for each in await engine.list()]
