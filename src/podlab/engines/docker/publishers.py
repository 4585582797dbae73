"""Make and remove the containers that publish ports of pods that are there already."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.dialect import in_its_words
from podlab.engines.docker.plan import Verb
from podlab.engines.docker.streams.logs import logs
from podlab.errors import NotFound, PodlabError, Unsupported
from podlab.ports import parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.docker.api import Client
    from podlab.engines.docker.plan import Step
    from podlab.engines.docker.translate import Body
    from podlab.model import Pod

READY_S: Final = 15.0
"""What the container's first line may take."""


async def carry_out(client: Client, pod: Pod, step: Step, image: str) -> None:
    """The step publishes or takes back the port that it names."""
    if step.verb is Verb.PUBLISH:
        await publish(client, pod, step.target, image)
    else:
        await unpublish(client, pod.name, step.target)


async def publish(client: Client, pod: Pod, port: str, image: str) -> None:
    """Start the port's publisher, which is made where it is missing. One that cannot be started is not left there.

    The kernel passes the port on where it can, and there is the image for it; else a TCP port is a program's. For a UDP
    port there is none, so it is `Unsupported` then."""
    name, wanted = translate.publisher_name(pod.name, port), parse(port)
    try:
        await client.json("POST", f"/containers/{name}/start")
    except NotFound:
        pass
    else:
        return
    try:
        async with _made(client, name, translate.forwarder(pod, wanted)) as id:
            await _is_ready(client, id, pod.name)
    except (NotFound, Unsupported) as error:
        if wanted.protocol == "UDP":
            raise _no_udp(pod, error) from error
        async with _made(client, name, translate.publisher(pod, wanted, image)):
            pass


def _no_udp(pod: Pod, error: PodlabError) -> PodlabError:
    if isinstance(error, NotFound) and "No such image" not in error.message:
        return error
    if isinstance(error, Unsupported):
        return Unsupported(
            f"the kernel passes no packets on ({error.message})",
            subject=pod.name,
            hint="`podlab up --replace` makes the pod anew with the port",
        )
    image = naming.FIREWALL_IMAGE
    return Unsupported(
        f"image '{image}' is not on the engine",
        subject=image,
        hint=f"`podlab images prepare {image}` makes it",
    )


@asynccontextmanager
async def _made(client: Client, name: str, body: Body) -> AsyncIterator[str]:
    """A container that runs; where the block fails it is removed."""
    body = in_its_words(body, client.features)
    made = await client.json("POST", "/containers/create", query={"name": name}, body=body)
    try:
        await client.json("POST", f"/containers/{made['Id']}/start")
        yield str(made["Id"])
    except BaseException:
        await remove_container(client, made["Id"])
        raise


async def _is_ready(client: Client, id: str, pod: str) -> None:
    """`Unsupported` tells why its rules are not there."""
    try:
        async with asyncio.timeout(READY_S), aclosing(logs(client, id, follow=True)) as lines:
            async for line in lines:
                if (said := line.text.decode(errors="replace")) == translate.READY:
                    return
                raise Unsupported(said, subject=pod)
    except TimeoutError:
        pass
    raise Unsupported("its container was not ready in time", subject=pod)


async def unpublish(client: Client, pod: str, port: str) -> None:
    """Its connections are cut. Gone already is as good."""
    await remove_container(client, translate.publisher_name(pod, port))
