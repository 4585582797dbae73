"""An engine's refusal as one of podlab's errors: by its status, and where that tells nothing by the cause. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from podlab.errors import Conflict, Denied, Invalid, NotFound, PodlabError, Unavailable, Unsupported

_BY_STATUS: Final[Mapping[int, type[PodlabError]]] = {
    400: Invalid, 401: Denied, 403: Denied, 404: NotFound, 409: Conflict, 501: Unsupported, 503: Unavailable,
}  # fmt: skip
_BY_CAUSE: Final[Mapping[str, type[PodlabError]]] = {
    "that name is already in use": Conflict,
    "container state improper": Conflict,
    "top can only be used on running containers": Conflict,
    "volume already exists": Conflict,
    "network already exists": Conflict,
    "invalid signal": Invalid,
    "invalid argument": Invalid,
}
"""Podman answers 500 to much that Docker has a status of its own for, and names the cause beside the message.
https://github.com/containers/podman/blob/v5.4.2/libpod/define/errors.go"""
_IN_DOCKERS_WORDS: Final = (
    (re.compile(r"no such image: (\S+): image not known"), r"No such image: \1"),
    (
        re.compile(r"the container name (\S+) is already in use by (\w+)"),
        r"\1 is already in use by container \2",
    ),
)
"""Where podlab reads the text. https://github.com/containers/storage/blob/v1.57.2/errors.go"""


def refusal(status: int, body: bytes) -> PodlabError:
    """Of an answer of 400 and above."""
    try:
        said = json.loads(body)
        message, cause = str(said["message"]), str(said.get("cause", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        message, cause = body.decode(errors="replace").strip() or f"the engine answered {status}", ""
    kind = _BY_STATUS.get(status) or _BY_CAUSE.get(cause.partition(":")[0], PodlabError)
    for pattern, replacement in _IN_DOCKERS_WORDS:
        message = pattern.sub(replacement, message)
    return kind(message.strip())
