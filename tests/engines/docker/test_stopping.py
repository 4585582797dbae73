"""What a pod's end takes on a Docker Engine: nothing more than before where nobody asks for more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab import naming
from podlab.engines.docker.translate import member
from podlab.engines.docker.translate.stops import ending, stops
from podlab.model import (
    Container,
    ContainerPort,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    Metadata,
    Pod,
    PodSpec,
    SleepAction,
)

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine

PORT = ContainerPort(container_port=80, name="web")
HOOK = LifecycleHandler(http_get=HTTPGetAction(port="web", path="/bye"))


def container(name: str, *, has_hook: bool, is_sidecar: bool = False) -> Container:
    return Container(
        name=name, image="busybox", ports=(PORT, ContainerPort(container_port=81)),
        lifecycle=Lifecycle(pre_stop=HOOK if has_hook else None, post_start=HOOK),
        restart_policy="Always" if is_sidecar else None,
    )  # fmt: skip


def labels_of(pod: Pod) -> dict[str, dict[str, str]]:
    return {c.name: stops(pod, c, 7) for c in pod.members}


def pod_of(containers: list[Container], init_containers: list[Container]) -> Pod:
    spec = PodSpec(containers=tuple(containers), init_containers=tuple(init_containers))
    return Pod(metadata=Metadata(name="web"), spec=spec)


def test_a_container_without_a_hook_needs_no_label() -> None:
    pod = pod_of([container("app", has_hook=False)], [Container(name="init", image="busybox")])
    assert labels_of(pod) == {"app": {}, "init": {}}
    assert naming.STOPS not in member(pod, pod.spec.containers[0])["Labels"]


@given(st.lists(st.booleans(), min_size=1, max_size=4), st.lists(st.booleans(), max_size=4), st.randoms())
def test_the_labels_tell_all_that_a_stop_needs(mains: list[bool], sidecars: list[bool], random: Any) -> None:
    pod = pod_of(
        [container(f"main-{n}", has_hook=hook) for n, hook in enumerate(mains)],
        [container(f"side-{n}", has_hook=hook, is_sidecar=True) for n, hook in enumerate(sidecars)],
    )
    labels = list(labels_of(pod).items())
    random.shuffle(labels)
    if not any(naming.STOPS in label for _, label in labels):
        assert not any(mains) and not sidecars
        return
    found = ending("web", dict(labels))
    assert found.grace_s == 7
    assert [c.name for c in found.pod.spec.init_containers] == [c.name for c in pod.spec.init_containers]
    for made in pod.members:
        known = found.pod.container(made.name)
        assert known is not None
        assert known.restart_policy == made.restart_policy
        hook = made.lifecycle.pre_stop if made.lifecycle else None
        assert (known.lifecycle.pre_stop if known.lifecycle else None) == hook
        assert known.ports == ((PORT,) if hook else ())


def test_a_stop_signal_is_the_containers_own() -> None:
    def signal(**settings: Any) -> str | None:
        app = Container(name="app", image="busybox", **settings)
        found: str | None = member(pod_of([app], []), app).get("StopSignal")
        return found

    said = Lifecycle(stop_signal="SIGUSR1")
    assert signal() is None
    assert signal(tty=True) == "SIGHUP"
    assert signal(lifecycle=said) == signal(lifecycle=said, tty=True) == "SIGUSR1"


@pytest.mark.engine
@pytest.mark.parametrize("what", ["delete", "stop", "stop one"])
async def test_a_pod_without_hooks_and_sidecars_goes_down_with_no_request_more(
    engine: DockerEngine, pod_name: str, image: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Container(name="app", image=image, command=("sleep", "1000"))
    await engine.apply(Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=(app,))))
    asked: list[str] = []
    request = engine.client.json

    async def recorded(method: str, path: str, **settings: Any) -> Any:
        asked.append(f"{method} /{path.split('/')[1]} {path.rpartition('/')[2] if method == 'POST' else ''}")
        return await request(method, path, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(engine.client, "json", recorded)
        if what == "delete":
            await engine.delete(pod_name)
        else:
            await engine.stop(pod_name, "app" if what == "stop one" else None)
    await engine.delete(pod_name, grace_s=0)
    lists = ["GET /containers ", "GET /volumes "]
    assert (
        sorted(asked)
        == {
            "delete": sorted([
                *lists, "POST /volumes create", "POST /containers stop", *["DELETE /containers "] * 2,
                "GET /containers ", "DELETE /volumes ",
            ]),
            "stop": sorted(
                [*lists, "GET /networks ", *["GET /containers "] * 2, *["POST /containers stop"] * 2]
            ),
            "stop one": ["GET /containers ", "POST /containers stop"],
        }[what]
    )


@pytest.mark.engine
async def test_a_hook_reaches_what_listens_on_loopback_by_the_name_of_its_port(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    serve = "mkdir -p /www && echo hi >/www/bye && exec httpd -f -vv -p 127.0.0.1:80 -h /www"
    app = Container(
        name="app",
        image=image,
        command=("sh", "-c", serve),
        ports=(PORT,),
        lifecycle=Lifecycle(pre_stop=HOOK),
    )
    await engine.apply(
        Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=(app,), restart_policy="Never"))
    )
    async with await engine.dial(pod_name, 80, patience_s=30):
        pass
    await engine.stop(pod_name)
    log = b"".join([line.text async for line in engine.logs(pod_name, "app")])
    await engine.delete(pod_name, grace_s=0)
    assert b"url:/bye" in log
    assert b"response:200" in log


@pytest.mark.engine
async def test_a_container_that_is_made_anew_runs_its_hook_first(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    """The hook that it was made with, which the pod's wanted state has no more."""
    script = "trap 'echo stopped; exit' TERM; sleep 1000 & wait"
    said = LifecycleHandler(sleep=SleepAction(seconds=2))
    app = Container(name="app", image=image, command=("sh", "-c", script), lifecycle=Lifecycle(pre_stop=said))
    pod = Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=(app,), restart_policy="Never"))
    await engine.apply(pod)
    later = Container(name="app", image=image, command=("sh", "-c", "exec sleep 1000"))
    began = time.monotonic()
    await engine.apply(Pod(metadata=pod.metadata, spec=PodSpec(containers=(later,), restart_policy="Never")))
    took_s = time.monotonic() - began
    await engine.delete(pod_name, grace_s=0)
    assert took_s >= 1.9
