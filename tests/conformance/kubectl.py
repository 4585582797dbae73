"""A real cluster, through kubectl, in a namespace of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from tests.conformance.target import Output, Refused, Seen

TESTED: Final = (1, 20)
"""The version of the cluster that scripts/test-cluster starts."""


@asynccontextmanager
async def on_cluster(namespace: str, where: Mapping[str, str] = os.environ) -> AsyncIterator[Kubectl]:
    """The cluster to which kubectl is led by the environment `where`; the namespace is made, and removed at the end."""
    kubectl = Kubectl(namespace, where)
    await kubectl.begin()
    try:
        yield kubectl
    finally:
        await kubectl.end()


class Kubectl:
    """Pods of one namespace. What the expectations call a container's state is read from `kubectl get -o json`."""

    version: tuple[int, int]
    offers: frozenset[str]

    def __init__(self, namespace: str, where: Mapping[str, str]) -> None:
        self._namespace, self._where = namespace, where
        self._looking = asyncio.Lock()
        self._looks = 0
        self._pods: list[dict[str, Any]] = []

    async def begin(self) -> None:
        self.version = await self.server_version()
        classes = json.loads(await self._done("get", "storageclasses", "-o", "json"))["items"]
        default = "storageclass.kubernetes.io/is-default-class"
        has_storage = any(each["metadata"].get("annotations", {}).get(default) == "true" for each in classes)
        self.offers = frozenset({"storage"} if has_storage else ())
        await self._done("create", "namespace", self._namespace)
        # without it no pod is taken
        while (await self._kubectl("get", "serviceaccount", "default")).code:  # noqa: ASYNC110  another program's doing
            await asyncio.sleep(0.2)

    async def server_version(self) -> tuple[int, int]:
        version = json.loads(await self._done("version", "-o", "json"))["serverVersion"]
        return int(version["major"]), int(version["minor"].rstrip("+"))

    async def end(self) -> None:
        await self._done("delete", "namespace", self._namespace, "--wait=false")

    async def put(self, name: str, text: str) -> None:
        await self._done("apply", "-f", "-", stdin=text)

    async def remove(self, name: str, text: str) -> None:
        await self._done("delete", "--ignore-not-found", "--grace-period=1", "-f", "-", stdin=text)

    async def delete(self, pod: str) -> None:
        await self._done("delete", "pod", pod)

    async def seen(self, pod: str) -> Seen | None:
        found = [each for each in await self._all() if each["metadata"]["name"] == pod]
        return read(found[0]["status"]) if found else None

    async def selected(self, labels: str) -> list[str]:
        done = await self._done("get", "pods", "-l", labels, "-o", "json")
        return [item["status"]["phase"] for item in json.loads(done)["items"]]

    async def _all(self) -> list[dict[str, Any]]:
        """Every pod of the namespace, as it was later than this was called; one look serves all who wait for it."""
        before = self._looks
        async with self._looking:
            if self._looks == before:
                self._looks += 1
                self._pods = json.loads(await self._done("get", "pods", "-o", "json"))["items"]
            return self._pods

    async def run(self, pod: str, container: str, line: str) -> Output:
        done = await self._kubectl("exec", pod, "-c", container, "--", "sh", "-c", line)
        if done.code == 1 and re.search(r"container not found|unable to upgrade connection", done.text):
            raise Refused(done.text)
        said = re.sub(r"^command terminated with exit code \d+\n", "", done.text, flags=re.MULTILINE)
        return Output(done.code, said)

    async def logs(self, pod: str, container: str) -> str:
        return (await self._kubectl("logs", pod, "-c", container)).text

    async def _done(self, *words: str, stdin: str = "") -> str:
        """What it prints; `Refused` where it fails."""
        code, out, err = await self._ended(*words, stdin=stdin, apart=True)
        if code:
            raise Refused(f"kubectl {words[0]}: {err.strip()}")
        return out

    async def _kubectl(self, *words: str) -> Output:
        code, text, _ = await self._ended(*words)
        return Output(code, text)

    async def _ended(self, *words: str, stdin: str = "", apart: bool = False) -> tuple[int, str, str]:
        """`apart`: its errors, and what it warns of, by themselves."""
        process = await asyncio.create_subprocess_exec(
            "kubectl", "--namespace", self._namespace, *words,
            stdin=PIPE, stdout=PIPE, stderr=PIPE if apart else STDOUT, env=self._where,
        )  # fmt: skip
        out, err = await process.communicate(stdin.encode())
        return process.returncode or 0, out.decode(errors="replace"), (err or b"").decode(errors="replace")


def read(status: dict[str, Any]) -> Seen:
    """A Pod's `status` in the words of the expectations."""
    every = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    return Seen(
        phase=status["phase"],
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        conditions={each["type"]: each["status"] == "True" for each in status.get("conditions", ())},
        containers={each["name"]: _container(each) for each in every},
    )


def _container(status: dict[str, Any]) -> dict[str, Any]:
    [(state, detail)] = (status.get("state") or {"waiting": {}}).items()
    return {
        "state": state,
        "ready": status["ready"],
        "restarts": status["restartCount"],
        **_end(detail),
        "last": _end((status.get("lastState") or {}).get("terminated", {})),
    }


def _end(detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "reason": detail.get("reason", ""),
        "message": detail.get("message", ""),
        "exit": detail.get("exitCode"),
    }
