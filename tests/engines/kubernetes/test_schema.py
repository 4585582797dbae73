"""What podlab sends is in the schema that current versions publish, as `kubernetes_asyncio` is generated from it."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes_asyncio.client import models

from podlab.engines.kubernetes import isolation, manifest, versions
from podlab.engines.kubernetes.objects.document import document
from podlab.engines.kubernetes.objects.kinds import _PLACES
from podlab.errors import Unsupported
from podlab.manifest import load
from podlab.manifest.loading import Loaded, load_sources
from podlab.manifest.sources import Source
from podlab.objects import kind_of
from podlab.wire import encode
from tests.conformance.case import Case, load_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def unknown(value: Any, kind: str, path: str) -> Iterator[str]:
    """Paths that the schema does not have, and values of another shape."""
    if (inner := re.fullmatch(r"list\[(.*)\]", kind)) is not None:
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for number, each in enumerate(value):
            yield from unknown(each, inner[1], f"{path}[{number}]")
    elif (inner := re.fullmatch(r"dict\(str, (.*)\)|dict\[str, (.*)\]", kind)) is not None:
        for key, each in value.items():
            yield from unknown(each, inner[1] or inner[2], f"{path}.{key}")
    elif kind == "object" or not hasattr(models, kind):
        expected = {"str": str, "int": int, "bool": bool, "float": (int, float)}.get(kind, object)
        if not isinstance(value, expected):  # type: ignore[arg-type]
            yield f"{path}: no {kind}"
    else:
        yield from _of_model(value, getattr(models, kind), path)


def _of_model(value: Mapping[str, Any], model: Any, path: str) -> Iterator[str]:
    names = {json: python for python, json in model.attribute_map.items()}
    for key, each in value.items():
        if key in names:
            yield from unknown(each, model.openapi_types[names[key]], f"{path}.{key}")
        else:
            yield f"{path}.{key}: unknown"


CASES = load_all()
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").rglob("pod*.yaml"))


def documents(loaded: Loaded) -> Iterator[dict[str, Any]]:
    for pod in loaded.pods:
        with suppress(Unsupported):  # what no field of Kubernetes says
            yield manifest.manifest(pod)
    for each in (*loaded.objects, *loaded.workloads):
        yield document(each, _PLACES[kind_of(each)][0].group)


def of_case(case: Case) -> Loaded:
    return load_sources([Source(case.name, case.text.encode())], for_cluster=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_field_is_in_the_schema(case: Case) -> None:
    for made in documents(of_case(case)):
        assert list(unknown(made, f"V1{made['kind']}", made["kind"])) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_examples_are_in_the_schema(path: Path) -> None:
    for made in documents(load([path])):
        assert list(unknown(made, f"V1{made['kind']}", made["kind"])) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_version_that_behaves_so_is_not_said_to_lack_anything(case: Case) -> None:
    for pod in of_case(case).pods:
        assert list(versions.lacking(encode(pod.spec), case.since)) == []


def test_the_schema_finds_what_is_none() -> None:
    made = {"metadata": {"name": 3}, "spec": {"containers": [{"nmae": "app"}]}}
    assert list(unknown(made, "V1Pod", "Pod")) == [
        "Pod.metadata.name: no str",
        "Pod.spec.containers[0].nmae: unknown",
    ]


def test_the_network_policy_is_in_the_schema() -> None:
    assert list(unknown(isolation.policy(), "V1NetworkPolicy", "NetworkPolicy")) == []
