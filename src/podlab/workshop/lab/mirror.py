"""One mirror for the whole lab: a registry that every seat's Docker daemon pulls through.

It is a pod of its own, as isolated as a seat. Seats reach it where the engine shares it (`engines.labs`), and nothing
else of it; it reaches no seat. It takes no uploads: nobody can put an image under their neighbours' feet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from podlab.engines.labs import HostsLabs
from podlab.errors import Unavailable, Unsupported, ungrouped
from podlab.images import store
from podlab.images.mirror import STORAGE
from podlab.model import (
    ISOLATED,
    Capabilities,
    Container,
    ContainerPort,
    EnvVar,
    ExecAction,
    Metadata,
    Pod,
    PodSpec,
    Probe,
    SecurityContext,
)
from podlab.naming import MIRROR_IMAGE
from podlab.pods.ready import wait_ready
from podlab.workshop.lab import pulling

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.engines.labs import Shared
    from podlab.manifest.workshop import Workshop

Mode = Literal["seeded", "cache", "none"]

LABEL: Final = "podlab.io/mirror-of"
"""Label: the workshop that the mirror is for."""
UPSTREAM: Final = "https://registry-1.docker.io"
"""What a `cache` fetches from. A Docker daemon asks its mirrors for images of the Docker Hub only."""
READY_S: Final = 120.0
PORT: Final = 5001
"""Where it listens in its own pod."""

_CACHE: Final = """\
host=${UPSTREAM#*://} host=${host%%/*}
port=${host##*:} name=${host%:*}
[ "$port" != "$host" ] || case $UPSTREAM in https:*) port=443 ;; *) port=80 ;; esac
answers() { # twice, so that one lost packet does not break off what is being fetched
  if nc -w 3 "$name" "$port" -e true 2>/dev/null || nc -w 3 "$name" "$port" -e true 2>/dev/null
  then echo yes; else echo no; fi
}
serve() {
  if [ "$1" = yes ]; then export REGISTRY_PROXY_REMOTEURL=$UPSTREAM; else unset REGISTRY_PROXY_REMOTEURL; fi
  registry serve /etc/podlab/mirror.yml &
  pid=$! fetching=$1
}
trap 'kill "$pid"; exit 0' TERM INT
serve "$(answers)"
while :; do
  sleep "${PAUSE:-10}" & wait $!
  now=$(answers)
  if ! kill -0 "$pid" 2>/dev/null; then
    # With an upstream that takes connections and then fails, it does not even start.
    if [ "$fetching" = yes ]; then serve no; else exit 1; fi
  elif [ "$now" != "$fetching" ]; then
    kill "$pid"; wait "$pid" || true
    serve "$now"
  fi
done
"""
"""A registry that caches does not start while its upstream is away, and does not look for it again: this does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabMirror:
    """`workshop` is the one to make seats of. Without a mirror, `pod` and `url` are empty."""

    workshop: Workshop
    mode: Mode = "none"
    pod: str = ""
    url: str = ""


def mode(workshop: Workshop) -> Mode:
    """`none` also where no daemon in the pod could use a mirror; `seeded` where the workshop does not say."""
    images = workshop.spec.images
    wanted: Mode = (images and images.mirror) or "seeded"
    return wanted if pulling.pulls(workshop.spec.pod.spec) else "none"


def kept(workshop: Workshop) -> str:
    """Which folder of the mirror has what is worth keeping; empty where it has only what it came with."""
    return STORAGE if mode(workshop) == "cache" else ""


def pod_name(workshop: Workshop) -> str:
    return f"{workshop.metadata.name}-mirror"


def seat(workshop: Workshop, url: str) -> Workshop:
    """The workshop whose seats pull through the mirror at `url`."""
    template = workshop.spec.pod
    told = replace(template, spec=pulling.through(template.spec, url))
    return replace(workshop, spec=replace(workshop.spec, pod=told))


async def up(
    engine: Engine, workshop: Workshop, *, upstream: str = UPSTREAM, deadline_s: int | None = None
) -> LabMirror:
    """Bring the workshop's mirror up, or take up the one that is there; returns when seats reach it. After
    `deadline_s` the engine itself ends it, in case nobody does.

    The images must be on the engine: `lab_images.wanted`. `Conflict` where a pod of its name is something else,
    `Unavailable` where isolated pods do not reach it. With `mirror: none` nothing is done, and seats stay as they are.
    """
    chosen = mode(workshop)
    if chosen == "none":
        return LabMirror(workshop=workshop)
    if not isinstance(engine, HostsLabs):
        raise Unsupported(
            f"podlab cannot share a mirror among the seats of the engine {engine.name!r}",
            subject=engine.name,
            hint="say `images: {mirror: none}` in podlab.yaml",
        )
    image = ""
    if isinstance(engine, store.HoldsImages):
        image = (await engine.image_store.image(MIRROR_IMAGE)).id
    pod = mirror_pod(workshop, mode=chosen, upstream=upstream, image=image, deadline_s=deadline_s)
    with ungrouped():
        shared = await engine.share(pod, PORT, keeps=kept(workshop))
        if shared.pod:
            await wait_ready(engine, shared.pod, timeout_s=READY_S)
        await _refuse_out_of_reach(engine, workshop, shared)
    url = f"http://{shared.host}:{shared.port}"
    return LabMirror(workshop=seat(workshop, url), mode=chosen, pod=shared.pod, url=url)


async def down(engine: Engine, workshop: Workshop) -> None:
    """Remove the workshop's mirror. That there is none is no error."""
    if isinstance(engine, HostsLabs):
        await engine.unshare(mirror_pod(workshop, mode="seeded"))


def mirror_pod(
    workshop: Workshop,
    *,
    mode: Mode,
    upstream: str = UPSTREAM,
    image: str = "",
    deadline_s: int | None = None,
) -> Pod:
    """It listens on `PORT` of all its addresses. `image` is the id of the mirror's image: with another one the
    container is made anew."""
    is_cache = mode == "cache"
    env = {"REGISTRY_HTTP_ADDR": f":{PORT}", "PODLAB_IMAGE": image}
    container = Container(
        name="mirror",
        image=MIRROR_IMAGE,
        command=("sh", "-euc", _CACHE) if is_cache else (),
        env=tuple(EnvVar(name=key, value=value) for key, value in env.items())
        + ((EnvVar(name="UPSTREAM", value=upstream),) if is_cache else ()),
        ports=(ContainerPort(container_port=PORT),),
        # What it fetches lies in the container itself, beside the images that it came with, which are root's.
        security_context=SecurityContext(
            run_as_user=0 if is_cache else 65534,
            read_only_root_filesystem=not is_cache,
            allow_privilege_escalation=False,
            capabilities=Capabilities(drop=("ALL",)),
        ),
        readiness_probe=Probe(
            exec=ExecAction(command=("wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{PORT}/v2/"))
        ),
    )
    return Pod(
        metadata=Metadata(
            name=pod_name(workshop), labels={LABEL: workshop.metadata.name}, annotations={ISOLATED: "true"}
        ),
        spec=PodSpec(
            containers=(container,), termination_grace_period_seconds=1, active_deadline_seconds=deadline_s
        ),
    )


async def _refuse_out_of_reach(engine: Engine, workshop: Workshop, shared: Shared) -> None:
    """Look from where seats are: a firewall that is in the way would show as thirty slow and puzzling pulls."""
    name, place = f"{pod_name(workshop)}-check", f"{shared.host} {shared.port}"
    script = f"for n in 1 2 3; do nc -w 5 {place} -e true && exit 0; sleep 1; done; exit 1"
    look = Container(
        name="look", image=MIRROR_IMAGE, command=("sh", "-c", script),
        security_context=SecurityContext(
            run_as_user=65534, allow_privilege_escalation=False, capabilities=Capabilities(drop=("ALL",))
        ),
    )  # fmt: skip
    pod = Pod(
        metadata=Metadata(name=name, annotations={ISOLATED: "true"}),
        spec=PodSpec(containers=(look,), restart_policy="Never", termination_grace_period_seconds=0),
    )
    try:
        await engine.apply(pod)
        code = await engine.wait(name, "look")
    finally:
        await engine.delete(name, grace_s=0)
    if code:
        raise Unavailable(
            f"seats do not reach the lab's mirror at {shared.host}:{shared.port}",
            subject=name,
            hint=shared.hint,
        )
