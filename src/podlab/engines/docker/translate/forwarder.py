"""The container that publishes one more port of a living pod in the kernel: its network's own rules pass packets on.

Nothing of it reads what passes, so it is as fast as a port of the first day, and takes UDP, too. The rules are those of
the container's own network namespace, where NET_ADMIN is worth nothing elsewhere. They name the pod's address; where
that is another one, as after a restart of the infra, the container ends and is started again, which also forgets the
old address for what is under way.
https://wiki.nftables.org/wiki-nftables/index.php/Performing_Network_Address_Translation_(NAT)
"""

from __future__ import annotations

from typing import Final

from podlab import naming
from podlab.engines.docker.translate.labels import Body
from podlab.engines.docker.translate.publisher import publisher_host, publisher_labels
from podlab.model import ContainerPort, Pod

READY: Final = "ready"
"""Its first line, once the rules are there; any other tells why they are not."""
LOOKS_S: Final = 5
"""Between two looks at the pod's address, which hardly ever changes. One costs 3 ms of a processor."""
_SCRIPT: Final = f"""
address() {{ nslookup "$1" 2>/dev/null | sed -n '/^Name:/,$s/^Address: *//p' | grep -m1 -F .; }}
until ip=$(address "$1"); do sleep 0.2; done
said=$(nft -f - 2>&1 <<EOF
table ip podlab {{
  chain in {{ type nat hook prerouting priority dstnat; $2 dport $3 dnat to $ip; }}
  chain out {{ type nat hook postrouting priority srcnat; masquerade; }}
}}
EOF
) || {{ echo "${{said:-nft failed}}"; exit 1; }}
echo {READY}
while sleep {LOOKS_S}; do
  case "$(nslookup "$1" 2>/dev/null)
" in
    *": $ip
"*) ;;
    *Name:*) exit 1 ;;
  esac
done
"""
_FORWARDS: Final = {
    "net.ipv4.ip_forward": "1", "net.ipv4.conf.all.send_redirects": "0", "net.ipv4.conf.default.send_redirects": "0",
}  # fmt: skip


def forwarder(pod: Pod, port: ContainerPort) -> Body:
    """Of a TCP or UDP port. Its image is podlab's own with `nft`."""
    protocol = (port.protocol or "TCP").lower()
    key = f"{port.container_port}/{protocol}"
    return {
        "Image": naming.FIREWALL_IMAGE,
        "Entrypoint": ["sh", "-c", _SCRIPT, "sh"],
        "Cmd": [pod.name, protocol, str(port.container_port)],
        "User": "0:0",
        "Labels": publisher_labels(pod, port),
        "ExposedPorts": {key: {}},
        "HostConfig": publisher_host(pod, port, key, _FORWARDS) | {"CapAdd": ["NET_ADMIN"]},
    }
