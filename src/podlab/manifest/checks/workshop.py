"""A workshop: its seats, and what its page shows of the pod."""

from __future__ import annotations

from podlab import quantity
from podlab.images import reference
from podlab.manifest import level, syntax
from podlab.manifest.checks import pod
from podlab.manifest.checks.finding import Findings, at, at_least, twice
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean
from podlab.manifest.workshop import Images, Preview, Seats, WorkshopSpec


def spec(w: WorkshopSpec) -> Findings:
    if w.lifetime is not None:
        try:
            if not 1 <= quantity.seconds(w.lifetime) <= pod.MAX_SECONDS:
                yield ("lifetime",), f"must be 1 to {pod.MAX_SECONDS} seconds, not {w.lifetime}"
        except ValueError as error:
            yield ("lifetime",), str(error)
    if w.lesson is not None and (w.lesson.startswith("/") or ".." in w.lesson.split("/") or not w.lesson):
        yield ("lesson",), f"{quoted(w.lesson)} must be a file or folder in the workshop's own folder"
    yield from twice(("terminals",), "name", (t.name for t in w.terminals))
    yield from twice(("previews",), "name", (p.name for p in w.previews))
    yield from _level(w)
    for path, message in pod.template(w.pod.metadata.annotations, w.pod.spec):
        yield ("pod", *path), message
    containers = [c.name for c in w.pod.spec.lasting]
    for n, terminal in enumerate(w.terminals):
        if terminal.container not in containers:
            near = did_you_mean(terminal.container, containers)
            yield (
                ("terminals", n, "container"),
                f"the pod has no container named {quoted(terminal.container)}{near}",
            )


def _level(w: WorkshopSpec) -> Findings:
    """podlab makes a daemon's flags fit the level, so it must know them; and two must not decide on its rights."""
    spec = w.pod.spec
    places = [
        (kind, n, container)
        for kind, found in (("initContainers", spec.init_containers), ("containers", spec.containers))
        for n, container in enumerate(found)
        if container in spec.lasting and level.is_daemon(container)
    ]
    for kind, n, container in () if spec.runtime_class_name else places:
        path = ("pod", "spec", kind, n)
        if container.security_context is not None:
            if w.level is not None:
                yield (*path, "securityContext"), "is what spec.level sets; leave one of them out"
        elif container.command:
            yield (*path, "command"), "a daemon without a securityContext gets its command from spec.level"
        elif container.args[:1] != ("dockerd",) or not any(
            a.startswith("--host=tcp://") for a in container.args
        ):
            yield (
                (*path, "args"),
                "a daemon whose level podlab sets needs [dockerd, --host=tcp://127.0.0.1:2375, …]",
            )


def seats(s: Seats) -> Findings:
    yield from at_least(1, count=s.count)
    yield from at_least(0, warm=s.warm)
    if s.warm is not None and s.count is not None and s.warm > s.count:
        yield ("warm",), f"{s.warm} is more than the {s.count} seats there are"


def preview(p: Preview) -> Findings:
    yield from at("port", syntax.port(p.port))
    if p.path is not None and not p.path.startswith("/"):
        yield ("path",), f"{quoted(p.path)} must begin with '/'"


def images(i: Images) -> Findings:
    for n, name in enumerate(i.preload):
        try:
            reference.parse(name)
        except ValueError as error:
            yield ("preload", n), str(error)
