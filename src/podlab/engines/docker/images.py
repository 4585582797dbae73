"""The images on a Docker Engine. https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Image"""

from __future__ import annotations

import json
import re
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote, urlencode

from podlab.engines.docker.credentials import header, registry_auth
from podlab.errors import Conflict, Denied, NotFound, PodlabError, Unavailable, Unsupported
from podlab.images.reference import parse
from podlab.images.store import Image, PullProgress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence

    from podlab.engines.docker.api import Client, Response
    from podlab.engines.docker.api.client import Query
    from podlab.images.logins import Login

_LOADED: Final = re.compile(r"Loaded image(?: ID)?: (\S+)")


class DockerImages:
    """An `ImageStore`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def image(self, reference: str) -> Image:
        try:
            found = await self._client.json("GET", f"/images/{_path(reference)}/json")
        except NotFound as error:
            raise NotFound(
                f"image {reference!r} is not on the engine",
                subject=reference,
                hint=f"`podlab images prepare` gets what pods need; `docker pull {reference}` gets this one",
            ) from error
        return Image(
            id=found["Id"],
            tags=tuple(found.get("RepoTags") or ()),
            size_bytes=found["Size"],
            created_at=_epoch(found.get("Created") or ""),
            labels=(found.get("Config") or {}).get("Labels") or {},
            digests=tuple(found.get("RepoDigests") or ()),
        )

    async def images(self) -> list[Image]:
        return [
            Image(
                id=found["Id"],
                tags=tuple(found.get("RepoTags") or ()),
                size_bytes=found["Size"],
                created_at=found["Created"],
                labels=found.get("Labels") or {},
                digests=tuple(found.get("RepoDigests") or ()),
            )
            for found in await self._client.json("GET", "/images/json")
            if found.get("RepoTags")
        ]

    async def pull(self, reference: str, logins: Sequence[Login] = ()) -> AsyncGenerator[PullProgress, None]:
        for login in logins:
            try:
                async with aclosing(self._pull(reference, header(login))) as steps:
                    async for progress in steps:
                        yield progress
            except (Denied, NotFound):  # a registry may hide what it has from whoever may not have it
                continue
            return
        own = await registry_auth(parse(reference).registry)
        async with aclosing(self._pull(reference, own)) as steps:
            async for progress in steps:
                yield progress

    async def _pull(self, reference: str, auth: str) -> AsyncGenerator[PullProgress, None]:
        name = parse(reference)
        query = {"fromImage": f"{name.registry}/{name.repository}", "tag": name.digest or name.tag}
        headers = {"X-Registry-Auth": auth}
        layers: dict[str, tuple[int, int]] = {}
        try:
            async with self._client.request(
                "POST", "/images/create", query=query, headers=headers
            ) as response:
                async for message in _messages(response):
                    _note(layers, message)
                    yield PullProgress(
                        status=message.get("status", ""),
                        done_bytes=sum(done for done, _ in layers.values()),
                        total_bytes=sum(total for _, total in layers.values()),
                    )
        except PodlabError as error:
            _raise_pull(reference, error)

    async def registry_digest(self, reference: str, logins: Sequence[Login] = ()) -> str:
        for login in logins:
            with suppress(Denied, NotFound):
                return await self._digest(reference, header(login))
        return await self._digest(reference, await registry_auth(parse(reference).registry))

    async def _digest(self, reference: str, auth: str) -> str:
        headers = {"X-Registry-Auth": auth}
        try:
            async with self._client.request(
                "GET", f"/distribution/{_path(reference)}/json", headers=headers
            ) as response:
                found = json.loads(await response.body())
        except PodlabError as error:
            _raise_pull(reference, error)
        return str(found["Descriptor"]["digest"])

    async def import_rootfs(self, tar: AsyncIterable[bytes], reference: str, changes: Sequence[str]) -> None:
        name = parse(reference)
        query = {
            "fromSrc": "-",
            "repo": f"{name.registry}/{name.repository}",
            "tag": name.tag,
            "changes": "\n".join(changes),
        }
        await self._upload("/images/create", query, tar, f"cannot import image {reference!r}", reference)

    async def tag(self, reference: str, new_reference: str) -> None:
        name = parse(new_reference)
        query = {"repo": f"{name.registry}/{name.repository}", "tag": name.tag}
        await self._client.json("POST", f"/images/{_path(reference)}/tag", query=query)

    async def save(self, references: Sequence[str]) -> AsyncGenerator[bytes, None]:
        for reference in references:
            await self.image(reference)  # the engine would begin, and then break off
        path = f"/images/get?{urlencode([('names', reference) for reference in references])}"
        async with self._client.request("GET", path) as response:
            async for chunk in response.chunks():
                yield chunk

    async def load(self, archive: AsyncIterable[bytes]) -> list[str]:
        lines = await self._upload("/images/load", {"quiet": True}, archive, "cannot load the images", "")
        return [match[1] for line in lines if (match := _LOADED.search(line.get("stream", "")))]

    async def remove_image(self, reference: str) -> None:
        try:
            await self._client.json("DELETE", f"/images/{_path(reference)}")
        except NotFound:
            return
        except Conflict as error:
            raise Conflict(
                f"cannot remove image {reference!r}: {error.message}",
                subject=reference,
                hint="remove the containers that use it first",
            ) from error

    async def _upload(
        self,
        path: str,
        query: Query,
        upload: AsyncIterable[bytes],
        what: str,
        subject: str,
    ) -> list[dict[str, Any]]:
        try:
            async with self._client.request("POST", path, query=query, upload=upload) as response:
                return [message async for message in _messages(response)]
        except PodlabError as error:
            full = "no space left on device" in error.message
            raise type(error)(
                f"{what}: {'the disk of the engine is full' if full else error.message}",
                subject=subject,
                hint="`docker system df` tells what takes the room, `docker system prune` makes some"
                if full
                else error.hint,
            ) from error


async def _messages(response: Response) -> AsyncIterator[dict[str, Any]]:
    """The engine has said 200 by the time something fails: the error is one of the messages."""
    async for message in response.json_lines():
        if "error" in message or "errorDetail" in message:
            detail = message.get("errorDetail") or {}
            raise PodlabError(str(detail.get("message") or message.get("error")).strip())
        yield message


def _note(layers: dict[str, tuple[int, int]], message: dict[str, Any]) -> None:
    """Keep each layer's bytes on the way. Unpacking counts again from zero, so only the download counts."""
    layer, status = message.get("id", ""), message.get("status", "")
    detail = message.get("progressDetail") or {}
    if status == "Downloading" and detail.get("current"):
        layers[layer] = detail["current"], max(detail.get("total", 0), detail["current"])
    elif layer in layers and status in ("Download complete", "Pull complete", "Verifying Checksum"):
        layers[layer] = layers[layer][1], layers[layer][1]


_SAID: Final[tuple[tuple[type[PodlabError], str], ...]] = (
    # Order matters: a registry that wants a login says "denied", also for what does not exist.
    (
        NotFound,
        (
            "manifest unknown|not found: manifest|repository does not exist|: not found$|"
            r"repository name not known"
        ),
    ),
    (Denied, r"unauthorized|denied|authentication required|no basic auth|status: 40[13]"),
    (Unsupported, r"no matching manifest|unsupported|not supported"),
    (
        Unavailable,
        (
            r"dial tcp|dial udp|lookup |no such host|connection refused|connection reset|timeout|timed out|"
            r"unreachable|no route to host|TLS handshake|request canceled|EOF|proxyconnect|toomanyrequests|"
            r"rate limit|status: 5|x509|server gave HTTP response|bad gateway|service unavailable"
        ),
    ),
)
"""What the engine's text means. It forwards errors of the network and of registries as 500 or as text only:
https://github.com/moby/moby/blob/v26.1.5/distribution/errors.go"""
_HINTS: Final = {
    NotFound: "is the name or tag misspelt?",
    Denied: "`docker login` if the image is private; or is the name misspelt? Registries tell no difference",
    Unavailable: "is there a network? is it the right registry?",
}


def _raise_pull(reference: str, error: PodlabError) -> NoReturn:
    text = error.message
    said = next((kind for kind, pattern in _SAID if re.search(pattern, text, re.IGNORECASE)), type(error))
    if "no space left on device" in text:
        said, text = PodlabError, "the disk of the engine is full"
    raise said(
        f"cannot pull image {reference!r}: {text}", subject=reference, hint=_HINTS.get(said, error.hint)
    ) from error


def _path(reference: str) -> str:
    return quote(reference, safe="/:@")


def _epoch(text: str) -> float:
    """`2026-01-31T12:00:00.123456789Z`; Python's own reader takes at most six digits of a second."""
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp()
    except ValueError:
        return 0.0
