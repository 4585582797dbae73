"""Logins to registries, as `docker login` keeps them: in its config file, or with a credential helper.

https://docs.docker.com/reference/cli/docker/login/#credential-stores
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from podlab.errors import PodlabError
from podlab.images.program import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.images.logins import Login

_HUB: Final = "docker.io"
_HUB_KEY: Final = "https://index.docker.io/v1/"
"""The name under which the docker CLI has always kept Docker Hub's login."""


async def registry_auth(registry: str, environ: Mapping[str, str] = os.environ) -> str:
    """The header X-Registry-Auth for a registry, as the Engine API wants it. Without a login: an empty one.

    A helper that fails counts as no login: the registry may do without, and says so if not.
    """
    return _encode(await login(registry, _config(environ)))


def header(login: Login) -> str:
    """The same header of a login that somebody brings."""
    server = login.place.partition("/")[0]
    if login.token:
        return _encode({"identitytoken": login.token, "serveraddress": server})
    return _encode({"username": login.user, "password": login.password, "serveraddress": server})


async def login(registry: str, config: Mapping[str, Any]) -> dict[str, str]:
    """What the config knows of a registry, in the API's AuthConfig form."""
    key = _HUB_KEY if registry == _HUB else registry
    helper = (config.get("credHelpers") or {}).get(registry) or config.get("credsStore")
    if helper and (found := await _ask(str(helper), key)):
        return found
    for name, entry in (config.get("auths") or {}).items():
        if name == key or _host(name) == registry:
            return _stored(entry, name)
    return {}


def _config(environ: Mapping[str, str]) -> dict[str, Any]:
    folder = Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _stored(entry: Any, server: str) -> dict[str, str]:
    if not isinstance(entry, dict):
        return {}
    if token := entry.get("identitytoken"):
        return {"identitytoken": str(token), "serveraddress": server}
    try:
        user, _, password = base64.b64decode(entry.get("auth") or "").decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"username": user, "password": password.rstrip("\0"), "serveraddress": server} if user else {}


async def _ask(helper: str, server: str) -> dict[str, str]:
    """https://github.com/docker/docker-credential-helpers#development"""
    try:
        answer = json.loads(await run(f"docker-credential-{helper}", "get", stdin=server.encode()))
    except (PodlabError, ValueError):
        return {}
    user, secret = str(answer.get("Username", "")), str(answer.get("Secret", ""))
    if user == "<token>":
        return {"identitytoken": secret, "serveraddress": server}
    return {"username": user, "password": secret, "serveraddress": server} if user else {}


def _host(name: str) -> str:
    """Old configs have whole addresses: `https://registry.example/v1/`."""
    host = name.partition("://")[2] or name
    host = host.partition("/")[0]
    return _HUB if host in ("index.docker.io", "registry-1.docker.io") else host


def _encode(auth: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(dict(auth)).encode()).decode()
