"""A served workshop's seats on a real cluster: one that goes is made again, one that is reset is new, and none is lost
when the portal dies."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from pathlib import Path

import pytest

from podlab.engines.kubernetes.lab.ground import namespace_of
from tests.browser.conftest import Served, served
from tests.browser.test_on_kubernetes import removed
from tests.conftest import kubectl

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(400)]

WORKSHOP = """\
apiVersion: podlab/v1
kind: Workshop
metadata:
  name: lab
spec:
  lesson: lesson
  seats: {count: 2, warm: 2, claim: code}
  terminals: [{name: shell, container: app}]
  pod:
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: IMAGE
          command: [sleep, infinity]
          resources: {limits: {cpu: 100m, memory: 64Mi}, requests: {cpu: 1m, memory: 4Mi}}
"""
LONG_S = 120


@pytest.fixture
def folder(tmp_path: Path, cluster_image: str) -> Path:
    made = tmp_path / "source"
    (made / "lesson").mkdir(parents=True)
    (made / "podlab.yaml").write_text(WORKSHOP.replace("IMAGE", cluster_image))
    (made / "lesson" / "01-a.md").write_text("# A\n\nText.\n")
    return made


async def test_seats_that_go_come_again_and_outlive_the_portal(
    kubeconfig: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    options, remove = ("--engine", "kubernetes"), partial(removed, kubeconfig)
    async with served(folder, tmp_path, seats=2, options=options, remove=remove) as lab:
        first = seats(kubeconfig, lab)
        assert sorted(first) == [f"{lab.name}-01", f"{lab.name}-02"]
        one, two = sorted(first)
        at_once = ("--grace-period=0", "--force", "--wait=false")
        assert (
            kubectl(kubeconfig, "-n", namespace_of(lab.name), "delete", "pod", one, *at_once).returncode == 0
        )
        repaired = await until_other(kubeconfig, lab, one, first[one])
        assert seats(kubeconfig, lab)[two] == first[two], "the neighbour is left alone"

        await podlab("seats", "reset", "2", "--force", "--state", str(lab.state))
        await until_other(kubeconfig, lab, two, first[two])

        before = seats(kubeconfig, lab)
        await lab.kill()
        await lab.start()
        assert seats(kubeconfig, lab) == before, "they are taken up as they are, and none is made twice"
        assert before[one] == repaired


def seats(kubeconfig: str, lab: Served) -> dict[str, str]:
    """Name → uid of those that are ready."""
    listed = kubectl(
        kubeconfig, "-n", namespace_of(lab.name), "get", "pods", "-l", "podlab.io/seat", "-o", "json"
    )
    return {
        each["metadata"]["name"]: each["metadata"]["uid"]
        for each in json.loads(listed.stdout)["items"]
        if not each["metadata"].get("deletionTimestamp")
        and any(c["type"] == "Ready" and c["status"] == "True" for c in each["status"].get("conditions", ()))
    }


async def until_other(kubeconfig: str, lab: Served, name: str, uid: str) -> str:
    async with asyncio.timeout(LONG_S):
        while (now := seats(kubeconfig, lab).get(name, uid)) == uid:  # noqa: ASYNC110 - from outside
            await asyncio.sleep(0.5)
    return now


async def podlab(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "podlab.cli", *words)
    assert await process.wait() == 0
