"""One run of a probe, as a kubelet does it, on the fake engine: what passes, what fails, and with which words."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.model import (
    Container,
    ContainerPort,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    HTTPHeader,
    Metadata,
    Pod,
    PodSpec,
    Probe,
    TCPSocketAction,
)
from podlab.node import grpc_health
from podlab.node.http_get import USER_AGENT
from podlab.node.probing import Result, probe
from podlab.testing.fake import FakeEngine
from podlab.testing.fake.shell import Serve
from tests.node import servers

PORTS = (ContainerPort(container_port=8080, name="web"),)


async def asked(serve: Serve, check: Probe) -> Result:
    """The result of probing a container that serves so on port 8080, as soon as it does."""
    engine = FakeEngine(programs={"server": servers.listening(8080, serve)})
    container = Container(name="app", image="busybox", command=("server",), ports=PORTS)
    pod = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(container,)))
    await engine.apply(pod)
    try:
        return await probe(engine, pod, container, check, patience_s=5)
    finally:
        await engine.delete("web", grace_s=0)


def http(path: str = "/", **settings: object) -> Probe:
    return Probe(http_get=HTTPGetAction(port="web", path=path, **settings))  # type: ignore[arg-type]


# --- exec


async def ran(*command: str, **settings: int) -> Result:
    engine = FakeEngine()
    container = Container(name="app", image="busybox", command=("sleep", "1000"))
    pod = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(container,)))
    await engine.apply(pod)
    check = Probe(exec=ExecAction(command=command), **settings)  # type: ignore[arg-type]
    return await probe(engine, pod, container, check)


async def test_a_command_passes_by_its_exit_code_and_fails_with_its_words() -> None:
    assert await ran("true") == Result(True)
    assert await ran("sh", "-c", "echo no disk; exit 3") == Result(False, "exit code 3: no disk")
    assert await ran("nope") == Result(False, "exit code 127: nope: not found")


@pytest.mark.virtual_time
async def test_a_command_that_takes_too_long_fails_and_is_killed() -> None:
    before = len(asyncio.all_tasks())
    began = asyncio.get_running_loop().time()
    assert await ran("sleep", "100", timeout_seconds=3) == Result(False, "no answer within 3 s")
    assert asyncio.get_running_loop().time() - began == pytest.approx(3, abs=0.01)
    assert len(asyncio.all_tasks()) == before + 1  # the container's own process


# --- httpGet


@pytest.mark.parametrize(
    ("status", "passed"),
    [("200 OK", True), ("204 No Content", True), ("304 Not Modified", True), ("399 Odd", True),
     ("400 Bad Request", False), ("404 Not Found", False), ("503 Service Unavailable", False)],
)  # fmt: skip
async def test_statuses_from_200_to_399_pass(status: str, passed: bool) -> None:
    result = await asked(servers.web({"/": status}), http())
    assert result.passed == passed
    assert result.message == ("" if passed else f"HTTP probe failed with statuscode: {status[:3]}")


async def test_a_redirect_within_the_pod_is_followed() -> None:
    answers = {
        "/": "302 Found\r\nLocation: /a",
        "/a": "301 Moved\r\nLocation: http://web:8080/b",
        "/b": "500 Oh",
    }
    assert await asked(servers.web(answers), http()) == Result(
        False, "HTTP probe failed with statuscode: 500"
    )


async def test_a_redirect_out_of_the_pod_passes_with_a_warning() -> None:
    answers = {"/": "302 Found\r\nLocation: https://login.example.org/"}
    result = await asked(servers.web(answers), http())
    assert result.passed
    assert result.message.startswith("Probe terminated redirects")
    assert "login.example.org" in result.message


async def test_redirects_in_a_circle_fail() -> None:
    answers = {"/": "302 Found\r\nLocation: /"}
    assert await asked(servers.web(answers), http()) == Result(False, "stopped after 10 redirects")


async def test_headers_are_a_kubelets_and_can_be_replaced_and_left_out() -> None:
    heard: list[bytes] = []
    serve = servers.web({"/": "200 OK"}, heard)
    await asked(serve, http())
    said = (("Host", "shop.example.org"), ("X-A", "1"), ("x-a", "2"), ("Accept", ""), ("User-Agent", "me"))
    headers = tuple(HTTPHeader(name=name, value=value) for name, value in said)
    await asked(serve, http(http_headers=headers))
    first, second = (sorted(request.decode().lower().split("\r\n")[1:-2]) for request in heard)
    assert first == ["accept: */*", "connection: close", "host: web:8080", f"user-agent: {USER_AGENT}"]
    assert second == ["connection: close", "host: shop.example.org", "user-agent: me", "x-a: 1", "x-a: 2"]


async def test_a_path_may_have_a_query_and_spaces() -> None:
    heard: list[bytes] = []
    await asked(servers.web({}, heard), http("/is it?ready=ü&x=%20#no"))
    assert heard[0].startswith(b"GET /is%20it?ready=%C3%BC&x=%20 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP answer: "),
        (b"", "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi", "no HTTP answer: "),
    ],
)
async def test_what_is_no_http_answer_fails(answer: bytes, message: str) -> None:
    result = await asked(servers.web({"/": answer}), http())
    assert not result.passed
    assert result.message.startswith(message)


async def test_hints_before_the_answer_are_passed_over() -> None:
    answer = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert await asked(servers.web({"/": answer}), http()) == Result(True)


async def test_a_large_answer_is_not_read_to_its_end() -> None:
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000
    assert await asked(servers.web({"/": answer}), http()) == Result(True)


async def test_a_port_without_that_name_is_a_failed_probe() -> None:
    check = Probe(http_get=HTTPGetAction(port="wbe"))
    assert await asked(servers.web({}), check) == Result(False, "container 'app' has no port named 'wbe'")


# --- tcpSocket


async def test_a_connection_is_enough() -> None:
    assert await asked(servers.web({}), Probe(tcp_socket=TCPSocketAction(port="web"))) == Result(True)
    assert await asked(servers.web({}), Probe(tcp_socket=TCPSocketAction(port="8080"))) == Result(True)


@pytest.mark.virtual_time
async def test_where_nobody_listens_a_network_probe_fails() -> None:
    for check in (
        Probe(tcp_socket=TCPSocketAction(port=81)), Probe(http_get=HTTPGetAction(port=81)),
        Probe(grpc=GRPCAction(port=81)),
    ):  # fmt: skip
        result = await asked(servers.web({}), check)
        assert not result.passed
        assert "81" in result.message


# --- grpc


def health(service: str | None = None) -> Probe:
    return Probe(grpc=GRPCAction(port=8080, service=service))


async def test_a_grpc_service_is_healthy_when_it_serves() -> None:
    serve = servers.grpc({"": 1, "shop": 1, "till": 2, "new": 0})
    assert await asked(serve, health()) == Result(True)
    assert await asked(serve, health("shop")) == Result(True)
    assert await asked(serve, health("till")) == Result(
        False, 'service unhealthy (responded with "NOT_SERVING")'
    )
    assert await asked(serve, health("new")) == Result(False, 'service unhealthy (responded with "UNKNOWN")')


async def test_a_grpc_service_that_is_not_known_fails() -> None:
    assert await asked(servers.grpc({"": 1}), health("nope")) == Result(
        False, "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"
    )


async def test_a_grpc_server_without_the_health_protocol_fails() -> None:
    assert await asked(servers.grpc({}, heads_only=True), health()) == Result(
        False,
        "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): no such method",
    )


async def test_what_speaks_no_http_2_fails() -> None:
    async def talk(read: servers.Read, write: servers.Write) -> None:
        await write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def hang_up(read: servers.Read, write: servers.Write) -> None:
        await read()

    for serve in (talk, hang_up):
        assert await asked(serve, health()) == Result(
            False, "error: health rpc probe failed: no HTTP/2 there"
        )


@pytest.mark.virtual_time
async def test_a_server_that_keeps_silent_fails_in_time() -> None:
    async def silent(read: servers.Read, write: servers.Write) -> None:
        await asyncio.Event().wait()

    for check in (http(), health()):
        assert await asked(silent, check) == Result(False, "no answer within 1 s")


@given(st.text(max_size=300))
def test_the_request_is_read_back_by_protobufs_rules(service: str) -> None:
    message = grpc_health.unframe(grpc_health.frame(grpc_health.request(service)))
    if not service:
        assert message == b""
        return
    assert message[0] == 0x0A
    length, rest = message[1] & 0x7F, message[2:]
    if message[1] & 0x80:
        length, rest = length | rest[0] << 7, rest[1:]
    assert (length, rest.decode()) == (len(service.encode()), service)


@given(st.binary(max_size=40))
def test_no_answer_makes_more_than_a_value_error(answer: bytes) -> None:
    for read in (grpc_health.response, lambda data: grpc_health.response(grpc_health.unframe(data))):
        with suppress(ValueError):
            assert isinstance(read(answer), str)


def test_fields_that_are_not_known_are_skipped() -> None:
    fields = b"\x12\x03abc" + b"\x19" + b"8" * 8 + b"\x25" + b"4" * 4 + b"\x28\x80\x01" + b"\x08\x02"
    assert grpc_health.response(fields) == "NOT_SERVING"
    assert grpc_health.response(b"") == "UNKNOWN"
    assert grpc_health.response(b"\x08\x09") == "9"
