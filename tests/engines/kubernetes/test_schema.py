"""What podlab sends is in the schema that current versions publish, as `kubernetes_asyncio` is generated from it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

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
from tests.engines.kubernetes.schema import problems

if TYPE_CHECKING:
    from collections.abc import Iterator


DEPLOYED = Path(__file__).parents[2] / "deploy" / "docker-pods.yaml"
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
        assert list(problems(made)) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_examples_are_in_the_schema(path: Path) -> None:
    for made in documents(load([path])):
        assert list(problems(made)) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_version_that_behaves_so_is_not_said_to_lack_anything(case: Case) -> None:
    for pod in of_case(case).pods:
        assert list(versions.lacking(encode(pod.spec), case.since)) == []


def test_the_schema_finds_what_is_none() -> None:
    made = {
        "kind": "Pod",
        "metadata": {"name": 3},
        "spec": {"containers": [{"nmae": "app"}], "volumes": [{"name": "v", "hostPath": {}}]},
    }
    assert list(problems(made)) == [
        "Pod.kind: there is no apiVersion",
        "Pod.metadata.name: no str",
        "Pod.spec.containers[0].nmae: unknown",
        "Pod.spec.containers[0].name: missing",
        "Pod.spec.volumes[0].hostPath.path: missing",
    ]


def test_the_network_policy_is_in_the_schema() -> None:
    assert list(problems(isolation.policy())) == []


def test_a_deployed_class_is_in_the_schema() -> None:
    """Namespaces, quota, policies, roles, portal and mirror, as tests/deploy holds them word for word."""
    documents = list(YAML(typ="safe", pure=True).load_all(DEPLOYED.read_text()))
    assert {"NetworkPolicy", "ResourceQuota", "Role", "Deployment", "Ingress"} <= {
        each["kind"] for each in documents
    }
    for made in documents:
        assert list(problems(made)) == []
