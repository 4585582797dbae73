"""Names of images: `alpine`, `localhost:5000/team/app:1.2`, `alpine@sha256:…`.

The grammar is https://pkg.go.dev/github.com/distribution/reference, the one that docker itself uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_HUB: Final = "docker.io"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:.]+\])(?::[0-9]+)?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One image's name, in full. `tag` is empty only where a `digest` stands in its place."""

    registry: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def full(self) -> str:
        """`docker.io/library/alpine:latest`: equal for all spellings of one name."""
        return f"{self.registry}/{self.repository}{self._suffix}"

    @property
    def familiar(self) -> str:
        """`alpine:latest`: as the docker command line prints it, tag included."""
        return f"{self.familiar_name}{self._suffix}"

    @property
    def familiar_name(self) -> str:
        """`alpine`: without tag and digest."""
        if self.registry != _HUB:
            return f"{self.registry}/{self.repository}"
        return self.repository.removeprefix("library/")

    @property
    def is_on_hub(self) -> bool:
        return self.registry == _HUB

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def __str__(self) -> str:
        return self.familiar


def parse(text: str) -> Reference:
    """Read a name as people write it; no tag and no digest: `latest`. `ValueError` says what is wrong."""
    if not text:
        raise ValueError("an image needs a name, such as alpine or localhost:5000/app:1.2")
    if _ID.fullmatch(text):
        raise ValueError(f"{text!r} is an image's id, not its name")
    rest, has_digest, digest = text.partition("@")
    if has_digest and not _DIGEST.fullmatch(digest):
        raise ValueError(f"{text!r}: after the @ stands a digest such as sha256: and 64 hexadecimal digits")
    if digest.startswith("sha256:") and len(digest) != len("sha256:") + 64:
        raise ValueError(f"{text!r}: a sha256 digest has 64 hexadecimal digits, this one {len(digest) - 7}")
    registry, path = _split_registry(rest)
    path, has_tag, tag = path.partition(":")
    if has_tag and not _TAG.fullmatch(tag):
        raise ValueError(
            f"{text!r}: the tag {tag!r} must be letters, digits, '_', '.' and '-', at most 128, "
            "and start with none of '.' and '-'"
        )
    if not _REGISTRY.fullmatch(registry):
        raise ValueError(f"{text!r}: {registry!r} is no registry's address, such as localhost:5000")
    if not _REPOSITORY.fullmatch(path):
        reason = "must be lower case" if _REPOSITORY.fullmatch(path.lower()) else _PATH_RULE
        raise ValueError(f"{text!r}: the name {path!r} {reason}")
    if len(registry) + 1 + len(path) > 255:
        raise ValueError(f"{text[:40]!r}…: the name has more than 255 characters")
    if registry == _HUB and "/" not in path:
        path = f"library/{path}"
    return Reference(registry, path, tag or ("" if digest else "latest"), digest)


_PATH_RULE: Final = (
    "must be lower-case letters and digits, joined by single '.', '_', '__' or '-', in parts joined by '/'"
)


def _split_registry(text: str) -> tuple[str, str]:
    """The first part is a registry where it cannot be a user's name on Docker Hub."""
    first, slash, rest = text.partition("/")
    if slash and (first == "localhost" or any(c in first for c in ".:") or first != first.lower()):
        return (_HUB if first == "index.docker.io" else first), rest
    return _HUB, text
