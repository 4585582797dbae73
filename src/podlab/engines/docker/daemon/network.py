"""An engine's network: a bridge of its own on the host, or a network namespace of its own.

dockerd flushes the firewall chains DOCKER and DOCKER-* of its network namespace when it starts, which cuts
off what another engine there has published. So beside another engine it gets a namespace.
"""

from __future__ import annotations

import json
import re
import socket
from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from podlab.engines.docker.daemon import processes
from podlab.engines.docker.daemon.program import run
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.docker.daemon.place import Place
    from podlab.engines.docker.daemon.settings import Block

_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


async def taken() -> list[IPv4Network]:
    """Every address range that the host routes to."""
    routes = json.loads(await run("ip", "-json", "-4", "route", "show", "table", "all"))
    return [
        IPv4Network(route["dst"], strict=False)
        for route in routes
        if route["dst"] not in ("default", "0.0.0.0")
    ]


async def make_namespace(place: Place, block: Block) -> None:
    """A namespace, mounted on a file in the engine's own folder, and a cable from the host to it."""
    place.namespace.touch()
    await run("unshare", f"--net={place.namespace}", "true")
    await _ip(f"link add {place.link} type veth peer name host netns {place.namespace}",
              f"addr add {block.host_end} dev {place.link}",
              f"link set {place.link} up")  # fmt: skip
    await _ip("link set lo up", f"addr add {block.engine_end} dev host", "link set host up",
              f"route add default via {block.host_end.ip}", inside=place)  # fmt: skip


async def make_bridge(place: Place, block: Block, *, inside: bool) -> None:
    """The default bridge, of one name in either network: dockerd refuses to start where it has changed."""
    await _ip(
        f"link add {place.link} type bridge",
        f"addr add {block.bridge} dev {place.link}",
        f"link set {place.link} up",
        inside=place if inside else None,
    )


async def forwarding() -> dict[str, str]:
    """What dockerd is about to change for the whole host, to be put back by `remove`."""
    rules = await run("iptables", "-S", "FORWARD")
    return {
        "ip_forward": _FORWARDING.read_text().strip(),
        "FORWARD": "DROP" if "-P FORWARD DROP" in rules else "ACCEPT",
    }


async def remove(place: Place, before: dict[str, str]) -> None:
    """Take down interfaces, bridges and, in the host's namespace, the engine's firewall rules."""
    bridges = bridges_of(place) if before else []
    for link in (place.link, *bridges):
        await _delete(link)
    if before and not processes.engines_here():
        await _remove_rules((place.link, *bridges))
        await run("iptables", "-P", "FORWARD", before["FORWARD"])
        _FORWARDING.write_text(before["ip_forward"])


def bridges_of(place: Place) -> list[str]:
    """The bridges of its networks. It is asked in its own database, since dockerd may be dead."""
    with suppress(FileNotFoundError):
        database = (place.data_root / "network/files/local-kv.db").read_bytes()
        names = {name.decode() for name in re.findall(rb'"BridgeName":"([\w.-]{1,15})"', database)}
        return sorted(names - {place.link, "docker0"})
    return []


def without_docker(saved: str, links: tuple[str, ...]) -> str:
    """Of a table as `iptables-save` prints it, the input for `iptables-restore --noflush` that takes an
    engine's rules and chains out and leaves everybody else's. Pure."""
    ours = "|".join(re.escape(link) for link in links)
    rule = re.compile(
        rf"-A DOCKER|-[jg] DOCKER|-[io] ({ours})( |$)"
        rf"|-A POSTROUTING -s \S+ ! -o ({ours}) "
        r"|-A POSTROUTING -s (?P<self>\S+) -d (?P=self) .*-j MASQUERADE"  # one that uses its own published port
    )
    chains = re.findall(r"^:(DOCKER\S*) ", saved, re.MULTILINE)
    lines = [f"-D{line[2:]}" for line in saved.splitlines() if line.startswith("-A ") and rule.search(line)]
    return "".join(f"{line}\n" for line in lines + [f"-X {chain}" for chain in chains])


async def _delete(link: str) -> None:
    """A cable may vanish by itself at any moment, with the namespace at its other end."""
    try:
        if _exists(link):
            await run("ip", "link", "delete", link)
    except PodlabError:
        if _exists(link):
            raise


def _exists(link: str) -> bool:
    """Asked of the kernel: /sys may show another network namespace than ours."""
    return any(name == link for _, name in socket.if_nameindex())


async def _remove_rules(links: tuple[str, ...]) -> None:
    for family in ("iptables", "ip6tables"):
        for table in ("filter", "nat", "raw"):
            with suppress(PodlabError):  # a table or family that this kernel lacks holds nothing
                if changes := without_docker(await run(f"{family}-save", "-t", table), links):
                    await run(f"{family}-restore", "--noflush", stdin=f"*{table}\n{changes}COMMIT\n")


async def _ip(*commands: str, inside: Place | None = None) -> None:
    enter = ("nsenter", f"--net={inside.namespace}") if inside else ()
    await run(*enter, "ip", "-batch", "-", stdin="\n".join(commands) + "\n")
