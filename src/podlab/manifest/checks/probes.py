"""What is asked of a container while it lives: probes and lifecycle hooks.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from podlab import model
from podlab.manifest import syntax
from podlab.manifest.checks.finding import Findings, at, at_least
from podlab.manifest.nodes import Path, quoted
from podlab.manifest.suggest import did_you_mean
from podlab.wire import camel

_PROBES: Final = ("startup_probe", "readiness_probe", "liveness_probe")
_HOOKS: Final = ("post_start", "pre_stop")
_SIGNALS: Final = frozenset({
    "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT",
    "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV",
    "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ", "SIGRTMIN", "SIGRTMAX",
})  # fmt: skip
_REALTIME: Final = re.compile(r"SIGRTM(IN\+([1-9]|1[0-5])|AX-([1-9]|1[0-4]))")
"""https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#lifecycle-v1-core"""


def of_container(c: model.Container) -> Findings:
    """What probes and hooks must fit to: the container's ports, and the kind that they are."""
    for name in _PROBES:
        probe: model.Probe | None = getattr(c, name)
        if probe is None:
            continue
        key = camel(name)
        yield from _named_ports(c, (key,), probe)
        if name != "readiness_probe" and probe.success_threshold not in (None, 1):
            yield (key, "successThreshold"), "must be 1: such a probe has passed when it passes once"
        if name == "readiness_probe" and probe.termination_grace_period_seconds is not None:
            yield (
                (key, "terminationGracePeriodSeconds"),
                "means nothing here: this probe never ends a container",
            )
    for hook in _HOOKS:
        if handler := getattr(c.lifecycle or model.Lifecycle(), hook):
            yield from _named_ports(c, ("lifecycle", camel(hook)), handler)


def _named_ports(c: model.Container, path: Path, asked: model.Probe | model.LifecycleHandler) -> Findings:
    names = [p.name for p in c.ports if p.name]
    for kind, action in (("tcpSocket", asked.tcp_socket), ("httpGet", asked.http_get)):
        if action and isinstance(action.port, str) and action.port not in names:
            near = did_you_mean(action.port, names)
            yield (*path, kind, "port"), f"this container has no port named {quoted(action.port)}{near}"


def of_pod(s: model.PodSpec) -> Findings:
    """What probes and hooks must fit to: the pod's grace period, and the containers that may have some."""
    grace_s = s.termination_grace_period_seconds
    for list_name, containers in (("initContainers", s.init_containers), ("containers", s.containers)):
        for n, c in enumerate(containers):
            yield from (((list_name, n, *path), fault) for path, fault in _sleeps_too_long(c, grace_s))
            if list_name == "initContainers" and c.restart_policy != "Always":
                for name in (*_PROBES, "lifecycle"):
                    if getattr(c, name) is not None:
                        yield (
                            (list_name, n, camel(name)),
                            "only a sidecar has this, an init container with restartPolicy: Always",
                        )


def _sleeps_too_long(c: model.Container, grace_s: int | None) -> Iterator[tuple[Path, str]]:
    most = 30 if grace_s is None else grace_s
    for hook in _HOOKS:
        handler: model.LifecycleHandler | None = getattr(c.lifecycle or model.Lifecycle(), hook)
        if handler and handler.sleep and handler.sleep.seconds > most:
            yield (
                ("lifecycle", camel(hook), "sleep", "seconds"),
                f"must not be more than terminationGracePeriodSeconds, which is {most}",
            )


def probe(p: model.Probe) -> Findings:
    yield from _one_of(p, "a probe", ("exec", "tcp_socket", "http_get", "grpc"))
    yield from at_least(0, initial_delay_seconds=p.initial_delay_seconds)
    yield from at_least(
        1,
        period_seconds=p.period_seconds,
        timeout_seconds=p.timeout_seconds,
        success_threshold=p.success_threshold,
        failure_threshold=p.failure_threshold,
        termination_grace_period_seconds=p.termination_grace_period_seconds,
    )


def handler(h: model.LifecycleHandler) -> Findings:
    yield from _one_of(h, "a hook", ("exec", "http_get", "sleep"))


def _one_of(value: model.Probe | model.LifecycleHandler, what: str, kinds: tuple[str, ...]) -> Findings:
    given = [camel(kind) for kind in kinds if getattr(value, kind) is not None]
    known = ", ".join(camel(kind) for kind in kinds)
    if not given:
        yield (), f"{what} needs one of {known}"
    for kind in given[1:]:
        yield (kind,), f"{what} has only one of {known}; this one has {given[0]} already"


def lifecycle(one: model.Lifecycle) -> Findings:
    signal = one.stop_signal
    if signal is not None and signal not in _SIGNALS and not _REALTIME.fullmatch(signal):
        yield ("stopSignal",), f"{quoted(signal)} is no signal{did_you_mean(signal, _SIGNALS)}"


def exec_action(action: model.ExecAction) -> Findings:
    if not action.command:
        yield ("command",), "needs the command to run, such as [test, -e, /ready]"


def sleep(action: model.SleepAction) -> Findings:
    yield from at_least(0, seconds=action.seconds)


def tcp_socket(action: model.TCPSocketAction) -> Findings:
    yield from at("port", _port(action.port))
    yield from at("host", _host(action.host))


def http_get(action: model.HTTPGetAction) -> Findings:
    yield from at("port", _port(action.port))
    yield from at("host", _host(action.host))
    if action.path and not action.path.startswith("/"):
        yield ("path",), f"{quoted(action.path)} must begin with '/'"
    for n, header in enumerate(action.http_headers):
        yield from at(("httpHeaders", n, "name"), syntax.header_name(header.name))


def grpc(action: model.GRPCAction) -> Findings:
    yield from at("port", syntax.port(action.port))


def _port(value: int | str) -> str:
    return syntax.port(value) if isinstance(value, int) else syntax.port_name(value)


def _host(host: str | None) -> str:
    """Pods of a cluster must not name one either, from the `baseline` level on:
    https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    if not host or host == "localhost" or _is_loopback(host):
        return ""
    return "the pod itself is asked: leave it out; for another name in the request, set the header Host"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
