"""What podlab has on the engine, and the tools around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from podlab.doctor.facts import Facts
from podlab.doctor.finding import Finding, Level

SEAT_IMAGES: Final = ("busybox", "docker:dind", "podlab/mirror", "podlab/work", "registry:2")
"""What a seat of examples/docker-pods is made of."""


def findings(facts: Facts) -> Iterator[Finding]:
    yield _cli(facts.lab.docker_cli)
    if facts.engine is None:
        return
    yield _images(facts.lab.images)
    yield _registry(facts)
    yield _pods(facts)


def _cli(version: str | None) -> Finding:
    return Finding(
        id="lab.docker-cli",
        title="docker command",
        level=Level.OK if version else Level.NOTE,
        found=version or "not installed; podlab does without, but what `up --dry-run` prints needs it",
        fix="" if version else "apt-get install docker-cli, or https://docs.docker.com/engine/install/",
        link="" if version else "https://docs.docker.com/engine/install/",
    )


def _images(there: frozenset[str]) -> Finding:
    missing = [name for name in SEAT_IMAGES if name not in there]
    return Finding(
        id="lab.images",
        title="images of a seat",
        level=Level.NOTE if missing else Level.OK,
        found=f"missing: {', '.join(missing)}" if missing else "all there",
        fix="podlab images prepare examples/docker-pods" if missing else "",
    )


def _registry(facts: Facts) -> Finding:
    attempt = facts.lab.registry
    if attempt is None or not attempt.worked:
        why = f" ({attempt.said})" if attempt and attempt.said else ""
        return Finding(
            id="lab.registry",
            title="image registry",
            level=Level.NOTE,
            found=f"the engine does not reach the Docker Hub{why}; what podlab knows it builds from Debian packages",
            fix="podlab images load FILE brings images from a machine that podlab images save was run on",
            link="https://docs.docker.com/engine/daemon/proxy/",
        )
    return Finding(
        id="lab.registry", title="image registry", level=Level.OK, found="the engine reaches the Docker Hub"
    )


def _pods(facts: Facts) -> Finding:
    lab = facts.lab
    count = f"{lab.pods} pod{'' if lab.pods == 1 else 's'}"
    left = [*(f"pod {name} (lifetime over)" for name in lab.expired), *lab.leftovers]
    return Finding(
        id="lab.pods",
        title="pods",
        level=Level.NOTE if left else Level.OK,
        found=f"{count}; nobody needs any more: {', '.join(left)}" if left else count,
        fix="podlab prune" if left else "",
    )
