"""The workshop that is to be given: its images, its mirror, its level, and what its seats can take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from podlab.doctor import privileges
from podlab.doctor.facts import Facts, ImageFacts, MachineFacts, WorkshopFacts
from podlab.doctor.finding import Finding, Level
from podlab.doctor.limit import amount, sysctl

_LEVELS: Final = "docs/levels.md"
_MIRROR: Final = "docs/mirror.md"
_SECURITY: Final = "docs/security.md"


def findings(facts: Facts, seats: int) -> Iterator[Finding]:
    """None where no workshop was named."""
    workshop = facts.workshop
    if workshop is None:
        return
    is_online = bool(facts.lab.registry and facts.lab.registry.worked)
    yield _images(workshop, is_online=is_online)
    yield from _mirror(workshop, is_online=is_online)
    yield _level(workshop, privileges.levels(facts).get(workshop.level, ""))
    yield _firewall(workshop)
    yield _memory(workshop, facts.machine, seats)
    yield _pids(workshop, facts.machine, seats)
    if workshop.unbounded_volumes:
        yield Finding(
            id="workshop.disk",
            title="disk of a seat",
            level=Level.WARNING,
            found=f"one seat can fill the engine's disk for all, in {_names(workshop.unbounded_volumes, 'volume')}",
            fix="emptyDir: {medium: Memory, sizeLimit: 512Mi} bounds it on any engine, and takes memory instead",
            link=_LEVELS,
        )


def _images(workshop: WorkshopFacts, *, is_online: bool) -> Finding:
    level, found, fix = _judged(workshop.missing, is_online=is_online)
    return Finding(
        id="workshop.images",
        title="images of its seats",
        level=level,
        found=found or ("all there or in the bundle" if workshop.carried else "all there"),
        fix=fix,
    )


def _mirror(workshop: WorkshopFacts, *, is_online: bool) -> Iterator[Finding]:
    if workshop.mirror == "none":
        yield Finding(
            id="workshop.mirror", title="mirror", level=Level.NOTE,
            found="none: what attendees pull, each seat fetches from its registry by itself",
            link=_MIRROR,
        )  # fmt: skip
        return
    level, found, fix = _judged(workshop.unmirrored, is_online=is_online)
    holds = f"{workshop.mirror}: it holds {', '.join(workshop.mirrored) or 'nothing that the lesson names'}"
    yield Finding(
        id="workshop.mirror",
        title="mirror",
        level=level,
        found=f"{holds}; {found}" if found else holds,
        fix=fix,
        link=_MIRROR,
    )
    if workshop.elsewhere:
        yield Finding(
            id="workshop.elsewhere",
            title="other registries",
            level=Level.NOTE if is_online else Level.WARNING,
            found=f"no mirror stands in for {', '.join(workshop.elsewhere)}: each seat fetches them through the uplink",
            fix="name images of the Docker Hub in the lesson, by tag; a daemon asks its mirrors for those only",
            link="https://docs.docker.com/docker-hub/image-library/mirror/",
        )
    if workshop.untold:
        told = _names(workshop.untold, "container")
        yield Finding(
            id="workshop.untold",
            title="daemons",
            level=Level.WARNING,
            found=f"a script starts the daemon in {told}: it will not know of the mirror",
            fix="add --registry-mirror=http://127.0.0.1:5001 to its dockerd; in a seat it becomes the lab's address",
            link=_MIRROR,
        )


def _judged(missing: Sequence[ImageFacts], *, is_online: bool) -> tuple[Level, str, str]:
    """A problem where an image can be neither fetched nor built."""
    if not missing:
        return Level.OK, "", ""
    lost = [each.reference for each in missing if not each.can_be_built]
    if lost and not is_online:
        return (
            Level.PROBLEM,
            f"missing, and not to be had here: {', '.join(lost)}",
            "where there is a network: podlab bundle DIR; here: podlab serve NAME.podlab.zip",
        )
    names = ", ".join(each.reference for each in missing)
    return (
        Level.NOTE,
        f"missing: {names}; `podlab serve` gets them first",
        "podlab images prepare DIR gets them now",
    )


def _level(workshop: WorkshopFacts, failed: str) -> Finding:
    """`failed`: why it did not work when it was tried here."""
    said, fix, level = f"{workshop.level}", "", Level.OK
    if workshop.level_problem is not None:
        (said, fix), level = workshop.level_problem, Level.PROBLEM
    elif failed:
        said, level = f"the level {workshop.level} does not work here: {failed}", Level.PROBLEM
        fix = "the finding on levels says which do; or use an engine of your own: podlab engine start"
    elif workshop.level_warning:
        said, fix, level = workshop.level_warning, "level: auto", Level.WARNING
    elif workshop.level == "none":
        said = "no nested daemon"
    return Finding(id="workshop.level", title="level", level=level, found=said, fix=fix, link=_LEVELS)


def _firewall(workshop: WorkshopFacts) -> Finding:
    attempt, level, fix = workshop.firewall, Level.OK, ""
    found = "the machine's own listeners can be closed to seats"
    if attempt is None:
        found = "not tried: podlab's image for it is not there; `podlab serve` gets it first"
        level, fix = Level.NOTE, "podlab images prepare DIR, then podlab doctor DIR"
    elif not attempt.worked:
        found = f"seats can reach what listens on the engine's machine: {attempt.said}"
        level, fix = Level.WARNING, workshop.firewall_fix
    return Finding(
        id="workshop.firewall", title="closed machine", level=level, found=found, fix=fix, link=_SECURITY
    )


def _memory(workshop: WorkshopFacts, machine: MachineFacts | None, seats: int) -> Finding:
    """By their limits seats may take more than there is: that is how limits are used, as not all are used at once."""
    a_seat = workshop.memory_limit_bytes
    if a_seat is None:
        return Finding(
            id="workshop.memory",
            title="memory by limits",
            level=Level.WARNING,
            found=f"one seat can take the machine's memory: no limit in {_names(workshop.unlimited, 'container')}",
            fix="resources: {limits: {memory: 512Mi}} in each container",
            link=_LEVELS,
        )
    available = machine.get("MemAvailable") if machine else None
    most = seats * a_seat
    there = available * 1024 if available is not None else None
    is_over = there is not None and most > there
    return Finding(
        id="workshop.memory",
        title="memory by limits",
        level=Level.NOTE if is_over else Level.OK,
        found=f"{amount(a_seat)} a seat at the most, {amount(most)} for {seats}"
        + (f", of {amount(there)} available" if there is not None else "")
        + ("; enough as long as not all seats take all that they may" if is_over else ""),
        fix="lower limits in podlab.yaml, or fewer seats" if is_over else "",
    )


def _pids(workshop: WorkshopFacts, machine: MachineFacts | None, seats: int) -> Finding:
    a_seat = workshop.pids_limit
    if a_seat is None:
        return Finding(
            id="workshop.pids",
            title="processes by limits",
            level=Level.WARNING,
            found="one seat that forks without end takes all processes of the machine",
            fix='metadata: {annotations: {podlab.io/pids-limit: "1000"}} in the pod template',
            link=_LEVELS,
        )
    kernel = [machine.get(f"kernel/{key}") for key in ("pid_max", "threads-max")] if machine else []
    there = min((value for value in kernel if value is not None), default=None)
    is_over = there is not None and seats * a_seat > there
    return Finding(
        id="workshop.pids",
        title="processes by limits",
        level=Level.NOTE if is_over else Level.OK,
        found=f"{a_seat} a seat at the most, {seats * a_seat} for {seats}"
        + (f", of {there}" if there else ""),
        fix=f"{sysctl('kernel.pid_max', 4_194_304)}; or a lower podlab.io/pids-limit" if is_over else "",
    )


def _names(names: Sequence[str], what: str) -> str:
    return f"{what}{'' if len(names) == 1 else 's'} {', '.join(names)}"
