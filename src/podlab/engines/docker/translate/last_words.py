"""The file for a container's last words: of a volume, since all else below /dev is gone when the container ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from podlab import naming
from podlab.engines.docker.translate.labels import Body
from podlab.errors import Unsupported
from podlab.model import Container, Pod
from podlab.node.termination import FALLBACK, Words, words

FILE: Final = "message"
"""Its name in the volume."""


def last_words_label(container: Container) -> dict[str, str]:
    said = words(container)
    return (
        {} if said is None else {naming.LAST_WORDS: f"{FALLBACK if said.falls_back else 'File'} {said.path}"}
    )


def words_of(label: str) -> Words:
    policy, _, path = label.partition(" ")
    return Words(path, policy == FALLBACK)


def last_words_volume(pod: Pod, container: Container) -> Body:
    return {
        "Name": naming.last_words_volume(pod.name, container.name),
        "Labels": {naming.POD: pod.name, naming.ROLE: "last-words", naming.VERSION: naming.LABEL_SCHEME},
    }


def has_file(container: Container, *, has_subpaths: bool) -> bool:
    """`Unsupported` where the engine cannot mount a file of a volume and the container asks for more than what every
    container has under Kubernetes, whether it uses it or not."""
    said = words(container)
    if said is None or has_subpaths:
        return said is not None
    if said.is_default:
        return False
    raise Unsupported(
        f"this engine cannot keep what container '{container.name}' writes to {said.path} (terminationMessagePath)",
        subject=container.name,
        hint="Docker Engine 26 and later can",
    )


def last_words_mount(pod: Pod, container: Container, *, has_subpaths: bool) -> Iterable[Body]:
    said = words(container)
    if said is not None and has_file(container, has_subpaths=has_subpaths):
        yield {
            "Type": "volume", "Source": naming.last_words_volume(pod.name, container.name), "Target": said.path,
            "VolumeOptions": {"NoCopy": True, "Subpath": FILE},
        }  # fmt: skip
