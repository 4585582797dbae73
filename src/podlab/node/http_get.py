"""One HTTP GET into a pod, as a kubelet sends it.

https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import h11

from podlab.engines.base import ByteStream, Engine
from podlab.errors import Unavailable
from podlab.model import Container, HTTPGetAction, Pod
from podlab.node import dialling

USER_AGENT: Final = "kube-probe/1.37 (podlab)"
"""Servers know probes by it, and keep them out of their logs."""
MAX_BODY_BYTES: Final = 10 << 10
"""The rest of an answer is not read."""
MAX_REDIRECTS: Final = 10
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_UNRESERVED: Final = "/?&=%:@!$'()*+,;~[]"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """`elsewhere` is where a redirect leads that was not followed, since it leaves the pod."""

    status: int
    elsewhere: str = ""


async def get(
    engine: Engine, pod: Pod, container: Container, action: HTTPGetAction, *, patience_s: float = 0
) -> Answer:
    """The answer, whatever its status. `Unavailable` where there is none. Redirects within the pod are followed.
    A certificate is not verified, as in Kubernetes."""
    port = dialling.port_number(container, action.port)
    scheme = (action.scheme or "HTTP").lower()
    url = f"{scheme}://{_netloc(action.host or pod.name, port)}{_target(action.path)}"
    for _ in range(MAX_REDIRECTS):
        parts = urlsplit(url)
        stream = await engine.dial(pod.name, parts.port or _PORTS[parts.scheme], patience_s=patience_s)
        async with stream:
            talk = await _tls(stream) if parts.scheme == "https" else stream
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            status, location = await _exchange(talk, target or "/", _headers(action, parts.netloc))
        if status not in _REDIRECTS or not location:
            return Answer(status)
        next_url = urljoin(url, location)
        following = urlsplit(next_url)
        if following.hostname != parts.hostname or following.scheme not in _PORTS:
            return Answer(status, next_url)
        url = next_url
    raise Unavailable(f"stopped after {MAX_REDIRECTS} redirects", subject=url)


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _target(path: str | None) -> str:
    path = quote((path or "/").partition("#")[0], safe=_UNRESERVED)
    return path if path.startswith("/") else f"/{path}"


def _headers(action: HTTPGetAction, host: str) -> list[tuple[str, str]]:
    """`Host`, `User-Agent` and `Accept` are replaced by those that were said; the last two go where an empty value
    was said."""
    said = [(h.name, h.value) for h in action.http_headers if h.name.lower() != "connection"]
    said = [(name, value) for name, value in said if value or name.lower() != "host"]
    own = [("Host", host), ("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Connection", "close")]
    replaced = {name.lower() for name, _ in said}
    optional = ("user-agent", "accept")
    return [
        *((name, value) for name, value in own if name.lower() not in replaced),
        *((name, value) for name, value in said if value or name.lower() not in optional),
    ]


async def _exchange(stream: ByteStream, target: str, headers: list[tuple[str, str]]) -> tuple[int, str]:
    """Status and Location of the answer."""
    http = h11.Connection(h11.CLIENT)
    try:
        await stream.write(http.send(h11.Request(method="GET", target=target, headers=headers)) or b"")
        http.send(h11.EndOfMessage())
        head = await _next(http, stream)
        while isinstance(head, h11.InformationalResponse):
            head = await _next(http, stream)
        if not isinstance(head, h11.Response):
            raise Unavailable("no HTTP answer")
        left = MAX_BODY_BYTES
        while left > 0 and isinstance(event := await _next(http, stream), h11.Data):
            left -= len(event.data)
    except h11.LocalProtocolError as error:
        raise Unavailable(f"cannot ask for {target}: {error}") from error
    except h11.RemoteProtocolError as error:
        raise Unavailable(f"no HTTP answer: {error}") from error
    location = next((value for name, value in head.headers if name == b"location"), b"")
    return head.status_code, location.decode("latin-1")


async def _next(http: h11.Connection, stream: ByteStream) -> object:
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(await stream.read())
    return event


async def _tls(stream: ByteStream) -> ByteStream:
    from podlab.node.tls import TLSStream

    return await TLSStream.open(stream)
