"""The machine's own listeners, closed to isolated pods, and the pods to each other below the address.

A pod reaches its gateway, which is the engine's machine, and with it all that listens there on any address. The engine
has no setting against that. One table of nftables of our own has, made by a container of a moment that is in the
machine's network with NET_ADMIN and nothing else: podlab needs the engine's socket, no rights of its own.

What others have in the firewall is neither read nor changed. In nftables what one table refuses stays refused, and
what it accepts the others still judge, so the engine's own rules hold, and may be made anew at any time. A restart of
the engine leaves the table; one of the machine does not.
https://wiki.nftables.org/wiki-nftables/index.php/Configuring_chains
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.engines.docker import errand
from podlab.engines.docker.gateway import isolated_gateway
from podlab.errors import Denied, NotFound, PodlabError, Unavailable, Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.engines.docker.api import Client

_LINK_LOCAL: Final = "169.254.0.0/16"
"""Where clouds tell a machine its secrets. https://datatracker.ietf.org/doc/html/rfc3927"""
_LAN: Final = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"
_BRIDGES: Final = ("br-*", "docker*", "podlab*", "virbr*", "cni*", "podman*")
_HOST: Final[Mapping[str, Any]] = {
    "NetworkMode": "host",
    "UsernsMode": "host",  # mapped users cannot join the host's namespaces
    "CapDrop": ["ALL"],
    "CapAdd": ["NET_ADMIN"],
    "SecurityOpt": ["no-new-privileges"],
    "ReadonlyRootfs": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """The isolated pods' network as the machine has it. `id` changes when it is made anew."""

    id: str
    name: str
    gateway: str
    subnet: IPv4Network

    @property
    def table(self) -> str:
        return f"podlab-{self.name}"


def rules(bridge: Bridge, *, closes_lan: bool) -> str:
    """The table, for `nft -f`: loaded as a whole or not at all, as often as one likes."""
    shared = f"{naming.SHARED_PORTS.start}-{naming.SHARED_PORTS.stop - 1}"
    table, name = f"inet {bridge.table}", bridge.name
    others = ", ".join(f'"{each}"' for each in _BRIDGES)
    lan = f"    ip daddr {{ {_LAN} }} th dport != 53 reject\n" if closes_lan else ""
    return (
        f"table {table}\n"  # so that the next line has something to delete
        f"delete table {table}\n"
        f"table {table} {{\n"
        "  chain input {\n"
        "    type filter hook input priority filter - 5\n"
        f'    iifname != "{name}" accept\n'
        "    ct state established,related accept\n"
        f"    ip daddr {bridge.gateway} tcp dport {shared} accept\n"
        "    reject\n"
        "  }\n"
        "  chain forward {\n"
        "    type filter hook forward priority filter - 5\n"
        "    ct state established,related accept\n"
        f'    oifname "{name}" jump to-pods\n'
        f'    iifname "{name}" jump from-pods\n'
        "  }\n"
        "  chain to-pods {\n"
        "    ct status dnat accept\n"  # a published port
        "    reject\n"
        "  }\n"
        "  chain from-pods {\n"
        f"    ip daddr {_LINK_LOCAL} reject\n"
        f"    oifname {{ {others} }} reject\n"
        f"{lan}"
        "  }\n"
        "}\n"
    )


def layer_2(bridge: Bridge) -> str:
    """What the engine's own rule between the ports of the bridge does not see: ARP in a neighbour's name."""
    table = f"bridge {bridge.table}"
    return (
        f"table {table}\ndelete table {table}\n"
        f"table {table} {{\n"
        "  chain forward {\n"
        "    type filter hook forward priority filter\n"
        f"    arp saddr ip {bridge.subnet} drop\n"
        f"    arp daddr ip {bridge.subnet} drop\n"
        f"    ip saddr {bridge.subnet} ip daddr {bridge.subnet} drop\n"
        "  }\n"
        "}\n"
    )


_SWEEP: Final = """
nft list tables | while read -r _ family table; do
  case $table in podlab-*) [ -e "/sys/class/net/${table#podlab-}" ] || nft delete table "$family" "$table" ;; esac
done
"""
"""Tables of bridges that are gone."""


def close_script(bridge: Bridge, *, closes_lan: bool) -> str:
    """For `sh` with `nft`, as root in the machine's network. A kernel without tables for bridges does without."""
    return (
        f"set -eu\nprintf %s {shlex.quote(rules(bridge, closes_lan=closes_lan))} | nft -f -\n"
        f"printf %s {shlex.quote(layer_2(bridge))} | nft -f - || echo 'no tables for bridges'\n"
        f"{_SWEEP}"
    )


def open_script(bridge: Bridge) -> str:
    return "\n".join(f"nft delete table {family} {bridge.table} || :" for family in ("inet", "bridge"))


async def bridge(client: Client) -> Bridge:
    """It is made where it is missing."""
    await isolated_gateway(client)
    found = await client.json("GET", f"/networks/{naming.ISOLATED_NETWORK}")
    name = (found.get("Options") or {}).get("com.docker.network.bridge.name") or f"br-{found['Id'][:12]}"
    for each in (found.get("IPAM") or {}).get("Config") or ():
        subnet = ip_network(each["Subnet"], strict=False)
        if isinstance(subnet, IPv4Network):
            return Bridge(id=found["Id"], name=name, gateway=each["Gateway"], subnet=subnet)
    raise Unsupported(f"the network '{naming.ISOLATED_NETWORK}' has no IPv4 addresses")


async def close(client: Client, *, closes_lan: bool = False) -> Bridge:
    """Isolated pods reach no listener of the machine but shared ports. Closed already is as good."""
    found = await bridge(client)
    await _run(client, close_script(found, closes_lan=closes_lan))
    return found


async def check(client: Client) -> None:
    """Whether `close` would work, without doing it: the kernel judges the rules of a bridge that need not be there.
    Errors as those of `close`."""
    there = Bridge(id="", name="podlab-check", gateway="192.0.2.1", subnet=IPv4Network("192.0.2.0/24"))
    await _run(client, f"printf %s {shlex.quote(rules(there, closes_lan=True))} | nft -c -f -")


async def open_again(client: Client) -> None:
    """As the engine has it by itself. Open already is as good."""
    await _run(client, open_script(await bridge(client)))


async def _run(client: Client, script: str) -> None:
    failed = "cannot close the engine's machine to isolated pods"
    by_hand = "podlab firewall --print tells what to run there by hand, as root"
    try:
        code, said = await errand.run(client, naming.FIREWALL_IMAGE, ["sh", "-c", script], host=_HOST)
    except NotFound as error:
        raise NotFound(
            f"{failed}: image '{naming.FIREWALL_IMAGE}' is not on the engine",
            subject=naming.FIREWALL_IMAGE,
            hint="podlab images prepare",
        ) from error
    except TimeoutError as error:
        raise Unavailable(f"{failed}: its container did not end in time", hint=by_hand) from error
    except PodlabError as error:
        raise type(error)(f"{failed}: {error.message}", subject=error.subject, hint=by_hand) from error
    if code:
        last = said.strip().splitlines()[-1:] or ["no word"]
        kind = Denied if "not permitted" in said else Unsupported
        raise kind(f"{failed}: {last[0]}", hint=by_hand)
