"""Tries in a namespace of its own what cannot be asked: whether pod security and network policies are kept."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from podlab.doctor.cluster.facts import Probed
from podlab.engines.kubernetes.client import Client
from podlab.errors import Denied, PodlabError
from podlab.naming import infra_image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_STARTS_S: Final = 45.0
_HOLDS_S: Final = 15.0
"""Networks that enforce policies take up to some seconds to learn of a new one."""
_LOOK_S: Final = 0.5
_LABEL: Final = "podlab.io/probe"
_OF_OTHERS: Final = "pod-security.kubernetes.io/enforce"


async def probed(client: Client) -> Probed:
    """Nothing is raised: what cannot be tried is told."""
    try:
        async with _namespace(client) as own:
            holds, takes, refusal = await _pod_security(own)
            if takes is False:
                return Probed(holds_pod_security=holds, takes_privileged=takes, refusal=refusal)
            policies, why = await _policies(own)
            return Probed(
                holds_pod_security=holds,
                takes_privileged=takes,
                holds_policies=policies,
                why=why,
                refusal=refusal,
            )
    except PodlabError as error:
        return Probed(why=error.message)


@asynccontextmanager
async def _namespace(client: Client) -> AsyncIterator[Client]:
    name = f"podlab-doctor-{secrets.token_hex(4)}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {_LABEL: "true"}}}
    await client.json("POST", "/api/v1/namespaces", body=body)
    own = Client(client.access)
    own.namespace = name
    try:
        async with asyncio.timeout(_STARTS_S):
            while not (await own.json("GET", own.of("serviceaccounts")))["items"]:  # noqa: ASYNC110 - the cluster's
                await asyncio.sleep(_LOOK_S)
        yield own
    except TimeoutError as error:
        raise PodlabError(f"namespace '{name}' got no service account in {_STARTS_S:g} s") from error
    finally:
        await own.close()
        await client.json("DELETE", f"/api/v1/namespaces/{name}")


async def _pod_security(own: Client) -> tuple[bool, bool, str]:
    """Whether a label keeps privileged pods out; whether they get in without; and what is said where they do not.
    https://kubernetes.io/docs/concepts/security/pod-security-admission/"""
    pod = _pod("privileged", ["true"], privileged=True)
    takes, refusal = await _would_take(own, pod)
    await _level(own, "baseline")
    try:
        holds = not (await _would_take(own, pod))[0]
    finally:
        await _level(own, "privileged")
    return holds, takes, refusal


async def _would_take(own: Client, pod: dict[str, Any]) -> tuple[bool, str]:
    try:
        await own.json("POST", own.of("pods"), query={"dryRun": "All"}, body=pod)
    except Denied as error:
        return False, error.message
    return True, ""


async def _level(own: Client, level: str) -> None:
    body = {"metadata": {"labels": {_OF_OTHERS: level}}}
    await own.json(
        "PATCH", f"/api/v1/namespaces/{own.namespace}", body=body, content_type="application/merge-patch+json"
    )


async def _policies(own: Client) -> tuple[bool | None, str]:
    """Whether what a policy forbids does not happen, and did before."""
    await own.json("POST", own.of("pods"), body=_pod("listens", ["nc", "-ll", "-p", "8080", "-e", "true"]))
    address = await _address(own, "listens")
    if not address:
        return None, f"no pod of the image {infra_image()} comes up"
    if not await _reaches(own, address, "before"):
        return None, "one pod does not reach another even without a policy"
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []},
    }
    await own.json("POST", own.of("networkpolicies", group="networking.k8s.io/v1"), body=policy)
    end = asyncio.get_running_loop().time() + _HOLDS_S
    attempt = 0
    while asyncio.get_running_loop().time() < end:
        attempt += 1
        if not await _reaches(own, address, f"after-{attempt}"):
            return True, ""
        await asyncio.sleep(2)
    return False, ""


async def _reaches(own: Client, address: str, name: str) -> bool:
    await own.json("POST", own.of("pods"), body=_pod(name, ["nc", "-w", "3", address, "8080", "-e", "true"]))
    async with asyncio.timeout(_STARTS_S):
        while True:
            phase = (await own.json("GET", own.pod(name)))["status"].get("phase")
            if phase in ("Succeeded", "Failed"):
                return bool(phase == "Succeeded")
            await asyncio.sleep(_LOOK_S)


async def _address(own: Client, name: str) -> str:
    try:
        async with asyncio.timeout(_STARTS_S):
            while True:
                status = (await own.json("GET", own.pod(name)))["status"]
                if status.get("phase") == "Running" and status.get("podIP"):
                    return str(status["podIP"])
                if status.get("phase") == "Failed":
                    return ""
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        return ""


def _pod(name: str, command: list[str], *, privileged: bool = False) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": "probe",
                    "image": infra_image(),
                    "imagePullPolicy": "IfNotPresent",
                    "command": command,
                    "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"memory": "32Mi"}},
                    "securityContext": {"privileged": privileged},
                }
            ],
        },
    }
