from __future__ import annotations

import pytest

from podlab import model, wire
from podlab.manifest.checks import CHECKS
from podlab.manifest.fields import refused as refused_fields
from podlab.manifest.kinds import READ
from podlab.manifest.structure import fields_of
from tests.manifest.manifest_texts import GOOD, pod, read, refused


def types_below(cls: type) -> set[type]:
    import typing

    found = {cls}
    for field in fields_of(cls).values():
        todo = [field.hint]
        while todo:
            hint = todo.pop()
            todo += typing.get_args(hint)
            if isinstance(hint, type) and issubclass(hint, wire.Wire) and hint not in found:
                found |= types_below(hint)
    return found


def test_a_whole_pod_is_read() -> None:
    (pod,) = read(GOOD).pods
    app = pod.spec.containers[0]
    assert pod.name == "web" and pod.is_isolated
    assert app.args == ("echo on\n  sleep 3600\n",)
    assert app.resources == model.Resources(
        limits={"cpu": "500m", "memory": "64Mi"}, requests={"cpu": 0.25, "memory": "32Mi"}
    )
    assert app.ports[0].host_ip == "127.0.0.1"
    assert app.env[:3] == (
        model.EnvVar(name="A", value="1"), model.EnvVar(name="A", value="yes"), model.EnvVar(name="EMPTY"),
    )  # fmt: skip
    assert app.readiness_probe and app.readiness_probe.http_get
    assert app.readiness_probe.http_get.http_headers == (model.HTTPHeader(name="X-A", value="b"),)


def test_the_good_pod_says_every_field_there_is() -> None:
    """Else the round trips would not notice a field that is lost."""
    (made,) = read(GOOD).pods
    said: set[tuple[type, str]] = set()

    def walk(value: object) -> None:
        if isinstance(value, wire.Wire):
            cls: type = type(value)
            for field in fields_of(cls).values():
                inner = getattr(value, field.name)
                if inner not in (None, (), {}, ""):
                    said.add((cls, field.name))
                walk(inner)
        elif isinstance(value, tuple):
            for item in value:
                walk(item)

    walk(made)
    every = {(cls, field.name) for cls in types_below(model.Pod) for field in fields_of(cls).values()}
    rare = {
        (model.Container, "stdin_once"), (model.TCPSocketAction, "host"), (model.HTTPGetAction, "host"),
        (model.SeccompProfile, "localhost_profile"), (model.AppArmorProfile, "localhost_profile"),
    }  # fmt: skip
    assert every - said <= rare


def test_the_wire_form_reads_back_equal() -> None:
    (made,) = read(GOOD).pods
    assert wire.decode(model.Pod, wire.encode(made)) == made


def test_null_and_empty_text_mean_not_said() -> None:
    text = pod(
        spec='  volumes:\n  hostname: ""\n', container='    command: null\n    workingDir: ""\n    env: ~\n'
    )
    assert read(text).pods == read(pod()).pods


def test_one_object_is_checked_even_if_its_neighbour_is_broken() -> None:
    text = pod(container="    tty: 1\n  - {name: Bad, image: x}\n")
    assert [line.split(": ")[1] for line in refused(text)] == [
        "spec.containers[0].tty",
        "spec.containers[1].name",
    ]


def test_what_stands_in_an_alias_is_told_once() -> None:
    text = pod(container="    command: &c [1]\n    args: *c\n")
    assert refused(text) == [
        '8:18: spec.containers[0].args[0]: expected text, got the number 1; put it in quotes: "1"',
        '8:18: spec.containers[0].command[0]: expected text, got the number 1; put it in quotes: "1"',
    ]


def test_a_broken_merge_is_told_at_its_own_line() -> None:
    other = "  - name: b\n    image: x\n    securityContext: {<<: *s}\n"
    text = pod(container="    securityContext: &s {privileged: 1}\n" + other)
    assert {line.split(": ")[0] for line in refused(text)} == {"8:38"}


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775808", "1" * 41])
def test_numbers_stay_within_64_bits(number: str) -> None:
    (line,) = refused(pod(container=f"    securityContext: {{runAsUser: {number}}}\n"))
    assert "runAsUser" in line


def test_a_nul_is_refused() -> None:
    (line,) = refused(pod(container='    command: [sh, "a\\0b"]\n'))
    assert line.startswith("8:19: spec.containers[0].command[1]: the text holds a NUL")


def test_no_field_is_both_honoured_and_refused() -> None:
    for cls in set().union(*(types_below(cls) for _, cls in READ.values())):
        assert not set(fields_of(cls)) & set(refused_fields(cls)), cls


def test_every_check_is_for_a_type_that_is_read() -> None:
    assert set(CHECKS) <= set().union(*(types_below(cls) for _, cls in READ.values()))
