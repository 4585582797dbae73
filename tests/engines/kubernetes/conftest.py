"""The test cluster that `scripts/test` starts; that it is missing is a failure, never a reason to skip."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from podlab.errors import PodlabError
from tests.conftest import kubectl
from tests.engines.kubernetes.case import OnKubernetes
from tests.engines.kubernetes.limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAILS = (AssertionError, TimeoutError, PodlabError, BaseExceptionGroup)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        of = getattr(item, "cls", None)
        if not (of and issubclass(of, OnKubernetes)):
            continue
        if why := LIMITS.get(item.name) or LIMITS.get(getattr(item, "originalname", "")):
            item.add_marker(pytest.mark.xfail(reason=why, strict=True, raises=_FAILS))


@pytest.fixture(scope="class")
def room(kubeconfig: str) -> Iterator[str]:
    """A namespace for all tests of a class, which only look at what is theirs."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    made = kubectl(kubeconfig, "create", "namespace", name)
    assert made.returncode == 0, made.stderr.decode()
    yield name
    kubectl(kubeconfig, "delete", "namespace", name, "--wait=false")
