"""Wanted against found, and what the kubelet tells. All of it pure."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from podlab import naming
from podlab.engines.kubernetes import manifest, versions
from podlab.engines.kubernetes.happening import between
from podlab.engines.kubernetes.merge import merge
from podlab.engines.kubernetes.plan import plan
from podlab.engines.kubernetes.rollout import judge
from podlab.engines.kubernetes.starting import is_started, is_unschedulable
from podlab.engines.kubernetes.status import pod_status
from podlab.engines.kubernetes.watching import Seen
from podlab.errors import AlreadyExists, Conflict, Invalid, NotFound, PodlabError, Unavailable, Unsupported
from podlab.model import (
    ISOLATED,
    PUBLISH,
    Container,
    EnvVar,
    Lifecycle,
    LifecycleHandler,
    Metadata,
    Pod,
    PodSpec,
    SleepAction,
)
from podlab.status import Kind, Phase, State
from podlab.wire import encode
from tests.engines.kubernetes.api import running

POD = Pod(
    metadata=Metadata(name="web", labels={"team": "blue"}),
    spec=PodSpec(containers=(Container(name="app", image="a:1"), Container(name="side", image="b:1"))),
)


def found(pod: Pod = POD, **status: Any) -> dict[str, Any]:
    made = manifest.manifest(pod)
    made["metadata"] |= {"uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return made | {"status": running(made) | status}


def changed(**settings: Any) -> Pod:
    app, side = POD.spec.containers
    return dataclasses.replace(
        POD, spec=dataclasses.replace(POD.spec, containers=(dataclasses.replace(app, **settings), side))
    )


def with_spec(**settings: Any) -> Pod:
    return dataclasses.replace(POD, spec=dataclasses.replace(POD.spec, **settings))


def test_what_is_as_wanted_is_left_alone() -> None:
    assert plan(POD, found()).way == "none"


def test_a_new_pod_is_made_whole() -> None:
    made = plan(POD, None)
    assert (made.way, [(c.verb, c.container) for c in made.changes]) == (
        "create",
        [("create", ""), ("create", "app"), ("create", "side")],
    )
    assert made.body is not None
    assert made.body["metadata"]["labels"] == {
        "team": "blue", naming.VERSION: "1", naming.POD: "web",
    }  # fmt: skip
    assert made.body["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


def test_an_image_changes_in_place() -> None:
    made = plan(changed(image="a:2"), found())
    assert (made.way, [(c.verb, c.container, c.reason) for c in made.changes]) == (
        "patch",
        [("update", "app", "image a:1 → a:2")],
    )
    assert made.body is not None
    assert made.body["spec"] == {"containers": [{"name": "app", "image": "a:2"}]}
    assert list(made.body["metadata"]) == ["annotations"]


def test_labels_change_in_place_and_those_of_others_stay() -> None:
    other = dataclasses.replace(POD, metadata=Metadata(name="web", labels={"a": "b"}))
    made = plan(other, found())
    assert made.body is not None
    assert (made.way, made.body["metadata"]["labels"]) == ("patch", {"team": None, "a": "b"})


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (changed(env=(EnvVar(name="A", value="1"),)), "spec.containers.app.env"),
        (changed(command=("sleep", "1")), "spec.containers.app.command"),
        (with_spec(hostname="other"), "spec.hostname"),
        (with_spec(containers=POD.spec.containers[:1]), "spec.containers.side"),
        (with_spec(containers=(*POD.spec.containers, Container(name="new", image="a"))), "spec.containers.new"),
    ],
)  # fmt: skip
def test_all_else_needs_a_new_pod_and_is_named(wanted: Pod, path: str) -> None:
    with pytest.raises(Conflict, match=f"would have to be replaced: {path} ") as caught:
        plan(wanted, found())
    assert "--replace" in caught.value.hint


def test_a_lifetime_becomes_shorter_only() -> None:
    short, long = with_spec(active_deadline_seconds=10), with_spec(active_deadline_seconds=100)
    assert plan(long, found()).way == "patch"
    assert plan(short, found(long)).body["spec"] == {"activeDeadlineSeconds": 10}  # type: ignore[index]
    for wanted in (long, POD):
        with pytest.raises(Conflict, match="activeDeadlineSeconds"):
            plan(wanted, found(short))


def test_a_pod_of_somebody_else_is_left_alone() -> None:
    theirs = found()
    del theirs["metadata"]["labels"][naming.VERSION]
    with pytest.raises(AlreadyExists, match="did not make"):
        plan(POD, theirs)


def test_a_pod_that_its_node_gave_up_is_made_anew() -> None:
    made = plan(POD, found(phase="Failed", reason="Evicted"))
    assert (made.way, made.changes[0].reason) == ("replace", "is over: Evicted")
    assert plan(POD, found(phase="Failed", reason="DeadlineExceeded")).way == "replace"
    assert plan(POD, found(phase="Failed")).way == "none"


def test_a_pod_that_is_leaving_is_waited_for() -> None:
    leaving = found()
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert plan(POD, leaving).way == "replace"
    assert pod_status(leaving).reason == "Terminating"


@pytest.mark.parametrize(
    "pod",
    [
        with_spec(containers=()),
        dataclasses.replace(POD, metadata=Metadata(name="web", annotations={PUBLISH: "80:80"})),
    ],
)
def test_what_no_field_says_is_refused(pod: Pod) -> None:
    with pytest.raises(Unsupported):
        plan(pod, None)


def test_an_isolated_pod_is_found_by_a_policy() -> None:
    pod = dataclasses.replace(POD, metadata=Metadata(name="web", annotations={ISOLATED: "true"}))
    assert manifest.manifest(pod)["metadata"]["labels"][ISOLATED] == "true"
    assert ISOLATED not in pod_status(found(pod)).labels


def test_the_wanted_state_comes_back_word_for_word() -> None:
    back = found()
    back["spec"] |= {"dnsPolicy": "ClusterFirst", "nodeName": "n1"}
    assert manifest.wanted(back) == POD
    status = pod_status(back)
    assert (status.labels, status.annotations) == ({"team": "blue"}, {})


def test_a_merge_patch_says_what_is_gone() -> None:
    before = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1]}
    assert merge(before, {"b": {"c": 1, "x": 3}, "e": [2]}) == {"a": None, "b": {"d": None, "x": 3}, "e": [2]}
    assert merge(before, before) == {}


# --- whether it has started


def waiting(reason: str, message: str = "") -> list[dict[str, Any]]:
    return [
        {"name": name, "image": image, "ready": False, "restartCount": 0, "lastState": {},
         "state": {"waiting": {"reason": reason, "message": message}}}
        for name, image in (("app", "a:1"), ("side", "b:1"))
    ]  # fmt: skip


def test_it_has_started_when_all_run() -> None:
    assert is_started(found())
    assert not is_started(found(containerStatuses=waiting("ContainerCreating")))
    assert not is_started(found(containerStatuses=[]))
    assert is_started(found(containerStatuses=waiting("CrashLoopBackOff")))


@pytest.mark.parametrize(
    ("reason", "message", "error", "says"),
    [
        ("ErrImagePull", "no such host", NotFound, "image 'a:1'"),
        ("ImagePullBackOff", "", NotFound, "image 'a:1'"),
        ("CreateContainerConfigError", 'configmap "x" not found', NotFound, 'configmap "x"'),
        ("CreateContainerConfigError", "runAsNonRoot", Invalid, "runAsNonRoot"),
        ("RunContainerError", "no such program", Conflict, "no such program"),
        ("CreateContainerError", "no such folder", Conflict, "no such folder"),
    ],
)
def test_why_it_cannot_start_is_told(reason: str, message: str, error: type[PodlabError], says: str) -> None:
    with pytest.raises(error, match=says):
        is_started(found(containerStatuses=waiting(reason, message)))


def test_a_run_that_never_began_is_told() -> None:
    of = waiting("CrashLoopBackOff")
    of[0]["lastState"] = {
        "terminated": {"exitCode": 128, "reason": "StartError", "message": "not a directory"}
    }
    with pytest.raises(Conflict, match=r"'app'.*not a directory"):
        is_started(found(containerStatuses=of))


def test_what_a_node_refused_is_told() -> None:
    with pytest.raises(Unavailable, match="OutOfcpu"):
        is_started(found(phase="Failed", reason="OutOfcpu"))


def test_a_pod_without_a_node_is_told_apart() -> None:
    no_node = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    of = found(phase="Pending", conditions=[no_node], containerStatuses=[])
    assert is_unschedulable(of) and not is_started(of)
    status = pod_status(of)
    assert (status.reason, status.containers[0].message) == ("Unschedulable", "0/3 nodes")


def test_what_waits_for_init_containers_has_started_as_far_as_it_can() -> None:
    pod = with_spec(
        init_containers=(Container(name="first", image="a:1"), Container(name="second", image="a:1"))
    )

    def told(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
        inits = [{"name": n, "state": s, "lastState": {}} for n, s in (("first", first), ("second", second))]
        return found(
            pod, phase="Pending", initContainerStatuses=inits, containerStatuses=waiting("PodInitializing")
        )

    held, runs = (
        {"waiting": {"reason": "PodInitializing"}},
        {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    )
    done, failed = ({"terminated": {"exitCode": code, "reason": "x"}} for code in (0, 1))
    assert not is_started(told(held, held))
    assert is_started(told(runs, held))
    assert not is_started(told(done, held))
    assert is_started(told(failed, held))
    assert not is_started(told(done, done))


# --- versions


def test_what_a_version_lacks_is_named_by_its_path() -> None:
    sidecar = Container(name="proxy", image="a", restart_policy="Always")
    sleepy = Container(
        name="app", image="a", lifecycle=Lifecycle(pre_stop=LifecycleHandler(sleep=SleepAction(seconds=1)))
    )
    spec = encode(PodSpec(init_containers=(sidecar,), containers=(sleepy,), host_users=False))
    assert list(versions.lacking(spec, (1, 20))) == [
        "spec.hostUsers needs Kubernetes 1.33",
        "spec.initContainers[0].restartPolicy needs Kubernetes 1.29",
        "spec.containers[0].lifecycle.preStop.sleep needs Kubernetes 1.30",
    ]
    assert list(versions.lacking(spec, (1, 33))) == []


def test_what_a_server_has_dropped_is_named_by_its_path() -> None:
    sent = {
        "hostNetwork": False,
        "containers": [{"name": "app", "lifecycle": {"stopSignal": "USR1"}, "env": []}],
    }
    kept = {"dnsPolicy": "ClusterFirst", "containers": [{"name": "app", "lifecycle": {}, "stdin": False}]}
    assert list(versions.dropped(sent, kept, "spec")) == ["spec.containers[0].lifecycle.stopSignal"]
    with pytest.raises(Invalid, match="does not honour spec"):
        versions.refuse_dropped({"spec": sent}, {"spec": kept}, "pod 'web'")
    versions.refuse_dropped({"spec": sent}, {"spec": sent}, "pod 'web'")


@pytest.mark.parametrize("text", ["v1.29.4-gke.1043002", "v1.29.4+k3s1", "1.29"])
def test_versions_of_all_distributions_are_read(text: str) -> None:
    assert versions.parsed(text) == (1, 29)


# --- what happens


def run(id: str, **state: Any) -> dict[str, Any]:
    state = {"terminated": state | {"containerID": id}} if "exitCode" in state else {"running": state}
    return {"name": "app", "image": "a:1", "ready": False, "restartCount": 0, "containerID": id,
            "state": state, "lastState": {}}  # fmt: skip


def events(before: list[dict[str, Any]] | None, after: list[dict[str, Any]] | None) -> list[tuple[str, str]]:
    seen = Seen(*(None if each is None else found(containerStatuses=each) for each in (before, after)))
    return [(event.action, event.container) for event in between(seen)]


def test_starts_and_ends_are_seen_between_two_looks() -> None:
    one = run("1", startedAt="2026-01-01T00:00:00Z")
    ended = run("1", exitCode=3, finishedAt="2026-01-01T00:00:01Z")
    again = run("2", startedAt="2026-01-01T00:00:02Z") | {"lastState": ended["state"]}
    assert events(None, []) == [("create", "")]
    assert events([], [one]) == [("start", "app")]
    assert events([one], [one]) == []
    assert events([one], [one | {"ready": True}]) == [("ready", "app")]
    assert events([one], [ended]) == [("die", "app")]
    assert events([one], [again]) == [("die", "app"), ("start", "app")]
    assert events([ended], [again]) == [("start", "app")]
    assert events([], [again]) == [("start", "app"), ("die", "app"), ("start", "app")]
    assert events([one], None) == [("die", "app"), ("destroy", "")]


def test_an_end_tells_its_code_and_what_killed_it() -> None:
    one = run("1", startedAt="2026-01-01T00:00:00Z")
    killed = run("1", exitCode=137, reason="OOMKilled", finishedAt="2026-01-01T00:00:01Z")
    seen = list(between(Seen(found(containerStatuses=[one]), found(containerStatuses=[killed]))))
    assert [event.action for event in seen] == ["oom", "die"]
    assert seen[1].attributes == {"exitCode": "137", "reason": "OOMKilled"}


# --- statuses


def test_a_status_is_in_podlabs_words() -> None:
    backs_off = waiting("CrashLoopBackOff", "back-off 10s")[0] | {
        "restartCount": 2,
        "containerID": "containerd://abc",
        "lastState": {"terminated": {
            "exitCode": 3, "reason": "Error", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z",
        }},
    }  # fmt: skip
    pod = with_spec(
        containers=POD.spec.containers[:1],
        init_containers=(Container(name="log", image="a", restart_policy="Always"),),
    )
    status = pod_status(found(pod, containerStatuses=[backs_off], initContainerStatuses=[]))
    log, app = status.containers
    assert (log.kind, log.state, status.wanted, status.phase) == (
        Kind.SIDECAR,
        State.WAITING,
        2,
        Phase.RUNNING,
    )
    assert (app.state, app.reason, app.exit_code, app.restart_count) == (
        State.WAITING,
        "CrashLoopBackOff",
        3,
        2,
    )
    assert app.last is not None and app.last.finished_at is not None
    assert app.container_id == "abc"


@pytest.mark.parametrize(
    ("kind", "spec", "status", "done", "says"),
    [
        ("Deployment", {"replicas": 2}, {"updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}, True, ""),
        ("Deployment", {"replicas": 2}, {"updatedReplicas": 1, "replicas": 3}, False, "1 of 2 pods are new"),
        ("Deployment", {"replicas": 2}, {"updatedReplicas": 2, "replicas": 3}, False, "3 pods are there"),
        ("Deployment", {"replicas": 0}, {}, True, ""),
        ("Deployment", {}, {"observedGeneration": 0}, False, "has not seen it"),
        ("StatefulSet", {"replicas": 1}, {"updatedReplicas": 1, "replicas": 1}, False, "0 of 1 pods are ready"),
        ("DaemonSet", {}, {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}, True, ""),
        ("Job", {"completions": 3}, {"succeeded": 1}, False, "1 of 3 pods"),
        ("Job", {}, {"conditions": [{"type": "Complete", "status": "True"}]}, True, ""),
        ("Job", {}, {"conditions": [{"type": "Failed", "status": "True", "message": "too often"}]}, False, "too often"),
        ("CronJob", {}, {}, True, ""),
    ],
)  # fmt: skip
def test_how_far_a_rollout_has_come(kind: str, spec: Any, status: Any, done: bool, says: str) -> None:
    told = {"metadata": {"generation": 1}, "spec": spec, "status": {"observedGeneration": 1, **status}}
    judged = judge(kind, told)
    assert judged.is_done is done
    assert says in judged.message
    assert judged.is_failed is (says == "too often")
