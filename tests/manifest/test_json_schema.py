from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from podlab.cli.schema import KINDS
from podlab.errors import Usage
from podlab.manifest.kinds import READ
from podlab.manifest.schema import schema
from tests.manifest.manifest_texts import GOOD, WORKSHOP, pod
from tests.workloads.texts import WORKLOADS


def errors(kind: str, text: str) -> list[str]:
    data: Any = YAML(typ="safe", pure=True).load(text)
    return [error.json_path for error in jsonschema.Draft202012Validator(schema(kind)).iter_errors(data)]


@pytest.mark.parametrize("kind", [*KINDS, "Pod"])
def test_it_is_a_json_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


def test_it_takes_what_podlab_takes() -> None:
    assert errors("pod", GOOD) == []
    assert errors("workshop", WORKSHOP) == []
    for text in WORKLOADS:
        assert errors(text.split()[3], text) == []


def test_the_command_offers_every_kind_that_is_read() -> None:
    assert list(KINDS) == [kind.lower() for kind in READ]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("    tty: 1\n", "$.spec.containers[0].tty"),
        ("    imagePullPolcy: Always\n", "$.spec.containers[0]"),
        ("    imagePullPolicy: always\n", "$.spec.containers[0].imagePullPolicy"),
        ("    ports: [{containerPort: 0}]\n", "$.spec.containers[0].ports[0].containerPort"),
        ("    readinessProbe: {periodSeconds: 1}\n", "$.spec.containers[0].readinessProbe"),
    ],
)
def test_it_refuses_what_podlab_refuses(line: str, path: str) -> None:
    assert errors("pod", pod(container=line)) == [path]


def test_the_types_docstrings_become_descriptions() -> None:
    definitions = schema("workshop")["$defs"]
    assert (
        definitions["Terminal"]["description"] == "A terminal on the seat's page: a shell in that container."
    )
    assert "description" not in definitions["Capabilities"]


def test_another_kind_is_a_usage_error() -> None:
    with pytest.raises(Usage, match="there are pod, configmap"):
        schema("service")
