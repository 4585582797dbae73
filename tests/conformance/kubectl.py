"""A real cluster, through kubectl, in a namespace of its own."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from tests.conformance.target import Output, Refused, Seen


class Kubectl:
    """Pods of one namespace. What the expectations call a container's state is read from `kubectl get -o json`."""

    def __init__(self, namespace: str, version: tuple[int, int], offers: frozenset[str]) -> None:
        self.version, self.offers = version, offers
        self._namespace = namespace

    async def put(self, name: str, text: str) -> None:
        done = await self._kubectl("apply", "-f", "-", stdin=text)
        if done.code:
            raise Refused(done.text)

    async def remove(self, name: str, text: str) -> None:
        done = await self._kubectl("delete", "--ignore-not-found", "--grace-period=1", "-f", "-", stdin=text)
        if done.code:
            raise Refused(f"not removed: {done.text}")

    async def delete(self, pod: str) -> None:
        await self._kubectl("delete", "pod", pod)

    async def seen(self, pod: str) -> Seen | None:
        done = await self._kubectl("get", "pod", pod, "--ignore-not-found", "-o", "json")
        return read(json.loads(done.text)["status"]) if done.text.strip() else None

    async def selected(self, labels: str) -> list[str]:
        done = await self._kubectl("get", "pods", "-l", labels, "-o", "json")
        return [item["status"]["phase"] for item in json.loads(done.text)["items"]]

    async def run(self, pod: str, container: str, line: str) -> Output:
        done = await self._kubectl("exec", pod, "-c", container, "--", "sh", "-c", line)
        if done.code == 1 and re.search(r"container not found|unable to upgrade connection", done.text):
            raise Refused(done.text)
        said = re.sub(r"^command terminated with exit code \d+\n", "", done.text, flags=re.MULTILINE)
        return Output(done.code, said)

    async def logs(self, pod: str, container: str) -> str:
        return (await self._kubectl("logs", pod, "-c", container)).text

    async def _kubectl(self, *words: str, stdin: str = "") -> Output:
        process = await asyncio.create_subprocess_exec(
            "kubectl", "--namespace", self._namespace, *words,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate(stdin.encode())
        return Output(process.returncode or 0, out.decode(errors="replace"))


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
