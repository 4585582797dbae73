"""The gRPC health checking protocol, client's side: one unary call over HTTP/2 without TLS.

https://github.com/grpc/grpc/blob/master/doc/health-checking.md
https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
Its two messages are a string and a number, so they are written and read by hand.
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from podlab.engines.base import ByteStream
from podlab.errors import Unavailable

PATH: Final = "/grpc.health.v1.Health/Check"
SERVING: Final = "SERVING"
_STATUSES: Final = ("UNKNOWN", SERVING, "NOT_SERVING", "SERVICE_UNKNOWN")
_CODES: Final = (
    "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
    "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
    "Internal", "Unavailable", "DataLoss", "Unauthenticated",
)  # fmt: skip
"""https://github.com/grpc/grpc/blob/master/doc/statuscodes.md, spelt as a kubelet prints them"""
_UNIMPLEMENTED: Final = 12
_MAX_ANSWER_BYTES: Final = 4096


async def check(stream: ByteStream, authority: str, service: str) -> str:
    """The service's status, such as `SERVING`; of the empty service, the server's as a whole.

    `Unavailable` says in a kubelet's words why there is none: no gRPC server, no health protocol, no such service.
    """
    http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    try:
        return await _call(http, stream, authority, service)
    except h2.exceptions.H2Error as error:
        raise Unavailable(f"error: health rpc probe failed: no HTTP/2 there: {error}") from error


async def _call(http: h2.connection.H2Connection, stream: ByteStream, authority: str, service: str) -> str:
    http.initiate_connection()
    id = http.get_next_available_stream_id()
    http.send_headers(
        id,
        [
            (":method", "POST"), (":scheme", "http"), (":path", PATH), (":authority", authority),
            ("te", "trailers"), ("content-type", "application/grpc"), ("user-agent", "podlab-probe"),
        ],
    )  # fmt: skip
    http.send_data(id, frame(request(service)), end_stream=True)
    await stream.write(http.data_to_send())
    headers: dict[str, str] = {}
    body = b""
    events: list[h2.events.Event] = []
    while data := await stream.read():
        has_ended = False
        events = http.receive_data(data)
        for event in events:
            match event:
                case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                    headers |= {str(name): str(value) for name, value in event.headers or ()}
                case h2.events.DataReceived():
                    body += event.data or b""
                    if len(body) > _MAX_ANSWER_BYTES:
                        raise Unavailable("error: health rpc probe failed: the answer is too long")
                    http.acknowledge_received_data(event.flow_controlled_length or 0, id)
                case h2.events.StreamReset() | h2.events.ConnectionTerminated():
                    raise Unavailable(f"error: health rpc probe failed: {_name_of(event.error_code)}")
                case h2.events.StreamEnded():
                    has_ended = True
        if has_ended:
            return _judge(headers, body)
        if answer := http.data_to_send():
            await stream.write(answer)
    why = "the server hung up" if events else "no HTTP/2 there"
    raise Unavailable(f"error: health rpc probe failed: {why}")


def _name_of(code: object) -> str:
    return code.name if isinstance(code, h2.errors.ErrorCodes) else f"error {code}"


def _judge(headers: dict[str, str], body: bytes) -> str:
    if headers.get(":status") != "200":
        raise Unavailable(f"error: health rpc probe failed: HTTP status {headers.get(':status')}")
    code = int(headers["grpc-status"]) if headers.get("grpc-status", "").isdecimal() else 2
    said = unquote(headers.get("grpc-message", ""))
    if code == _UNIMPLEMENTED:
        raise Unavailable(
            "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): " + said
        )
    if code:
        name = _CODES[code] if code < len(_CODES) else str(code)
        raise Unavailable(f"error: health rpc probe failed: rpc error: code = {name} desc = {said}")
    try:
        return response(unframe(body))
    except ValueError as error:
        raise Unavailable(f"error: health rpc probe failed: {error}") from error


# --- the messages -----------------------------------------------------------------------------------


def frame(message: bytes) -> bytes:
    """Not compressed."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def unframe(data: bytes) -> bytes:
    """The one message that was sent. `ValueError` where it is not there, cut off, or compressed."""
    if len(data) < 5 or data[0] or len(data) != 5 + int.from_bytes(data[1:5], "big"):
        raise ValueError("the answer is no gRPC message")
    return data[5:]


def request(service: str) -> bytes:
    """`HealthCheckRequest {string service = 1}`; empty, it is left out."""
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def response(message: bytes) -> str:
    """The status of `HealthCheckResponse {ServingStatus status = 1}`. `ValueError` where it cannot be read; fields
    that are not known are skipped."""
    status, at = 0, 0
    while at < len(message):
        key, at = _read_varint(message, at)
        match key & 7:
            case 0:
                value, at = _read_varint(message, at)
                status = value if key >> 3 == 1 else status
            case 1:
                at += 8
            case 2:
                length, at = _read_varint(message, at)
                at += length
            case 5:
                at += 4
            case kind:
                raise ValueError(f"the answer has a field of kind {kind}")
    if at != len(message):
        raise ValueError("the answer is cut off")
    return _STATUSES[status] if status < len(_STATUSES) else str(status)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The value, and where the next thing begins."""
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("the answer is cut off")
