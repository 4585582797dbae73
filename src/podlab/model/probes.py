"""What is asked of a container while it lives. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecAction(Wire):
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TCPSocketAction(Wire):
    port: int | str
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPHeader(Wire):
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPGetAction(Wire):
    port: int | str
    path: str | None = None
    host: str | None = None
    scheme: Literal["HTTP", "HTTPS"] | None = None
    http_headers: tuple[HTTPHeader, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPCAction(Wire):
    """https://github.com/grpc/grpc/blob/master/doc/health-checking.md"""

    port: int
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepAction(Wire):
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Wire):
    """Exactly one of `exec`, `tcp_socket`, `http_get`, `grpc`. Times are in seconds."""

    exec: ExecAction | None = None
    tcp_socket: TCPSocketAction | None = None
    http_get: HTTPGetAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: int | None = None
    period_seconds: int | None = None
    timeout_seconds: int | None = None
    success_threshold: int | None = None
    failure_threshold: int | None = None
    termination_grace_period_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleHandler(Wire):
    """Exactly one of these."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: SleepAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle(Wire):
    """https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/"""

    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: str | None = None
