"""TLS on top of a stream that is no socket."""

from __future__ import annotations

import ssl
from typing import Self

from podlab.engines.base import ByteStream
from podlab.errors import Unavailable


class TLSStream:
    """A client's side. The certificate is not verified: this is for probes of what we started ourselves."""

    def __init__(self, stream: ByteStream) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._stream = stream
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out)

    @classmethod
    async def open(cls, stream: ByteStream) -> Self:
        tls = cls(stream)
        while True:
            try:
                tls._tls.do_handshake()
            except ssl.SSLWantReadError:
                await tls._flush()
                await tls._fill()
            except ssl.SSLError as error:
                raise Unavailable(f"no TLS connection: {error.reason or error}") from error
            else:
                await tls._flush()
                return tls

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stream.__aexit__(*exc)

    async def read(self) -> bytes:
        while True:
            try:
                return self._tls.read(1 << 16)
            except ssl.SSLWantReadError:
                if not await self._fill():
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def write(self, data: bytes) -> None:
        self._tls.write(data)
        await self._flush()

    async def write_eof(self) -> None:
        """TLS has no half-closed connections that servers honour."""

    async def _fill(self) -> bool:
        data = await self._stream.read()
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
        return bool(data)

    async def _flush(self) -> None:
        if data := self._out.read():
            await self._stream.write(data)
