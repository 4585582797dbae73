"""The pod as a whole: its name and labels, and what its containers must agree about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from podlab import hostnames, model, ports
from podlab.manifest import syntax, together
from podlab.manifest.checks import amounts, environment, probes
from podlab.manifest.checks.finding import Findings, at, at_least, twice
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean

LONGEST_POD_NAME: Final = 63
"""The pod's name is its host name (Linux: 64 bytes at most) and its name in DNS (63 a part)."""
_OWN: Final = "podlab.io/"
_SWITCHES: Final = (model.ISOLATED, model.INIT, model.CLEAN_RESTARTS)
_OWN_ANNOTATIONS: Final = (*_SWITCHES, model.PUBLISH, model.PIDS_LIMIT, model.UNSAFE_SYSCTLS)
_FEWEST_PIDS: Final = 16
"""Below that not even a shell with a pipe runs beside a container's own processes."""
_MAX_ANNOTATIONS_BYTES: Final = 256 * 1024
MAX_SECONDS: Final = 2**31 - 1
_MAX_NAMESERVERS, _MAX_SEARCHES, _MAX_SEARCH_CHARACTERS = 3, 32, 2048
"""https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config"""
_MAX_RULES, _MAX_EXIT_CODES = 20, 255
_SEARCH = re.compile(r"\.|_?[a-z0-9][-_a-z0-9]*(?:\._?[a-z0-9][-_a-z0-9]*)*\.?")
_ANY_ADDRESS: Final = ("", "0.0.0.0", "::")


def whole(p: model.Pod) -> Findings:
    yield from template(p.metadata.annotations, p.spec)
    yield from together.of_name(p)


def template(annotations: Mapping[str, str], s: model.PodSpec, *, claims: Collection[str] = ()) -> Findings:
    """Where its annotations and its spec must fit together. `claims` are volumes that it gets from elsewhere."""
    for path, message in _mounts(s, claims):
        yield ("spec", *path), message
    yield from together.of_template(annotations, s)


def metadata(m: model.Metadata) -> Findings:
    yield from at("name", syntax.dns_subdomain(m.name, LONGEST_POD_NAME))
    yield from labels(m.labels)
    yield from notes(m.annotations)


def labels(given: Mapping[str, str]) -> Findings:
    for key, value in given.items():
        yield from at(("labels", key), syntax.label_key(key) or syntax.label_value(value))
        if key.startswith(_OWN):
            yield ("labels", key), f"labels under {_OWN} are podlab's own"


def notes(given: Mapping[str, str]) -> Findings:
    for key, value in given.items():
        yield from at(("annotations", key), syntax.label_key(key))
        if key.startswith(_OWN) and key not in _OWN_ANNOTATIONS:
            yield (
                ("annotations", key),
                f"podlab knows no such annotation{did_you_mean(key, _OWN_ANNOTATIONS)}",
            )
        elif key == model.PUBLISH:
            for text in value.split(","):
                try:
                    ports.parse(text)
                except ValueError as error:
                    yield ("annotations", key), str(error)
        elif key in _SWITCHES and value not in ("true", "false"):
            yield ("annotations", key), f'expected "true" or "false", got {quoted(value)}'
        elif key == model.PIDS_LIMIT and not _is_pids_limit(value):
            yield (
                ("annotations", key),
                f'expected a number such as "1000", {_FEWEST_PIDS} or more, got {quoted(value)}',
            )
    if sum(len(k.encode()) + len(v.encode()) for k, v in given.items()) > _MAX_ANNOTATIONS_BYTES:
        yield ("annotations",), "annotations hold at most 256 KiB"


def _is_pids_limit(value: str) -> bool:
    return re.fullmatch("[0-9]{1,7}", value) is not None and int(value) >= _FEWEST_PIDS


def spec(s: model.PodSpec) -> Findings:
    if not s.containers:
        yield ("containers",), "a pod needs at least one container"
    yield from _names(s)
    yield from _restarts(s)
    yield from twice(("volumes",), "name", (v.name for v in s.volumes))
    yield from _host_ports(s)
    yield from amounts.of_pod(s)
    yield from probes.of_pod(s)
    yield from environment.of_pod(s)
    if s.hostname_override is not None:
        yield from at("hostnameOverride", syntax.dns_subdomain(s.hostname_override, hostnames.LONGEST))
    for name, text in (("hostname", s.hostname), ("subdomain", s.subdomain)):
        if text is not None:
            yield from at(name, syntax.dns_label(text))
    yield from at_least(0, termination_grace_period_seconds=s.termination_grace_period_seconds)
    yield from at_least(1, active_deadline_seconds=s.active_deadline_seconds)
    for name, seconds in (
        ("terminationGracePeriodSeconds", s.termination_grace_period_seconds),
        ("activeDeadlineSeconds", s.active_deadline_seconds),
    ):
        if seconds is not None and seconds > MAX_SECONDS:
            yield (name,), f"must be {MAX_SECONDS} or less, not {seconds}"


def _mounts(s: model.PodSpec, claims: Collection[str]) -> Findings:
    names = {v.name for v in s.volumes}.union(claims)
    for kind, containers in (("initContainers", s.init_containers), ("containers", s.containers)):
        for i, container in enumerate(containers):
            for j, mount in enumerate(container.volume_mounts):
                if mount.name not in names:
                    near = did_you_mean(mount.name, names)
                    message = f"the pod has no volume named {quoted(mount.name)}{near}"
                    yield (kind, i, "volumeMounts", j, "name"), message


def _names(s: model.PodSpec) -> Findings:
    yield from twice(("containers",), "name", (c.name for c in s.containers))
    taken = {c.name for c in s.containers}
    for i, container in enumerate(s.init_containers):
        if container.name in taken:
            yield (
                ("initContainers", i, "name"),
                f"another container is named {quoted(container.name)} already",
            )
        taken.add(container.name)


def _restarts(s: model.PodSpec) -> Findings:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restart-rules"""
    for kind, containers in (("initContainers", s.init_containers), ("containers", s.containers)):
        for i, container in enumerate(containers):
            rules = container.restart_policy_rules
            where = (kind, i, "restartPolicyRules")
            if rules and container.restart_policy is None:
                yield where, "need a restartPolicy of the container, for what fits none of them"
            if len(rules) > _MAX_RULES:
                yield where, f"a container has at most {_MAX_RULES} rules"
            for n, rule in enumerate(rules):
                if not 1 <= len(rule.exit_codes.values) <= _MAX_EXIT_CODES:
                    yield (*where, n, "exitCodes", "values"), f"needs 1 to {_MAX_EXIT_CODES} exit codes"


def _host_ports(s: model.PodSpec) -> Findings:
    taken: dict[tuple[int, str], list[tuple[str, str]]] = {}
    places = [("containers", i, c) for i, c in enumerate(s.containers)]
    places += [("initContainers", i, c) for i, c in enumerate(s.init_containers)]
    for kind, i, container in places:
        for j, port in enumerate(container.ports):
            if port.host_port is None:
                continue
            protocol, ip = port.protocol or "TCP", port.host_ip or ""
            others = taken.setdefault((port.host_port, protocol), [])
            for other_ip, name in others:
                if ip == other_ip or ip in _ANY_ADDRESS or other_ip in _ANY_ADDRESS:
                    yield (
                        (kind, i, "ports", j, "hostPort"),
                        f"{protocol} port {port.host_port} is already taken by container {name!r}",
                    )
                    break
            others.append((ip, container.name))


def pull_secret(s: model.PullSecret) -> Findings:
    yield from at("name", syntax.dns_subdomain(s.name))


def host_alias(h: model.HostAlias) -> Findings:
    yield from at("ip", syntax.ip(h.ip))
    if not h.hostnames:
        yield ("hostnames",), "needs at least one name"
    for n, name in enumerate(h.hostnames):
        yield from at(("hostnames", n), syntax.dns_subdomain(name))


def dns_config(d: model.DNSConfig) -> Findings:
    if len(d.nameservers) > _MAX_NAMESERVERS:
        yield ("nameservers", _MAX_NAMESERVERS), f"a pod has at most {_MAX_NAMESERVERS} nameservers"
    for n, address in enumerate(d.nameservers):
        yield from at(("nameservers", n), syntax.ip(address))
    if len(d.searches) > _MAX_SEARCHES:
        yield ("searches", _MAX_SEARCHES), f"a pod has at most {_MAX_SEARCHES} search domains"
    if sum(len(domain) + 1 for domain in d.searches) > _MAX_SEARCH_CHARACTERS:
        yield ("searches",), f"search domains have at most {_MAX_SEARCH_CHARACTERS} characters together"
    for n, domain in enumerate(d.searches):
        if len(domain) > 254 or not _SEARCH.fullmatch(domain):
            yield ("searches", n), f"{quoted(domain)} is no domain's name"
    for n, option in enumerate(d.options):
        if not option.name or any(c.isspace() for c in option.name + (option.value or "")):
            yield ("options", n), 'a DNS option is one word, such as ndots with the value "2"'
