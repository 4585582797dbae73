"""Find out the facts: ask the engine, look at its machine, try what containers may do. All at once."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.doctor import probe, probes, read
from podlab.doctor.facts import Attempt, EngineFacts, Facts, LabFacts, MachineFacts
from podlab.doctor.lab import SEAT_IMAGES
from podlab.doctor.reach import reach
from podlab.errors import Denied, NotFound, PodlabError, Unavailable
from podlab.images.reference import parse

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.engine import DockerEngine

ENGINE_TIMEOUT_S: Final = 15
"""To count what it has takes a busy engine seconds."""
REGISTRY_TIMEOUT_S: Final = 3
PROGRAM_TIMEOUT_S: Final = 5
DIND: Final = "docker:dind"

Progress = Callable[[str], None]


async def without_engine(error: PodlabError) -> Facts:
    """What can be said where no engine answers."""
    return Facts(unreachable=(error.message, error.hint), lab=LabFacts(docker_cli=await _docker_cli()))


async def gather(
    engine: DockerEngine, *, nested: bool | None = None, progress: Progress = lambda text: None
) -> Facts:
    """All facts about an engine, in about a second; with a nested daemon, in three.

    `nested`: whether to start a daemon in a container; None: where its image is there. What was started is
    removed again, also when this is cancelled. An engine that does not answer is a fact, no error.
    """
    try:
        return await _gathered(engine, nested, progress)
    except* (Unavailable, Denied) as errors:
        error = _first(errors)
    return await without_engine(error)


async def _gathered(engine: DockerEngine, nested: bool | None, progress: Progress) -> Facts:
    client = engine.client
    progress(f"asking the engine at {client.address}")
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(_engine(client))
        images = group.create_task(_tags(client))
        registry = group.create_task(_registry(client))
        cli = group.create_task(_docker_cli())
        listed = group.create_task(client.json("GET", "/networks"))
        containers = group.create_task(client.json("GET", "/containers/json"))
        pods = group.create_task(engine.list())
        expired = group.create_task(engine.expired())
        leftovers = group.create_task(engine.prune(dry_run=True))
        group.create_task(probe.sweep(client))
        tried = group.create_task(_tried(client, asked, images, nested=nested, progress=progress))
    ended = tuple(expired.result())
    return Facts(
        engine=asked.result(),
        networks=read.networks(listed.result(), containers.result()),
        lab=LabFacts(
            docker_cli=cli.result(),
            images=frozenset(name for name in SEAT_IMAGES if parse(name).full in images.result()),
            pods=len(pods.result()),
            expired=ended,
            leftovers=tuple(
                f"{change.pod}: {change.reason}" if change.pod else change.reason
                for change in leftovers.result()
                if change.pod not in ended
            ),
            registry=registry.result(),
        ),
        **tried.result(),
    )


async def _tried(
    client: Client,
    asked: asyncio.Task[EngineFacts],
    tags: asyncio.Task[frozenset[str]],
    *,
    nested: bool | None,
    progress: Progress,
) -> dict[str, Any]:
    """The facts that take a container: those of the machine, and the attempts."""
    engine, there = await asked, await tags
    image = next((name for name in _usable() if parse(name).full in there), None)
    has_dind = parse(DIND).full in there
    if image is None:
        return {"machine": await _look_ourselves(engine)}
    progress("starting containers to see what they may do here")
    async with asyncio.TaskGroup() as group:
        machine = group.create_task(_look(client, engine, image))
        reached = group.create_task(reach(client, engine, image))
        tries = {
            "privileged": group.create_task(probe.run(client, probes.privileged(image))),
            "caps": group.create_task(probe.run(client, probes.caps(image))),
            "rootless": group.create_task(probe.run(client, probes.rootless(image))),
        }
        if nested or (nested is None and has_dind):
            progress("starting a Docker daemon in a container")
            tries["nested"] = group.create_task(_nested(client, tries["privileged"], tries["caps"]))
    attempts = {name: task.result() for name, task in tries.items()}
    return {"machine": machine.result(), "reach": reached.result(), **attempts}


async def _nested(client: Client, privileged: asyncio.Task[Attempt], caps: asyncio.Task[Attempt]) -> Attempt:
    """At the first level that containers start at; `rootless` takes podlab's own image and is not tried."""
    if (await privileged).worked:
        return await probe.run(client, probes.nested(DIND, "privileged"))
    if (await caps).worked:
        return await probe.run(client, probes.nested(DIND, "caps"))
    return await privileged


def _usable() -> Sequence[str]:
    """Images with a shell, the smallest first."""
    return (naming.infra_image(), "busybox", "alpine", "podlab/work", DIND)


async def _engine(client: Client) -> EngineFacts:
    try:
        async with asyncio.timeout(ENGINE_TIMEOUT_S):
            version = await client.json("GET", "/version")
            before = datetime.now(UTC)
            info = await client.json("GET", "/info")
    except TimeoutError as error:
        raise Unavailable(
            f"the engine at {client.address} takes connections and does not answer within {ENGINE_TIMEOUT_S} s",
            subject=str(client.address),
            hint="its log tells why (journalctl -u docker); systemctl restart docker starts it anew",
        ) from error
    return read.engine(client.address, version, info, before + (datetime.now(UTC) - before) / 2)


async def _tags(client: Client) -> frozenset[str]:
    listed = await client.json("GET", "/images/json")
    names = [tag for image in listed for tag in image.get("RepoTags") or () if tag != "<none>:<none>"]
    return frozenset(parse(name).full for name in names)


async def _look(client: Client, engine: EngineFacts, image: str) -> MachineFacts | None:
    for on_host_network in (True, False):
        found = await probe.run(client, probes.machine(image, engine, on_host_network=on_host_network))
        if found.worked:
            return MachineFacts(seen_by="a container", values=read.machine(found.said))
    return await _look_ourselves(engine)


async def _look_ourselves(engine: EngineFacts) -> MachineFacts | None:
    """The same script in a shell of our own, where the engine's kernel is ours: not one in a virtual machine."""
    if (engine.kernel, engine.host_name) != (platform.release(), platform.node()):
        return None
    said = await _program("sh", "-c", probes.look(engine.data_root))
    return MachineFacts(seen_by="podlab itself", values=read.machine(said)) if said else None


async def _registry(client: Client) -> Attempt:
    """Whether the engine, not we, can ask the Docker Hub about an image.

    https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Distribution
    """
    try:
        async with asyncio.timeout(REGISTRY_TIMEOUT_S):
            await client.json("GET", "/distribution/busybox/json")
    except TimeoutError:
        return Attempt(worked=False, said=f"no answer within {REGISTRY_TIMEOUT_S} s")
    except (NotFound, Denied):  # the registry itself said so
        return Attempt(worked=True)
    except PodlabError as error:
        return Attempt(worked=False, said=error.message)
    return Attempt(worked=True)


async def _docker_cli() -> str | None:
    return (await _program("docker", "--version")).strip() or None


async def _program(*words: str) -> str:
    """What it printed; nothing where there is no such program, or it does not end."""
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(PROGRAM_TIMEOUT_S):
            said, _ = await process.communicate()
    except TimeoutError:
        return ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said.decode(errors="replace")


def _first(errors: BaseExceptionGroup[PodlabError]) -> PodlabError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
