"""Make and remove the containers that publish ports of pods that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.engines.docker import translate
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.dialect import in_its_words
from podlab.engines.docker.plan import Verb
from podlab.errors import NotFound
from podlab.ports import parse

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.plan import Step
    from podlab.model import Pod


async def carry_out(client: Client, pod: Pod, step: Step, image: str) -> None:
    """The step publishes or takes back the port that it names."""
    if step.verb is Verb.PUBLISH:
        await publish(client, pod, step.target, image)
    else:
        await unpublish(client, pod.name, step.target)


async def publish(client: Client, pod: Pod, port: str, image: str) -> None:
    """Start the port's publisher, which is made where it is missing. One that cannot be started is not left there."""
    name = translate.publisher_name(pod.name, port)
    try:
        await client.json("POST", f"/containers/{name}/start")
    except NotFound:
        body = in_its_words(translate.publisher(pod, parse(port), image), client.features)
        made = await client.json("POST", "/containers/create", query={"name": name}, body=body)
        try:
            await client.json("POST", f"/containers/{made['Id']}/start")
        except BaseException:
            await remove_container(client, made["Id"])
            raise


async def unpublish(client: Client, pod: str, port: str) -> None:
    """Its connections are cut. Gone already is as good."""
    await remove_container(client, translate.publisher_name(pod, port))
