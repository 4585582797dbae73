"""The pods of a namespace that podlab made, as the API tells them. Others are not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from podlab import naming
from podlab.engines.kubernetes.refusals import Expired
from podlab.errors import NotFound

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

Found: TypeAlias = Mapping[str, Any]
"""An object as the API has it."""
OURS: Final = f"{naming.VERSION}={naming.LABEL_SCHEME}"
"""The label selector of all that podlab made."""
PAGE: Final = 500
"""https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks"""


def is_ours(found: Found) -> bool:
    return (found["metadata"].get("labels") or {}).get(naming.VERSION) == naming.LABEL_SCHEME


def uid(found: Found) -> str:
    return str(found["metadata"]["uid"])


def version(found: Found) -> str:
    """Which version of the object, or of a whole list, this is."""
    return str(found["metadata"]["resourceVersion"])


def no_such_pod(name: str, namespace: str) -> NotFound:
    return NotFound(
        f"there is no pod '{name}' in namespace '{namespace}'",
        subject=name,
        hint="`podlab ps -a` lists all pods that podlab made there",
    )


async def pod(client: Client, name: str) -> Found:
    """`NotFound` where there is none, or where it is not podlab's."""
    found = await anybodys(client, name)
    if found is None or not is_ours(found):
        raise no_such_pod(name, client.namespace)
    return found


async def anybodys(client: Client, name: str) -> Found | None:
    """The pod of that name, whoever made it."""
    try:
        found: Found = await client.json("GET", client.pod(name))
    except NotFound:
        return None
    return found


async def container(client: Client, name: str, container: str) -> Found:
    """The pod, where it has such a container; `NotFound` says which it has."""
    found = await pod(client, name)
    names = [each["name"] for each in members(found)]
    if container not in names:
        raise NotFound(
            f"pod '{name}' has no container '{container}'",
            subject=name,
            hint=f"its containers: {', '.join(names)}",
        )
    return found


def members(found: Found) -> list[Found]:
    """What it is to have: init containers, then containers, in the order of the file."""
    spec = found["spec"]
    return [*(spec.get("initContainers") or ()), *spec["containers"]]


async def pods(client: Client, *, selector: str = OURS, fields: str = "") -> list[Found]:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/"""
    return (await everything(client, client.of("pods"), selector=selector, fields=fields))[0]


async def everything(
    client: Client, path: str, *, selector: str = "", fields: str = ""
) -> tuple[list[Found], str]:
    """All items of a list, and the version that a watch can go on from. A list whose pages are no longer kept is begun
    again."""
    query = {"limit": str(PAGE)}
    query |= {"labelSelector": selector} if selector else {}
    query |= {"fieldSelector": fields} if fields else {}
    while True:
        found: list[Found] = []
        more: dict[str, str] = {}
        try:
            while True:
                page = await client.json("GET", path, query=query | more)
                found += page["items"] or ()
                if not (token := page["metadata"].get("continue")):
                    return found, version(page)
                more = {"continue": token}
        except Expired:
            continue
