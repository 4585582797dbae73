from __future__ import annotations

import base64
from typing import Any

from podlab.model import ConfigMap, Container, Metadata, Pod, PodSpec, Secret
from podlab.objects import Facts, Object, Surroundings, key_of

FACTS = Facts(
    uid="u-1", node="machine", pod_ips=("10.0.0.2", "fd00::2"), host_ips=("10.0.0.1",), cpus=4, memory_bytes=1 << 30
)  # fmt: skip


def config(name: str = "c", **data: str) -> ConfigMap:
    return ConfigMap(metadata=Metadata(name=name), data=data)


def secret(name: str = "s", **data: str) -> Secret:
    return Secret(
        metadata=Metadata(name=name),
        data={key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    )


def around(*objects: Object, **settings: Any) -> Surroundings:
    return Surroundings(objects={key_of(each): each for each in objects}, facts=FACTS, **settings)


def pod_with(*containers: Container, labels: dict[str, str] | None = None, **spec: Any) -> Pod:
    return Pod(
        metadata=Metadata(name="web", labels=labels or {}, annotations={"note": 'a "b"\nc'}),
        spec=PodSpec(containers=containers, **spec),
    )
