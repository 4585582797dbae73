"""One run of a probe. https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/

Network probes go through the engine into the pod: they need nothing in the container's image and reach
what listens on loopback only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from podlab.engines.base import ByteStream, Engine
from podlab.errors import PodlabError
from podlab.model import Container, HTTPGetAction, Pod, Probe

DEFAULT_TIMEOUT_S = 1
MAX_OUTPUT_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Result:
    """`message` says why it failed, in Kubernetes' words where it has some."""

    passed: bool
    message: str = ""


async def probe(
    engine: Engine, pod: Pod, container: Container, probe: Probe, *, patience_s: float = 0
) -> Result:
    """Run the probe once, within its `timeoutSeconds`. What goes wrong is a failed result, never an error.

    A network probe waits up to `patience_s` for somebody to listen: cheaper than to look again and again.
    """
    timeout_s = probe.timeout_seconds or DEFAULT_TIMEOUT_S
    try:
        async with asyncio.timeout(timeout_s + patience_s):
            if probe.exec is not None:
                return await _exec(engine, pod.name, container.name, probe.exec.command)
            if probe.http_get is not None:
                return await _http_get(engine, pod.name, container, probe.http_get, patience_s)
            if probe.tcp_socket is not None:
                port = port_number(container, probe.tcp_socket.port)
                async with await engine.dial(pod.name, port, patience_s=patience_s):
                    return Result(True)
    except TimeoutError:
        return Result(False, f"no answer within {timeout_s} s")
    except PodlabError as error:
        return Result(False, error.message)
    return Result(False, "the probe has nothing to run")


def port_number(container: Container, port: int | str) -> int:
    """A port's number; a name is looked up in the container's ports."""
    if isinstance(port, int):
        return port
    return next(p.container_port for p in container.ports if p.name == port)


async def _exec(engine: Engine, pod: str, container: str, command: tuple[str, ...]) -> Result:
    output = b""
    async with await engine.exec(pod, container, command) as process:
        while (chunk := await process.read()) is not None:
            output = (output + chunk[1])[:MAX_OUTPUT_BYTES]
        code = await process.wait()
    if code == 0:
        return Result(True)
    said = output.decode(errors="replace").strip()
    return Result(False, f"exit code {code}" + (f": {said}" if said else ""))


async def _http_get(
    engine: Engine, pod: str, container: Container, get: HTTPGetAction, patience_s: float
) -> Result:
    """Any status from 200 to 399 passes. A certificate is not verified, as in Kubernetes."""
    import h11

    port = port_number(container, get.port)
    headers = {"host": get.host or f"{pod}:{port}", "user-agent": "podlab-probe", "accept": "*/*"}
    headers |= {h.name.lower(): h.value for h in get.http_headers} | {"connection": "close"}
    http = h11.Connection(h11.CLIENT)
    async with await engine.dial(pod, port, patience_s=patience_s) as plain:
        stream = await _tls(plain) if get.scheme == "HTTPS" else plain
        await stream.write(
            http.send(h11.Request(method="GET", target=get.path or "/", headers=[*headers.items()])) or b""
        )
        try:
            while (event := http.next_event()) is h11.NEED_DATA:
                http.receive_data(await stream.read())
        except h11.RemoteProtocolError as error:
            return Result(False, f"no HTTP answer: {error}")
    if not isinstance(event, h11.Response):
        return Result(False, "no HTTP answer")
    if 200 <= event.status_code < 400:
        return Result(True)
    return Result(False, f"HTTP probe failed with statuscode: {event.status_code}")


async def _tls(stream: ByteStream) -> ByteStream:
    from podlab.node.tls import TLSStream

    return await TLSStream.open(stream)
