"""Deployments and other workloads as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from podlab import wire
from podlab.manifest.structure import fields_of
from podlab.model import workloads
from tests.manifest.manifest_texts import read, refused
from tests.workloads.texts import CRON_JOB, DAEMON_SET, DEPLOYMENT, JOB, REPLICA_SET, STATEFUL_SET, WORKLOADS


@pytest.mark.parametrize("text", WORKLOADS, ids=lambda text: text.split()[3])
def test_every_field_of_each_kind_is_read(text: str) -> None:
    loaded = read(text)
    (made,) = loaded.workloads
    assert loaded.pods == () and loaded.warnings == ()
    assert wire.decode(type(made), wire.encode(made)) == made


def test_the_texts_say_every_field_there_is() -> None:
    said: set[tuple[type, str]] = set()

    def walk(value: Any) -> None:
        if isinstance(value, wire.Wire):
            cls: type = type(value)
            for field in fields_of(cls).values():
                inner = getattr(value, field.name)
                if inner not in (None, (), {}, ""):
                    said.add((cls, field.name))
                walk(inner)
        elif isinstance(value, tuple):
            for item in value:
                walk(item)

    for text in WORKLOADS:
        walk(read(text).workloads[0])
    ours = [
        cls
        for cls in vars(workloads).values()
        if isinstance(cls, type) and cls.__module__ == workloads.__name__
    ]
    every = {(cls, field.name) for cls in ours for field in fields_of(cls).values()}
    assert every - said == set()


@pytest.mark.parametrize(
    ("text", "old", "new", "problem"),
    [
        (DEPLOYMENT, "maxSurge: 1", "maxSurge: 0", ""),
        (
            DEPLOYMENT,
            "maxUnavailable: 25%, maxSurge: 1",
            "maxUnavailable: 0, maxSurge: 0",
            "cannot be 0",
        ),
        (DEPLOYMENT, "25%", "a lot", "must be a number of pods or a share such as 25%"),
        (DEPLOYMENT, "type: RollingUpdate", "type: Recreate", "means nothing where the type is Recreate"),
        (
            DEPLOYMENT,
            "{app: web}\n    matchExpr",
            "{app: db}\n    matchExpr",
            "must be a label of the template",
        ),
        (DEPLOYMENT, "[web, api]", "[api]", "does not fit the template's labels"),
        (DEPLOYMENT, "replicas: 3", "replicas: -1", "must be 0 or more"),
        (DEPLOYMENT, "replicas: 3", "replicas: 100000", "must be 1000 or less"),
        (DEPLOYMENT, "name: web,", f"name: {'w' * 60},", "has at most 58 characters"),
        (
            DEPLOYMENT,
            "      containers",
            "      restartPolicy: Never\n      containers",
            "are to run for ever",
        ),
        (
            DEPLOYMENT,
            "      containers",
            "      activeDeadlineSeconds: 1\n      containers",
            "are to run for ever",
        ),
        (
            DEPLOYMENT,
            "command: [sleep",
            "ports: [{containerPort: 1, hostPort: 1}], command: [sleep",
            "to be 3 pods",
        ),
        (
            DEPLOYMENT,
            "{labels: {app: web}, anno",
            "{name: x, labels: {app: web}, anno",
            "is named by the object",
        ),
        (DEPLOYMENT, "paused: false", "pausd: false", "did you mean 'paused'?"),
        (REPLICA_SET, "replicas: 2", "strategy: {}", "unknown field"),
        (STATEFUL_SET, "name: data, mount", "name: dat, mount", "did you mean 'data'?"),
        (STATEFUL_SET, "50%", "0", "must be 1 or more"),
        (STATEFUL_SET, "start: 1", "start: -1", "must be 0 or more"),
        (DAEMON_SET, "minReadySeconds: 1", "replicas: 1", "unknown field"),
        (JOB, "restartPolicy: Never", "restartPolicy: Always", "a Job's pods end"),
        (JOB, "completionMode: Indexed", "completionMode: NonIndexed", "needs completionMode: Indexed"),
        (JOB, "  completions: 5\n", "", "Indexed needs completions"),
        (JOB, "In, values: [42]", "In, values: [0]", "0 is no failure"),
        (JOB, "containerName: app", "containerName: ap", "did you mean 'app'?"),
        (JOB, "manualSelector: true", "manualSelector: false", "needs manualSelector: true"),
        (JOB, "  selector: {matchLabels: {job: sum}}\n", "", "needs a selector"),
        (JOB, "{matchLabels: {job: sum}}", "{matchLabels: {job: mean}}", "must be a label of the template"),
        (JOB, "0,2-4", "0,2-9", "is not within 0 to 4"),
        (JOB, "0,2-4", "0-2,2", "names an index twice"),
        (JOB, "suspend: false", "managedBy: example.com/x", "podlab's agent looks after Jobs"),
        (CRON_JOB, "*/5 8-18 * * MON-FRI", "every five minutes", "is no schedule"),
        (CRON_JOB, "Europe/Berlin", "Mars/Olympus", "knows no time zone"),
        (CRON_JOB, "name: sums}", f"name: {'s' * 50}}}", "has at most 49 characters"),
        (
            CRON_JOB,
            "    spec:\n      completions: 5",
            "    spec:\n      completions: -5",
            "must be 0 or more",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(text: str, old: str, new: str, problem: str) -> None:
    assert old in text
    changed = text.replace(old, new, 1)
    if problem:
        assert any(problem in line for line in refused(changed)), refused(changed)
    else:
        read(changed)


def test_two_of_one_kind_and_name_are_an_error_two_of_one_name_are_not() -> None:
    assert "another Deployment is named 'web' already" in refused(f"{DEPLOYMENT}---\n{DEPLOYMENT}")[0]
    assert len(read(f"{DEPLOYMENT}---\n{DAEMON_SET}").workloads) == 2


def test_what_kubectl_prints_is_taken() -> None:
    text = DEPLOYMENT.replace("{name: web,", "{name: web, generation: 1, uid: a,") + "status: {replicas: 3}\n"
    assert read(text).workloads == read(DEPLOYMENT).workloads


@pytest.mark.parametrize("name", ["managedBy", "spec.managedBy"])
def test_a_refused_field_of_a_workload_can_be_ignored(name: str) -> None:
    text = JOB.replace("suspend: false", "managedBy: example.com/x")
    loaded = read(text, allow_ignored=[name])
    assert "managedBy" in loaded.warnings[0] and "(ignored, as asked)" in loaded.warnings[0]


def test_a_refused_field_deep_in_a_cron_jobs_pod_can_be_ignored() -> None:
    text = CRON_JOB.replace("restartPolicy: Never", "restartPolicy: Never\n          nodeName: a")
    assert refused(text)
    loaded = read(text, allow_ignored=["nodeName"])
    (warning,) = loaded.warnings
    assert "spec.jobTemplate.spec.template.spec.nodeName" in warning


@pytest.mark.parametrize(
    "kind", ["Service", "Ingress", "Namespace", "ServiceAccount", "HorizontalPodAutoscaler"]
)
def test_other_kinds_are_refused_by_name_and_reason(kind: str) -> None:
    (line,) = refused(f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: web}}\n")
    assert f'not "{kind}" (' in line
