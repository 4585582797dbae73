"""Ephemeral containers, which the tests' real cluster is too old for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from podlab.engines.base import ExecOptions
from podlab.engines.kubernetes.client import Client
from podlab.engines.kubernetes.streams import debug, debugging
from podlab.errors import Conflict, NotFound
from podlab.testing.contract.case import output
from tests.engines.kubernetes.streams.api import Api

pytestmark = pytest.mark.timeout(40)


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Api, Client]]:
    # What ends a debug container ends all in its control group, and here that is this machine's.
    # On a real cluster: tests/engines/kubernetes/test_streams.py.
    monkeypatch.setattr(debug, "_END", "exit 0")
    api = Api()
    async with api.running() as client:
        yield api, client


async def test_a_command_runs_beside_a_holder_in_the_pod(client: tuple[Api, Client]) -> None:
    api, asked = client
    options = ExecOptions(stdin=True, env={"A": "1"})
    script = ["sh", "-c", "cat; echo $A; exit 3"]
    async with debugging(asked, "web", "busybox", script, target="app", options=options) as process:
        await process.write(b"one\n")
        await process.write_eof()
        assert await output(process) == (b"one\n1\n", b"", 3)
    [made] = api.pod["spec"]["ephemeralContainers"]
    assert (made["targetContainerName"], made["image"], made["command"][0]) == ("app", "busybox", "sh")
    assert "capabilities" not in made["securityContext"], "refused by the fake, so asked for without"


async def test_what_cannot_be_debugged_is_told(client: tuple[Api, Client]) -> None:
    api, asked = client
    for image, command, target in (
        ("none", [], ""),
        ("busybox", ["no-such-program"], ""),
        ("busybox", [], "nope"),
    ):
        with pytest.raises(NotFound):
            await debugging(
                asked, "web", image, command, target=target, options=ExecOptions(stdin=True)
            ).__aenter__()
    api.pod["status"]["containerStatuses"][0]["state"] = {"terminated": {}}
    with pytest.raises(Conflict):
        await debugging(asked, "web", "busybox", target="", command=[], options=ExecOptions()).__aenter__()
