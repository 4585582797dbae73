"""Deployments, StatefulSets, Jobs and CronJobs on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Podlab

TEMPLATE = """\
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 1
      {policy}
      containers:
      - {{name: app, image: busybox, command: [sh, -c, "{script}"]}}
"""


def workload(
    kind: str, *, replicas: int | None = 2, script: str = "sleep 1000", name: str = "web", more: str = ""
) -> str:
    number = f"  replicas: {replicas}\n" if replicas is not None else ""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{number}{more}"
        "  selector: {matchLabels: {app: web}}\n  template:\n" + TEMPLATE.format(policy="", script=script)
    )


def job(*, script: str = "echo done", name: str = "sum", more: str = "") -> str:
    return (
        f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n{more}  template:\n"
        + TEMPLATE.format(policy="restartPolicy: Never", script=script)
    )


def cron_job(schedule: str = "*/5 * * * *") -> str:
    inner = "".join(f"    {line}\n" for line in job().splitlines()[3:])
    return (
        f'apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: sums}}\nspec:\n  schedule: "{schedule}"\n'
        f"  jobTemplate:\n{inner}"
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "it.yaml"


def names(podlab: Podlab) -> list[str]:
    return podlab("ps", "-aq").out.split()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Deployment", ["web-1", "web-2"]),
        ("ReplicaSet", ["web-1", "web-2"]),
        ("StatefulSet", ["web-0", "web-1"]),
    ],
)
def test_up_makes_the_pods_and_down_removes_them(
    podlab: Podlab, file: Path, kind: str, expected: list[str]
) -> None:
    file.write_text(workload(kind))
    done = podlab("up", str(file))
    assert done.code == 0, done.err
    assert done.out == f"{kind.lower()}/web created: 2 pods ready\n"
    assert names(podlab) == expected
    assert f"{kind.lower()}/web" in podlab("ps").out
    assert podlab("up", str(file)).out == f"{kind.lower()}/web unchanged: 2 pods ready\n"
    assert podlab("down", str(file)).out.splitlines() == [
        f"{kind.lower()}/web removed", *(f"pod/{name} removed" for name in expected),
    ]  # fmt: skip
    assert names(podlab) == []


def test_a_daemon_set_is_one_pod(podlab: Podlab, file: Path) -> None:
    file.write_text(workload("DaemonSet", replicas=None))
    assert podlab("up", str(file)).out == "daemonset/web created: 1 pod ready\n"


def test_another_template_replaces_the_pods(podlab: Podlab, file: Path) -> None:
    file.write_text(workload("Deployment"))
    podlab("up", str(file))
    file.write_text(workload("Deployment", script="sleep 2000", replicas=3))
    done = podlab("up", "-o", "json", str(file))
    assert done.code == 0, done.err
    revisions = {pod["labels"]["podlab.io/revision"] for pod in done.json}
    assert len(done.json) == 3 and len(revisions) == 1


def test_down_takes_kind_and_name_and_all_takes_everything(podlab: Podlab, file: Path) -> None:
    file.write_text(workload("Deployment") + "---\n" + job() + "---\n" + cron_job())
    assert podlab("up", str(file)).code == 0
    assert "deployment/web removed" in podlab("down", "deployment/web").out
    assert names(podlab) == ["sum-1"]
    assert set(podlab("down", "--all").out.split()) >= {"job/sum", "cronjob/sums", "pod/sum-1"}
    assert names(podlab) == []
    assert podlab("down", "--all").out == ""


def test_a_job_is_waited_for_and_a_failed_one_is_an_error(podlab: Podlab, file: Path) -> None:
    file.write_text(job(more="  completions: 2\n"))
    done = podlab("up", str(file))
    assert (done.code, done.out) == (0, "job/sum created, complete\n"), done.err
    file.write_text(job(name="bad", script="exit 3", more="  backoffLimit: 0\n"))
    done = podlab("up", str(file))
    assert done.code != 0
    assert "job/bad has failed: Job has reached the specified backoff limit" in done.err
    assert "bad-1" in done.err


def test_a_jobs_template_cannot_change(podlab: Podlab, file: Path) -> None:
    file.write_text(job())
    podlab("up", str(file))
    file.write_text(job(script="echo other"))
    done = podlab("up", str(file))
    assert done.code != 0 and "podlab down job/sum" in done.err


def test_a_cron_job_waits_for_its_time(podlab: Podlab, file: Path) -> None:
    file.write_text(cron_job())
    assert podlab("up", str(file)).out == "cronjob/sums created: an agent runs it at */5 * * * *\n"
    assert names(podlab) == []


def test_a_dry_run_shows_what_a_new_one_begins_with(podlab: Podlab, file: Path) -> None:
    file.write_text(workload("StatefulSet"))
    done = podlab("up", "--dry-run", str(file))
    assert "web-0" in done.out and "web-1" in done.out
    assert names(podlab) == []


@pytest.mark.parametrize("words", [["--replicas", "2"], ["--name", "other"], ["--lifetime", "1h"]])
def test_options_that_are_for_pods_are_refused(podlab: Podlab, file: Path, words: list[str]) -> None:
    file.write_text(workload("Deployment"))
    done = podlab("up", *words, str(file))
    assert done.code == 2 and words[0] in done.err
    assert names(podlab) == []


def test_isolated_and_share_are_for_the_template(podlab: Podlab, file: Path) -> None:
    file.write_text(workload("Deployment", replicas=1))
    done = podlab("up", "--isolated", "--share", "pid", "-o", "json", str(file))
    assert done.json[0]["annotations"]["podlab.io/isolated"] == "true"


def test_a_pod_in_the_way_of_a_stateful_set_is_a_conflict(podlab: Podlab, file: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-0}\nspec:\n  containers: [{name: a, image: busybox}]\n"
    file.write_text(pod)
    podlab("up", "--no-wait", str(file))
    file.write_text(workload("StatefulSet"))
    done = podlab("up", str(file))
    assert done.code != 0 and "podlab down web-0" in done.err


def test_a_clone_of_an_owned_pod_is_nobodys(podlab: Podlab, file: Path) -> None:
    file.write_text(workload("Deployment", replicas=1))
    podlab("up", str(file))
    done = podlab("clone", "web-1", "copy")
    assert done.code == 0, done.err
    podlab("down", "deployment/web")
    assert names(podlab) == ["copy"]


def test_what_came_up_with_a_field_ignored_goes_down_by_its_file(podlab: Podlab, file: Path) -> None:
    file.write_text(workload("Deployment", more="  gadget: 1\n"))
    assert podlab("up", str(file)).code == 1
    done = podlab("up", "--allow-ignored", "gadget", str(file))
    assert done.code == 0 and "spec.gadget: unknown field (ignored, as asked)" in done.err
    assert "deployment/web removed" in podlab("down", str(file)).out


def test_what_is_not_there_is_told_by_name_and_passed_over_in_a_file(podlab: Podlab, file: Path) -> None:
    done = podlab("down", "deployment/web")
    assert done.code == 3 and "there is no deployment 'web'" in done.err
    assert podlab("down", "--ignore-not-found", "deployment/web").code == 0
    file.write_text(workload("Deployment"))
    done = podlab("down", str(file))
    assert (done.code, done.out) == (0, "")
