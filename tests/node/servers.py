"""Small servers for the containers of a fake engine, or for a socket: they get how to read and how to write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import h2.config
import h2.connection
import h2.events

from podlab.testing.fake.shell import Program, Serve, Standard

Read = Callable[[], Awaitable[bytes]]
Write = Callable[[bytes], Awaitable[None]]


def listening(port: int, serve: Serve) -> Program:
    """A program that does nothing but serve."""

    async def run(std: Standard, args: Sequence[str]) -> int:
        std.listen(port, serve)
        try:
            await asyncio.Event().wait()
        finally:
            std.listen(port, None)
        return 0

    return run


def web(answers: Mapping[str, str | bytes], heard: list[bytes] | None = None) -> Serve:
    """Answers by the request's target: a status line with headers, or all of the bytes."""

    async def serve(read: Read, write: Write) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += await read()
        if heard is not None:
            heard.append(request)
        answer = answers.get(request.split(b" ")[1].decode(), "404 Not Found")
        if isinstance(answer, str):
            answer = f"HTTP/1.1 {answer}\r\nContent-Length: 2\r\n\r\nhi".encode()
        await write(answer)

    return serve


def grpc(
    statuses: Mapping[str, int],
    *,
    code: int = 12,
    message: str = "no%20such method",
    heads_only: bool = False,
) -> Serve:
    """A gRPC health server that knows these services; for another path it has a status and a message.
    https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"""

    async def serve(read: Read, write: Write) -> None:
        http = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        )
        http.initiate_connection()
        await write(http.data_to_send())
        path, body = "", b""
        while data := await read():
            for event in http.receive_data(data):
                match event:
                    case h2.events.RequestReceived():
                        path = next(str(v) for k, v in event.headers or () if str(k) == ":path")
                    case h2.events.DataReceived():
                        body += event.data or b""
                    case h2.events.StreamEnded():
                        answer(http, event.stream_id or 0, path, body)
            await write(http.data_to_send())

    def answer(http: h2.connection.H2Connection, id: int, path: str, body: bytes) -> None:
        head = [(":status", "200"), ("content-type", "application/grpc")]
        service = body[7:].decode()
        if heads_only or path != "/grpc.health.v1.Health/Check":
            trailers = [("grpc-status", str(code)), ("grpc-message", message)]
            http.send_headers(id, head + trailers, end_stream=True)
        elif service not in statuses:
            trailers = [("grpc-status", "5"), ("grpc-message", "unknown service")]
            http.send_headers(id, head + trailers, end_stream=True)
        else:
            reply = b"\x08" + bytes([statuses[service]]) if statuses[service] else b""
            http.send_headers(id, head)
            http.send_data(id, b"\0" + len(reply).to_bytes(4, "big") + reply)
            http.send_headers(id, [("grpc-status", "0")], end_stream=True)

    return serve
