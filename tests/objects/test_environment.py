from __future__ import annotations

from typing import Any

import pytest

from podlab.errors import Invalid, NotFound
from podlab.model import (
    ConfigMap,
    Container,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    FieldSelector,
    KeySelector,
    Metadata,
    ObjectReference,
    Resources,
    ResourceSelector,
)
from podlab.objects import Surroundings
from podlab.objects.environment import environment, skipped
from tests.objects.things import around, config, pod_with, secret


def env_of(around_it: Surroundings, *env: EnvVar, **settings: Any) -> dict[str, str]:
    container = Container(name="app", image="busybox", env=env, **settings)
    return environment(pod_with(container, labels={"app": "web"}), container, around_it)


def value(name: str, text: str) -> EnvVar:
    return EnvVar(name=name, value=text)


def field(name: str, path: str) -> EnvVar:
    return EnvVar(name=name, value_from=EnvVarSource(field_ref=FieldSelector(field_path=path)))


def resource(name: str, resource: str, divisor: str | None = None) -> EnvVar:
    ref = ResourceSelector(resource=resource, divisor=divisor)
    return EnvVar(name=name, value_from=EnvVarSource(resource_field_ref=ref))


def of_config(name: str, key: str, *, optional: bool | None = None) -> EnvVar:
    ref = KeySelector(name="c", key=key, optional=optional)
    return EnvVar(name=name, value_from=EnvVarSource(config_map_key_ref=ref))


def of_secret(name: str, key: str) -> EnvVar:
    return EnvVar(name=name, value_from=EnvVarSource(secret_key_ref=KeySelector(name="s", key=key)))


def from_config(name: str = "c", prefix: str | None = None, *, optional: bool | None = None) -> EnvFromSource:
    return EnvFromSource(prefix=prefix, config_map_ref=ObjectReference(name=name, optional=optional))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "web"),
        ("metadata.namespace", "default"),
        ("metadata.uid", "u-1"),
        ("metadata.labels['app']", "web"),
        ("metadata.labels['none']", ""),
        ("metadata.annotations['note']", 'a "b"\nc'),
        ("spec.nodeName", "machine"),
        ("spec.serviceAccountName", "default"),
        ("status.podIP", "10.0.0.2"),
        ("status.podIPs", "10.0.0.2,fd00::2"),
        ("status.hostIP", "10.0.0.1"),
        ("status.hostIPs", "10.0.0.1"),
    ],
)
def test_a_field_of_the_pod_itself(path: str, expected: str) -> None:
    assert env_of(around(), field("A", path)) == {"A": expected}


@pytest.mark.parametrize(
    ("name", "divisor", "expected"),
    [
        ("limits.cpu", None, "2"),
        ("limits.cpu", "1m", "1250"),
        ("requests.cpu", "1m", "1250"),
        ("limits.memory", None, "67108864"),
        ("limits.memory", "1Mi", "64"),
        ("limits.memory", "1G", "1"),
        ("requests.memory", "1Mi", "32"),
        ("requests.memory", "0", "33554432"),
    ],
)
def test_what_a_container_may_use_is_rounded_up(name: str, divisor: str | None, expected: str) -> None:
    resources = Resources(limits={"cpu": "1250m", "memory": "64Mi"}, requests={"memory": "32Mi"})
    assert env_of(around(), resource("A", name, divisor), resources=resources) == {"A": expected}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("limits.cpu", "4"), ("limits.memory", str(1 << 30)), ("requests.cpu", "0"), ("requests.memory", "0")],
)
def test_without_a_limit_it_may_use_the_machine(name: str, expected: str) -> None:
    assert env_of(around(), resource("A", name)) == {"A": expected}


def test_what_another_container_may_use() -> None:
    ref = ResourceSelector(resource="limits.cpu", container_name="side")
    app = Container(
        name="app",
        image="b",
        env=(EnvVar(name="A", value_from=EnvVarSource(resource_field_ref=ref)),),
    )
    side = Container(name="side", image="b", resources=Resources(limits={"cpu": 3}))
    assert environment(pod_with(app, side), app, around()) == {"A": "3"}


def test_a_later_source_counts_and_env_before_all() -> None:
    made = env_of(
        around(config("c", A="c", B="c", C="c"), config("d", B="d", C="d")),
        value("C", "own, once $(B)"),
        env_from=(from_config("c"), from_config("d")),
    )
    assert made == {"A": "c", "B": "d", "C": "own, once d"}


def test_values_of_secrets_and_references_to_them() -> None:
    made = env_of(
        around(secret("s", user="me", word="$(user) $$")),
        of_secret("USER", "user"),
        of_secret("WORD", "word"),
        value("URL", "http://$(USER):$(WORD)@$(HOST)$$(USER)$$$$"),
        value("HOST", "late"),
    )
    # What comes from an object is taken as it is; a name that comes later is unknown yet.
    assert made["WORD"] == "$(user) $$"
    assert made["URL"] == "http://me:$(user) $$@$(HOST)$(USER)$$"


def test_a_prefix_and_names_that_are_none() -> None:
    container = Container(
        name="app", image="b", env_from=(from_config(prefix="P_"), from_config(), from_config("d", "0"))
    )
    objects = around(config(**{"1a": "x", "b.c-d": "y"}), config("d", e="z"))
    assert environment(pod_with(container), container, objects) == {"P_1a": "x", "P_b.c-d": "y", "b.c-d": "y"}
    first, second = skipped(container, objects)
    assert "keys 1a of ConfigMap 'c'" in first
    assert "keys 0e of ConfigMap 'd'" in second


def test_what_is_missing_and_optional_sets_nothing() -> None:
    made = env_of(
        around(config(a="1")),
        value("B", "before"),
        of_config("A", "none", optional=True),
        of_config("B", "none", optional=True),
        env_from=(from_config("none", optional=True),),
    )
    assert made == {"B": "before"}


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NotFound, match="ConfigMap 'c' has no key 'b'"):
        env_of(around(config(a="1")), of_config("A", "b"))
    with pytest.raises(NotFound, match="no ConfigMap 'c'"):
        env_of(around(), env_from=(from_config(),))
    assert env_of(around(is_strict=False), of_config("A", "b")) == {}


def test_binary_data_is_no_variable() -> None:
    binary = ConfigMap(metadata=Metadata(name="c"), binary_data={"b": "AAE="})
    assert env_of(around(binary), env_from=(from_config(),)) == {}
    with pytest.raises(NotFound):
        env_of(around(binary), of_config("A", "b"))


@pytest.mark.parametrize("data", ["\udcff", "a\0b"])
def test_a_secret_that_is_no_text_cannot_be_a_variable(data: str) -> None:
    import base64
    import dataclasses

    raw = base64.b64encode(data.encode("utf-8", "surrogateescape")).decode()
    made = dataclasses.replace(secret("s", k=""), data={"k": raw})
    with pytest.raises(Invalid, match="key 'k' of Secret 's'"):
        env_of(around(made), of_secret("A", "k"))
