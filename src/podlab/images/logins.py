"""Logins to registries that stand in Secrets, and which of them are for an image. Pure.

https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/
https://kubernetes.io/docs/concepts/containers/images/#config-json
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from podlab.errors import Invalid
from podlab.objects.kinds import data_of

if TYPE_CHECKING:
    from podlab.images.reference import Reference
    from podlab.model import Secret

_HUB: Final = "docker.io"
_HUBS: Final = ("index.docker.io", "registry-1.docker.io", "hub.docker.com")
_KEYS: Final = (".dockerconfigjson", ".dockercfg")
"""https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """`place` is a registry, or the beginning of a repository there: `lab.example:5000/team`; `*` stands for a part of
    its host's name. A `token` stands in place of user and password."""

    place: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def fits(self, image: Reference) -> bool:
        host, _, path = self.place.partition("/")
        if not _is_host(host, image.registry):
            return False
        return not path or image.repository == path or image.repository.startswith(f"{path}/")


def logins(secret: Secret) -> list[Login]:
    """`Invalid` where the Secret holds none; its values are not in the message."""
    data = data_of(secret)
    name = secret.metadata.name
    key = next((each for each in _KEYS if each in data), None)
    if key is None:
        raise Invalid(
            f"Secret '{name}' is no login to a registry: it has no key {_KEYS[0]}",
            subject=name,
            hint="`kubectl create secret docker-registry --dry-run=client -o yaml` writes one",
        )
    try:
        found = json.loads(data[key])
        auths = found.get("auths", {}) if key == _KEYS[0] else found
        return [_login(place, entry) for place, entry in auths.items() if isinstance(entry, dict)]
    except (ValueError, AttributeError):
        raise Invalid(f"key {key} of Secret '{name}' is no docker config", subject=name) from None


def fitting(known: Iterable[Login], image: Reference) -> list[Login]:
    """Those for the image, the one that says most of its name first."""
    return sorted((each for each in known if each.fits(image)), key=lambda each: -len(each.place))


def _login(place: str, entry: Mapping[str, Any]) -> Login:
    user, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    if not user and entry.get("auth"):
        try:
            user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = ""
    return Login(
        place=_place(place), user=user, password=password, token=str(entry.get("identitytoken") or "")
    )


def _place(written: str) -> str:
    """Without what stands around it: `https://lab.example/v1/` is `lab.example`."""
    rest = written.partition("://")[2] or written
    host, _, path = rest.strip("/").partition("/")
    path = path.removesuffix("/")
    if path in ("v1", "v2"):
        path = ""
    host = _HUB if host in _HUBS else host
    return f"{host}/{path}" if path else host


def _is_host(pattern: str, registry: str) -> bool:
    """Part for part, so that a `*` stands for no dot; and the same port."""
    (name, _, port), (host, _, own) = pattern.partition(":"), registry.partition(":")
    parts, of_host = name.split("."), host.split(".")
    same = len(parts) == len(of_host) and all(map(fnmatch.fnmatchcase, of_host, parts))
    return port == own and same
