"""What a container in the seats' network reaches of that which listens on the engine's machine: tried, not read from
rules. A listener is put up there for a moment; that the machine itself reaches it shows that the try could have failed.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from podlab import naming
from podlab.doctor import probe
from podlab.doctor.facts import Attempt, Reach
from podlab.engines.docker import errand
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podlab.doctor.facts import EngineFacts
    from podlab.engines.docker.api import Client

_DYNAMIC: Final = range(49152, 65536)
"""https://www.rfc-editor.org/rfc/rfc6335#section-6"""
_ALIVE_S: Final = 60
"""The listener ends by itself, whatever happens to us."""
_LISTEN: Final = """
nc -ll -p %(port)d -e true 2>/dev/null || nc -lk -p %(port)d -e true 2>/dev/null || nc -lk %(port)d
"""
"""As each of BusyBox's two programs of that name has it, and OpenBSD's."""
_REACHES: Final = "nc -w 3 $address %d </dev/null >/dev/null 2>&1 && echo $address"
_FROM_MACHINE: Final = """
tries=0
until nc -w 1 127.0.0.1 %(port)d </dev/null >/dev/null 2>&1; do
  tries=$((tries + 1)); [ $tries -lt 20 ] || exit 1; sleep 0.1
done
ip -4 -o addr show | while read -r n device family address rest; do
  address=${address%%/*}
  case $address in 127.*) ;; *) %(reaches)s ;; esac
done
true
"""


async def reach(client: Client, engine: EngineFacts, image: str) -> Reach:
    """A second or two. Nothing is made that was not there: without the seats' network it is not tried."""
    port = secrets.choice(_DYNAMIC)
    mapped = {"UsernsMode": "host"} if "userns" in engine.security else {}
    on_machine = {"NetworkMode": "host", "CapDrop": ["ALL"], **mapped}
    listen = ["timeout", str(_ALIVE_S), "sh", "-c", _LISTEN % {"port": port}]
    try:
        await client.json("GET", f"/networks/{naming.ISOLATED_NETWORK}")
        async with errand.running(client, image, listen, host=on_machine):
            script = _FROM_MACHINE % {"port": port, "reaches": _REACHES % port}
            machine = await probe.run(
                client, probe.Probe(name="listener", image=image, script=script, host=on_machine)
            )
            addresses = _addresses(machine)
            if not addresses:
                return Reach(problem=machine.said.strip() or "the machine did not reach its own listener")
            seat = await probe.run(client, _seat(image, port, addresses))
    except PodlabError as error:
        return Reach(problem=error.message)
    if not seat.worked:
        return Reach(problem=seat.said.strip() or "it failed without a word")
    return Reach(listening=addresses, reached=_addresses(seat))


def _seat(image: str, port: int, addresses: Iterable[str]) -> probe.Probe:
    """As isolated pods are: no raw sockets. All addresses at once, since a firewall may let one wait."""
    lines = [f"(address={each}; {_REACHES % port}) &" for each in sorted(addresses)]
    return probe.Probe(
        name="seat", image=image, script="\n".join([*lines, "wait"]),
        host={"NetworkMode": naming.ISOLATED_NETWORK, "CapDrop": ["ALL"]},
    )  # fmt: skip


def _addresses(found: Attempt) -> frozenset[str]:
    return frozenset(found.said.split()) if found.worked else frozenset()
