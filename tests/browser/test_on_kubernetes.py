"""The classroom on a real cluster: two attendees and a trainer, in seats that are pods of Kubernetes."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser

from podlab.engines.kubernetes.lab.ground import namespace_of
from tests.browser.conftest import EXAMPLE, served
from tests.browser.test_classroom import the_class
from tests.conftest import kubectl

pytestmark = [pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(900)]

ON_CLUSTER = ("--engine", "kubernetes", "--level", "privileged")


async def test_a_class_of_two_from_the_code_to_the_last_quiz(
    kubeconfig: str,
    classroom_images: None,
    tmp_path: Path,
    chromium: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    remove = partial(removed, kubeconfig)
    async with served(EXAMPLE, tmp_path, seats=2, options=ON_CLUSTER, remove=remove) as lab:
        await the_class(lab, chromium)
        there = json.loads(
            kubectl(kubeconfig, "-n", namespace_of(lab.name), "get", "pods", "-o", "json").stdout
        )
        seats = [each for each in there["items"] if "podlab.io/seat" in each["metadata"]["labels"]]
        assert sorted(each["metadata"]["name"] for each in seats) == [f"{lab.name}-01", f"{lab.name}-02"]
        for each in seats:
            assert each["spec"]["serviceAccountName"] == "podlab-seats"
            mounts = [m["mountPath"] for c in each["spec"]["containers"] for m in c.get("volumeMounts", ())]
            assert not [path for path in mounts if "serviceaccount" in path], "no way to the API server"


def removed(kubeconfig: str, name: str) -> None:
    namespace = namespace_of(name)
    kubectl(
        kubeconfig, "-n", namespace, "delete", "pods", "--all", "--grace-period=0", "--force", "--wait=false"
    )
    kubectl(kubeconfig, "delete", "namespace", namespace, "--wait=false")
