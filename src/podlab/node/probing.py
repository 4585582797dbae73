"""One run of a probe. https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/

Network probes go through the engine into the pod: they need nothing in the container's image and reach
what listens on loopback only. When a probe is run, and what its results amount to, is `tracker`'s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from podlab.engines.base import Engine
from podlab.errors import PodlabError
from podlab.model import Container, GRPCAction, HTTPGetAction, Pod, Probe
from podlab.node import command, dialling, http_get

DEFAULT_TIMEOUT_S = 1


@dataclass(frozen=True, slots=True)
class Result:
    """`message` says why it failed, in Kubernetes' words where it has some. Of one that passed it is a warning."""

    passed: bool
    message: str = ""


async def probe(
    engine: Engine, pod: Pod, container: Container, probe: Probe, *, patience_s: float = 0
) -> Result:
    """Run the probe once, within its `timeoutSeconds`. What goes wrong is a failed result, never an error.

    A network probe waits up to `patience_s` for somebody to listen: cheaper than to look again and again. A command
    that takes too long is killed.
    """
    timeout_s = probe.timeout_seconds or DEFAULT_TIMEOUT_S
    try:
        async with asyncio.timeout(timeout_s + patience_s):
            if probe.exec is not None:
                code, output = await command.run(engine, pod.name, container.name, probe.exec.command)
                return Result(False, command.failure(code, output)) if code else Result(True)
            if probe.http_get is not None:
                return await _http_get(engine, pod, container, probe.http_get, patience_s)
            if probe.tcp_socket is not None:
                port = probe.tcp_socket.port
                async with await dialling.dial(engine, pod, container, port, patience_s=patience_s):
                    return Result(True)
            if probe.grpc is not None:
                return await _grpc(engine, pod, container, probe.grpc, patience_s)
    except TimeoutError:
        return Result(False, f"no answer within {timeout_s} s")
    except PodlabError as error:
        return Result(False, error.message)
    return Result(False, "the probe has nothing to run")


async def _http_get(
    engine: Engine, pod: Pod, container: Container, action: HTTPGetAction, patience_s: float
) -> Result:
    """Any status from 200 to 399 passes."""
    answer = await http_get.get(engine, pod, container, action, patience_s=patience_s)
    if not 200 <= answer.status < 400:
        return Result(False, f"HTTP probe failed with statuscode: {answer.status}")
    if answer.elsewhere:
        return Result(True, f"Probe terminated redirects, which lead out of the pod to {answer.elsewhere}")
    return Result(True)


async def _grpc(
    engine: Engine, pod: Pod, container: Container, action: GRPCAction, patience_s: float
) -> Result:
    from podlab.node import grpc_health

    stream = await dialling.dial(engine, pod, container, action.port, patience_s=patience_s)
    async with stream:
        status = await grpc_health.check(stream, f"{pod.name}:{action.port}", action.service or "")
    if status != grpc_health.SERVING:
        return Result(False, f'service unhealthy (responded with "{status}")')
    return Result(True)
