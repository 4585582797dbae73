"""Workloads: what a template and the numbers around it must agree about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from podlab import model, quantity
from podlab.manifest.checks import pod
from podlab.manifest.checks.finding import Findings, at_least, twice
from podlab.manifest.nodes import quoted
from podlab.model import workloads

MOST_PODS: Final = 1000
LONGEST_NAME: Final = 58
"""A pod's name is its workload's, a dash and a number."""


def template_metadata(m: workloads.TemplateMetadata) -> Findings:
    yield from pod.labels(m.labels)
    yield from pod.notes(m.annotations)


def deployment(w: workloads.Deployment) -> Findings:
    s = w.spec
    yield from name_at_most(w.metadata, LONGEST_NAME)
    yield from _always(s.template, s.selector)
    yield from _numbers(s.replicas, s.min_ready_seconds, s.revision_history_limit)
    yield from below(("spec",), at_least(1, progress_deadline_seconds=s.progress_deadline_seconds))
    if s.strategy and s.strategy.type == "Recreate" and s.strategy.rolling_update:
        yield ("spec", "strategy", "rollingUpdate"), "means nothing where the type is Recreate"
    if s.strategy:
        yield from _rolling(("spec", "strategy", "rollingUpdate"), s.strategy.rolling_update)
    yield from _host_ports(s.template, s.replicas)


def replica_set(w: workloads.ReplicaSet) -> Findings:
    yield from name_at_most(w.metadata, LONGEST_NAME)
    yield from _always(w.spec.template, w.spec.selector)
    yield from _numbers(w.spec.replicas, w.spec.min_ready_seconds)
    yield from _host_ports(w.spec.template, w.spec.replicas)


def stateful_set(w: workloads.StatefulSet) -> Findings:
    s = w.spec
    yield from name_at_most(w.metadata, LONGEST_NAME)
    claims = [claim.metadata.name for claim in s.volume_claim_templates]
    yield from _always(s.template, s.selector, claims=claims)
    yield from _numbers(s.replicas, s.min_ready_seconds, s.revision_history_limit)
    yield from _host_ports(s.template, s.replicas)
    yield from twice(("spec", "volumeClaimTemplates"), "metadata.name", claims)
    volumes = {volume.name for volume in s.template.spec.volumes}
    for n, name in enumerate(claims):
        if name in volumes:
            where = ("spec", "volumeClaimTemplates", n, "metadata", "name")
            yield where, f"the template has a volume named {quoted(name)} already"
    if s.ordinals:
        yield from below(("spec", "ordinals"), at_least(0, start=s.ordinals.start))
    update = s.update_strategy.rolling_update if s.update_strategy else None
    if update:
        place = ("spec", "updateStrategy", "rollingUpdate")
        yield from below(place, at_least(0, partition=update.partition))
        yield from _share((*place, "maxUnavailable"), update.max_unavailable, least=1)


def daemon_set(w: workloads.DaemonSet) -> Findings:
    s = w.spec
    yield from name_at_most(w.metadata, LONGEST_NAME)
    yield from _always(s.template, s.selector)
    yield from _numbers(None, s.min_ready_seconds, s.revision_history_limit)
    if s.update_strategy:
        yield from _rolling(("spec", "updateStrategy", "rollingUpdate"), s.update_strategy.rolling_update)


def name_at_most(m: model.Metadata, longest: int) -> Findings:
    if len(m.name) > longest:
        yield ("metadata", "name"), f"has at most {longest} characters, since its pods' names are longer"


def _always(
    t: workloads.PodTemplate, selector: workloads.LabelSelector, *, claims: list[str] | None = None
) -> Findings:
    where = ("spec", "template")
    yield from below(where, pod.template(t.metadata.annotations, t.spec, claims=claims or ()))
    if t.spec.restart_policy not in (None, "Always"):
        yield (
            (*where, "spec", "restartPolicy"),
            "its pods are to run for ever: leave it out; a Job's pods end",
        )
    if t.spec.active_deadline_seconds is not None:
        yield (*where, "spec", "activeDeadlineSeconds"), "its pods are to run for ever: leave it out"
    yield from below(("spec",), fits_template(selector, t))


def fits_template(selector: workloads.LabelSelector, t: workloads.PodTemplate) -> Findings:
    for key, value in selector.match_labels.items():
        if t.metadata.labels.get(key) != value:
            yield (
                ("selector", "matchLabels", key),
                "must be a label of the template, with the same value",
            )
    for n, requirement in enumerate(selector.match_expressions):
        if not _fits(requirement, t.metadata.labels):
            yield ("selector", "matchExpressions", n), "does not fit the template's labels"
    if not selector.match_labels and not selector.match_expressions:
        yield ("selector",), "must select the template's labels, such as matchLabels: {app: web}"


def _fits(requirement: workloads.LabelRequirement, labels: Mapping[str, str]) -> bool:
    has = requirement.key in labels
    match requirement.operator:
        case "In":
            return has and labels[requirement.key] in requirement.values
        case "NotIn":
            return not has or labels[requirement.key] not in requirement.values
        case "Exists":
            return has
        case "DoesNotExist":
            return not has


def _numbers(replicas: int | None, ready_s: int | None, history: int | None = None) -> Findings:
    found = at_least(0, replicas=replicas, min_ready_seconds=ready_s, revision_history_limit=history)
    yield from below(("spec",), found)
    if replicas is not None and replicas > MOST_PODS:
        yield ("spec", "replicas"), f"must be {MOST_PODS} or less, not {replicas}"


def _host_ports(t: workloads.PodTemplate, replicas: int | None) -> Findings:
    if replicas is None or replicas < 2:
        return
    for i, container in enumerate(t.spec.containers):
        for j, port in enumerate(container.ports):
            if port.host_port is not None:
                where = ("spec", "template", "spec", "containers", i, "ports", j, "hostPort")
                yield where, f"one machine has the port once, and there are to be {replicas} pods"


def _rolling(where: tuple[str, ...], update: workloads.RollingUpdate | None) -> Findings:
    if update is None:
        return
    yield from _share((*where, "maxUnavailable"), update.max_unavailable)
    yield from _share((*where, "maxSurge"), update.max_surge)
    if update.max_unavailable in (0, "0%") and update.max_surge in (0, "0%"):
        yield (*where, "maxUnavailable"), "cannot be 0 where maxSurge is 0, too"


def _share(where: tuple[str, ...], share: workloads.Share | None, *, least: int = 0) -> Findings:
    if share is None:
        return
    try:
        if quantity.share(share, 100, up=True) < least:
            yield where, f"must be {least} or more, not {share}"
    except ValueError as error:
        yield where, str(error)


def below(where: tuple[str | int, ...], findings: Findings) -> Findings:
    for path, message in findings:
        yield (*where, *path), message
