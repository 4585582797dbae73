"""Contents on their way between a browser and a container: never held, and never waited for without end."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from aiohttp import ClientPayloadError, web

from podlab.errors import Conflict, Invalid, PodlabError, TimedOut, Unavailable
from podlab.portal.files import limits, path
from podlab.portal.files.entry import Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.portal.files.entry import Download

_log = logging.getLogger(__name__)

INERT: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""What comes from a seat is saved, never shown, on an origin that is the portal's."""


async def sent(request: web.Request, download: Download) -> web.StreamResponse:
    """Send it as a file to be saved. What breaks off is told by breaking off: the browser sees that it is not whole."""
    size = download.size_bytes
    if size is not None and size > limits.MAX_DOWNLOAD_BYTES:
        raise Invalid(
            f"{path.shown(download.name)} has {size:,} bytes, which is too much for a download",
            hint=f"at most {limits.MAX_DOWNLOAD_BYTES:,}: pack it in the terminal",
        )
    response = web.StreamResponse(headers=INERT | {"Content-Disposition": disposition(download)})
    response.content_type = "application/gzip" if download.kind == "tar.gz" else "application/octet-stream"
    response.content_length = size
    await response.prepare(request)
    try:
        count = 0
        async for chunk in download.chunks:
            count += len(chunk)
            if count > limits.MAX_DOWNLOAD_BYTES or (size is not None and count > size):
                raise Conflict("too much for a download")
            async with asyncio.timeout(limits.IDLE_S):
                await response.write(chunk)
        if size is not None and count < size:
            raise Conflict("the file became shorter")
        await response.write_eof()
    except (PodlabError, TimeoutError, ConnectionError) as error:
        _log.info("a download of %s broke off: %s", path.shown(download.name), error)
        if request.transport is not None:
            request.transport.abort()
    return response


def received(request: web.Request, max_bytes: int) -> Upload:
    """The body. `Invalid` where its length is not said beforehand, or is too much."""
    size = request.content_length
    if size is None or "Content-Encoding" in request.headers:
        raise Invalid("the length of the content must be said beforehand", hint="send a Content-Length")
    if size > max_bytes:
        raise Invalid(f"{size:,} bytes are too much", hint=f"at most {max_bytes:,} are taken at once")
    return Upload(size_bytes=size, chunks=_body(request))


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(limits.IDLE_S):
                chunk = await request.content.read(limits.CHUNK_BYTES)
        except TimeoutError as error:
            raise TimedOut("the browser sends nothing more", hint="try again") from error
        except (ConnectionError, ClientPayloadError, web.RequestPayloadError) as error:
            raise Unavailable("the browser has gone away") from error
        if not chunk:
            return
        yield chunk


def disposition(download: Download) -> str:
    """`attachment` with the name, for old browsers in ASCII. https://www.rfc-editor.org/rfc/rfc6266#section-5"""
    name = path.shown(download.name or b"root") + (".tar.gz" if download.kind == "tar.gz" else "")
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
