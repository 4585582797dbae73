"""Which engine to use: the same answer as the docker command line gives, then a private engine of podlab's.

Nothing is sent to any engine here. An address that somebody named is taken as it is; only the usual
sockets are tried, by connecting to them.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from podlab.errors import Denied, Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

SYSTEM_SOCKET = Path("/var/run/docker.sock")
PRIVATE_ENGINES = Path("/run/podlab")
"""`podlab engine start` puts a socket into a folder here, one folder for each name."""
DEFAULT_ENGINE = "default"
"""The private engine that is found without being named. The others are used by naming them, so that
nobody's commands ever land on the engine of a test run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificates as docker keeps them. A file that does not exist is None; `verify` is of the server."""

    ca: Path | None
    cert: Path | None
    key: Path | None
    verify: bool

    def context(self) -> ssl.SSLContext:
        """`Invalid` where a file cannot be used."""
        import ssl

        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            if self.cert:
                context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            folder = (self.ca or self.cert or Path()).parent
            raise Invalid(
                f"cannot use the TLS certificates in {folder}: {error}", subject=str(folder)
            ) from error
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an engine listens. `path` is of the socket (`unix`), or leads every request (`tcp`).
    `chosen_by` says why this one, for messages: `DOCKER_HOST`, `context 'lab'`, `the usual sockets`."""

    kind: Literal["unix", "tcp", "ssh"]
    path: str = ""
    host: str = ""
    port: int = 0
    user: str = ""
    tls: Tls | None = None
    chosen_by: str = ""

    def __str__(self) -> str:
        """As `DOCKER_HOST` takes it."""
        if self.kind == "unix":
            return f"unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.kind}://{user}{host}{port}{self.path}"


def accepts(path: Path) -> bool:
    """Whether something listens on the socket. `PermissionError` where we may not ask."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def resolve(
    host: str = "",
    *,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    private: Path = PRIVATE_ENGINES,
    accepts: Callable[[Path], bool] = accepts,
) -> Address:
    """The engine's address: `host` (as in `-H`), `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context,
    then the first of the usual sockets that takes a connection, then podlab's own private engine.

    `Invalid` for an address that makes no sense, `NotFound` for a context that does not exist,
    `Denied` where the only engine refuses this user, `Unavailable` where there is none at all.
    https://docs.docker.com/reference/cli/docker/#environment-variables
    """
    environ = os.environ if environ is None else environ
    home = home or Path(environ.get("HOME") or Path.home())
    config = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    if host:
        return parse(host, tls=_tls_of(environ, config), chosen_by="--host")
    if environ.get("DOCKER_HOST"):
        return parse(environ["DOCKER_HOST"], tls=_tls_of(environ, config), chosen_by="DOCKER_HOST")
    if environ.get("DOCKER_CONTEXT"):
        name, said = environ["DOCKER_CONTEXT"], "DOCKER_CONTEXT"
    else:
        name, said = (
            str(_json(config / "config.json").get("currentContext") or ""),
            str(config / "config.json"),
        )
    if name not in ("", "default"):
        return _context(name, config, said)
    return _first(list(usual_sockets(environ, home, private)), private, accepts)


def usual_sockets(environ: Mapping[str, str], home: Path, private: Path) -> Iterator[Path]:
    """In the order in which they are tried: the system's, rootless, desktop programs', podlab's own."""
    yield SYSTEM_SOCKET
    yield Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / "docker.sock"
    yield home / ".docker/run/docker.sock"
    yield home / ".docker/desktop/docker.sock"
    yield home / ".orbstack/run/docker.sock"
    yield home / ".colima/default/docker.sock"
    yield private / DEFAULT_ENGINE / "docker.sock"


def parse(text: str, *, tls: Tls | None = None, chosen_by: str = "") -> Address:
    """An address as `docker -H` takes it: `unix://`, `tcp://` or `ssh://`; `tcp` where there is none.

    Without a port it is 2375, or 2376 with TLS. https://docs.docker.com/reference/cli/dockerd/#daemon-socket-option
    """
    scheme, found, rest = text.strip().partition("://")
    if not found:
        scheme, rest = "tcp", text.strip()
    if scheme == "unix":
        path = rest or str(SYSTEM_SOCKET)
        return Address(kind="unix", path=path, chosen_by=chosen_by)
    wrong = f"{chosen_by or 'the address'} is not the address of an engine: {text!r}"
    hint = "such as unix:///var/run/docker.sock, tcp://10.0.0.5:2376 or ssh://user@machine"
    try:
        url = urlsplit(f"//{rest}")
        host, port = url.hostname or "", url.port
    except ValueError as error:
        raise Invalid(f"{wrong} ({error})", subject=text, hint=hint) from error
    if scheme == "ssh" and host:
        return Address(
            kind="ssh", host=host, port=port or 0, user=url.username or "", path=url.path, chosen_by=chosen_by
        )
    if scheme in ("tcp", "http", "https") and (host or scheme == "tcp"):
        if scheme == "https" and tls is None:
            tls = Tls(ca=None, cert=None, key=None, verify=True)
        return Address(
            kind="tcp",
            host=host or "localhost",
            port=port or (2376 if tls else 2375),
            path=url.path.rstrip("/"),
            tls=tls,
            chosen_by=chosen_by,
        )
    raise Invalid(wrong, subject=text, hint=hint)


def _tls_of(environ: Mapping[str, str], config: Path) -> Tls | None:
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not environ.get("DOCKER_TLS"):
        return None
    return _tls_in(Path(environ.get("DOCKER_CERT_PATH") or config), verify=verify)


def _tls_in(folder: Path, *, verify: bool) -> Tls:
    ca, cert, key = (p if p.exists() else None for p in (folder / f"{n}.pem" for n in ("ca", "cert", "key")))
    return Tls(ca=ca, cert=cert, key=key, verify=verify)


def _context(name: str, config: Path, said: str) -> Address:
    """docker keeps a context in folders named by the hash of its name."""
    import hashlib  # 10 ms, and only contexts need it

    digest = hashlib.sha256(name.encode()).hexdigest()
    endpoint = _json(config / "contexts/meta" / digest / "meta.json").get("Endpoints", {}).get("docker", {})
    if not endpoint:
        raise NotFound(
            f"docker context {name!r} does not exist (named by {said})",
            subject=name,
            hint="docker context ls shows the contexts; unset DOCKER_CONTEXT or docker context use default",
        )
    folder = config / "contexts/tls" / digest / "docker"
    skip = bool(endpoint.get("SkipTLSVerify"))
    tls = _tls_in(folder, verify=not skip) if folder.is_dir() or skip else None
    return parse(endpoint.get("Host", ""), tls=tls, chosen_by=f"context {name!r}")


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise Denied(f"cannot read {path}: {error.strerror}", subject=str(path)) from error
    except (OSError, ValueError) as error:
        raise Invalid(
            f"cannot read {path}: {error}", subject=str(path), hint="mend or remove the file"
        ) from error
    return data if isinstance(data, dict) else {}


def _first(tried: list[Path], private: Path, accepts: Callable[[Path], bool]) -> Address:
    refused: list[Path] = []
    for path in tried:
        try:
            if accepts(path):
                by = "podlab's private engine" if path.is_relative_to(private) else "the usual sockets"
                return Address(kind="unix", path=str(path), chosen_by=by)
        except PermissionError:
            refused.append(path)
    if refused:
        raise Denied(
            f"this user may not use the engine at {refused[0]}",
            subject=str(refused[0]),
            hint=f"run it as root, or join the group that owns the socket: ls -l {refused[0]}",
        )
    raise Unavailable(
        "no Docker Engine answers; tried " + ", ".join(map(str, tried)),
        hint=_hint(private, accepts),
    )


def _hint(private: Path, accepts: Callable[[Path], bool]) -> str:
    try:
        named = next((path for path in sorted(private.glob("*/docker.sock")) if accepts(path)), None)
    except OSError:
        named = None
    if named:
        return f"a private engine {named.parent.name!r} runs: export DOCKER_HOST=unix://{named}"
    return "set DOCKER_HOST, or start a private engine as root: podlab engine start"
