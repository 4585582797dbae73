"""Requests to the API server, and its errors in podlab's words.

pod = await client.json("GET", client.pod("web"))
async with client.stream("GET", client.pod("web", "log"), query={"container": "app"}) as response:
    async for chunk in response.content.iter_any(): …
socket = await streams.websocket.connect(client, client.pod("web", "exec"), [("command", "ls"), …], protocols)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import aiohttp

from podlab.engines.kubernetes.refusals import Busy, refusal
from podlab.errors import Denied, Unavailable

if TYPE_CHECKING:
    from podlab.engines.kubernetes.access import Access

Query = Mapping[str, str | int | bool] | Sequence[tuple[str, str]]
JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"
"""https://kubernetes.io/docs/reference/using-api/server-side-apply/"""
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
MANAGER: Final = "podlab"
"""Who we are among those that write an object's fields."""

_ANSWER_S = 60
"""How long an answer may take that is no stream. The server itself gives up after a minute."""
_TRIES = 5
_CONNECT_S = 10
_READ_AHEAD = 1 << 16


class Client:
    """A cluster, and one namespace of it. One connection pool for as long as it lives: `close` it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.namespace = access.namespace
        self.seen: dict[str, Any] = {}
        """What was learnt of the cluster and does not change: its version, what is there for good."""
        self._session: aiohttp.ClientSession | None = None

    # --- paths

    def of(self, plural: str, name: str = "", part: str = "", *, group: str = "v1") -> str:
        """The path of objects in the namespace: `of("deployments", "web", group="apps/v1")`."""
        root = "/api" if "/" not in group else "/apis"
        path = f"{root}/{group}/namespaces/{quote(self.namespace)}/{plural}"
        return path + "".join(f"/{quote(each)}" for each in (name, part) if each)

    def pod(self, name: str, part: str = "") -> str:
        """`part` is a subresource: `exec`, `attach`, `portforward`, `log`, `ephemeralcontainers`, `eviction`."""
        return self.of("pods", name, part)

    # --- requests

    async def json(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> Any:
        """The answer's JSON. Asked to come again (429, or 5xx with Retry-After), it does so, a few times: so does
        client-go."""
        for attempt in range(_TRIES):
            try:
                async with self.stream(
                    method, path, query=query, body=body, content_type=content_type, answer_s=_ANSWER_S
                ) as response:
                    return await response.json(content_type=None)
            except Busy as busy:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(busy.after_s)
        raise AssertionError  # pragma: no cover

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        content_type: str = JSON,
        answer_s: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer while its body comes, for logs and watches: it may take as long as it likes, unless `answer_s`."""
        headers = await self.access.headers()
        data = None if body is None else json.dumps(body, separators=(",", ":"))
        if data is not None:
            headers["Content-Type"] = content_type
        timeout = aiohttp.ClientTimeout(total=answer_s, sock_connect=_CONNECT_S)
        with self._broken(f"{method} {path}"):
            async with self._open().request(
                method, self.access.server + path, params=_params(query), data=data, headers=headers, timeout=timeout,
                proxy=self.access.proxy, server_hostname=self.access.server_name,
            ) as response:  # fmt: skip
                yield response

    async def upgrade(
        self, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """The answer to a request to speak another protocol: its connection is the caller's, who closes the answer.
        `streams.websocket` makes a websocket of it.
        """
        headers = await self.access.headers() | dict(headers)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S)
        with self._broken(f"GET {path}"):
            async with asyncio.timeout(_ANSWER_S):
                return await self._open().get(
                    self.access.server + path, params=_params(query), headers=headers, timeout=timeout,
                    proxy=self.access.proxy, server_hostname=self.access.server_name, read_until_eof=False,
                )  # fmt: skip

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    # --- inside

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self.access.tls or True),
                raise_for_status=self._refuse,
                trust_env=True,
                read_bufsize=_READ_AHEAD,
            )
        return self._session

    async def _refuse(self, response: aiohttp.ClientResponse) -> None:
        """Here, since of a websocket that is refused aiohttp would keep the status only."""
        if response.status >= 400:
            raise refusal(
                response.status,
                await response.read(),
                what=f"{response.method} {response.url.path}",
                server=self.access.server,
                retry_after=response.headers.get("Retry-After", ""),
            )

    @contextmanager
    def _broken(self, what: str) -> Iterator[None]:
        server = self.access.server
        try:
            yield
        except aiohttp.ClientConnectorCertificateError as error:
            raise Denied(
                f"the certificate of {server} is not to be trusted: {error.certificate_error}",
                subject=server,
                hint="the kubeconfig's certificate-authority must be the one that signed it",
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise Unavailable(
                f"no API server answers at {server}: {error.os_error.strerror or error}",
                subject=server,
                hint=f"{self.access.chosen_by} says so; is the cluster up, and reachable from here?",
            ) from error
        except TimeoutError as error:
            raise Unavailable(f"{server} does not answer {what}", subject=server, hint="try again") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(
                f"{server} broke off {what}: {error}", subject=server, hint="try again"
            ) from error


def _params(query: Query | None) -> list[tuple[str, str]]:
    if query is None:
        return []
    pairs = query.items() if isinstance(query, Mapping) else query
    return [(key, str(value).lower() if isinstance(value, bool) else str(value)) for key, value in pairs]
