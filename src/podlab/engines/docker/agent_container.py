"""podlab's agent in a container of the engine that it looks after, for machines without systemd."""

from __future__ import annotations

import io
import os
import shlex
import tarfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.engines.agents import AgentContainer
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.find import when
from podlab.engines.docker.objects.seal import key_file
from podlab.engines.docker.streams import logs
from podlab.errors import NotFound, PodlabError

if TYPE_CHECKING:
    from podlab.engines.docker.address import Address
    from podlab.engines.docker.api import Client

NAME: Final = "podlab.agent"
"""A dot behind `podlab`: no pod's container has such a name."""
_PROGRAM: Final = "/opt/podlab"
_ENGINE: Final = "/run/engine"
_SYSTEM_SOCKET: Final = "/var/run/docker.sock"
_IS_UP: Final = b"watching the pods"
"""What it says when it has reached the engine."""


def image(version: str) -> str:
    return f"podlab/agent:{version.replace('+', '-')}"


async def install(
    client: Client, address: Address, program: Mapping[str, bytes], version: str, *, socket: str
) -> AgentContainer:
    """As `HostsAgent.install_agent`."""
    await remove_container(client, NAME)
    await _make_image(client, program, version)
    if address.kind == "unix":  # ours, else the engine would make it, for root alone
        key_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = _body(address, version, socket)
    made = await client.json("POST", "/containers/create", query={"name": NAME}, body=body)
    try:
        await client.json("POST", f"/containers/{made['Id']}/start")
        await _until_up(client, made["Id"])
    except BaseException:
        await remove_container(client, made["Id"])
        raise
    found = await find(client)
    if found is None:
        raise NotFound(f"somebody has removed container '{NAME}' meanwhile", subject=NAME)
    return found


async def find(client: Client) -> AgentContainer | None:
    try:
        found = await client.json("GET", f"/containers/{NAME}/json")
    except NotFound:
        return None
    labels = found["Config"].get("Labels") or {}
    if labels.get(naming.ROLE) != "agent":
        return None
    return AgentContainer(
        name=NAME,
        image=found["Config"]["Image"],
        version=labels.get(naming.AGENT_VERSION, ""),
        is_running=found["State"]["Status"] == "running",
        started_at=when(found["State"]["StartedAt"]),
        restarts=found.get("RestartCount", 0),
    )


async def uninstall(client: Client) -> bool:
    """As `HostsAgent.uninstall_agent`. What only bears the name, and was not made by us, stays."""
    found = await find(client)
    if found is None:
        return False
    await remove_container(client, NAME)
    try:
        await client.json("DELETE", f"/images/{found.image}")
    except NotFound:
        return True
    return True


def preview(address: Address, version: str, *, socket: str) -> str:
    """The image is made of podlab's own wheel, which no command of docker's can do by itself."""
    body = _body(address, version, socket)
    host = body["HostConfig"]
    flags = ["--name", NAME, "--restart", "unless-stopped", "--init", "--read-only", "--cap-drop", "ALL"]
    flags += ["--network", "none", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]  # noqa: S108
    flags += [word for bind in host["Binds"] for word in ("--volume", bind)]
    flags += [word for each in body["Env"] for word in ("--env", each)]
    flags += [word for key, value in body["Labels"].items() for word in ("--label", f"{key}={value}")]
    return "\n".join(
        [
            f"# {image(version)}: {naming.PYTHON_IMAGE} with podlab {version} in {_PROGRAM}",
            shlex.join(["docker", "run", "-d", *flags, body["Image"], *body["Cmd"]]),
        ]
    )


def _body(address: Address, version: str, socket: str) -> dict[str, Any]:
    path = PurePosixPath(socket or (address.path if address.kind == "unix" else _SYSTEM_SOCKET))
    # The folder, not the socket: an engine that is restarted makes another socket.
    binds = [f"{path.parent}:{_ENGINE}:ro"]
    if address.kind == "unix":
        binds.append(f"{key_file().parent}:/root/.local/share/podlab:ro")
        binds += [f"{folder}:/root/.config/podlab:ro" for folder in [_settings()] if folder.is_dir()]
    infra = os.environ.get("PODLAB_INFRA_IMAGE", "")
    return {
        "Image": image(version),
        "Cmd": ["python3", "-m", "podlab.cli", "agent"],
        "User": "0:0",
        "Env": [
            f"DOCKER_HOST=unix://{_ENGINE}/{path.name}", f"PYTHONPATH={_PROGRAM}", "HOME=/root",
            "PYTHONUNBUFFERED=1", *([f"PODLAB_INFRA_IMAGE={infra}"] if infra else []),
        ],
        "Labels": {
            naming.ROLE: "agent", naming.VERSION: naming.LABEL_SCHEME, naming.AGENT_VERSION: version,
        },
        "HostConfig": {
            "Init": True,
            "Binds": binds,
            "NetworkMode": "none",
            "CgroupnsMode": "private",
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": ""},  # noqa: S108
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "3"}},
        },
    }  # fmt: skip


def _settings() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "podlab"


async def _make_image(client: Client, program: Mapping[str, bytes], version: str) -> None:
    """One layer on `naming.PYTHON_IMAGE`, through a container that is never started."""
    body = {"Image": naming.PYTHON_IMAGE, "Cmd": ["true"], "Labels": {naming.ROLE: "opener"}}
    made = await client.json("POST", "/containers/create", body=body)
    try:
        async with client.request(
            "PUT", f"/containers/{made['Id']}/archive", query={"path": "/"}, upload=_tar(program)
        ) as response:
            await response.body()
        repository, _, tag = image(version).partition(":")
        query: dict[str, str | int | bool] = {"container": made["Id"], "repo": repository, "tag": tag}
        await client.json("POST", "/commit", query=query, body={"Labels": {naming.ROLE: "agent"}})
    finally:
        await remove_container(client, made["Id"])


async def _tar(program: Mapping[str, bytes]) -> AsyncIterator[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in program.items():
            entry = tarfile.TarInfo(f"{_PROGRAM.lstrip('/')}/{path}")
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    yield buffer.getvalue()


async def _until_up(client: Client, id: str) -> None:
    """`PodlabError` with its last words where it ends before it has reached the engine."""
    said: list[str] = []
    async for line in logs(client, id, follow=True, tail=None, since=None):
        said.append(line.text.decode(errors="replace"))
        if _IS_UP in line.text:
            return
    raise PodlabError(
        f"the agent does not come up: {' '.join(said[-3:]) or 'it says nothing'}",
        subject=NAME,
        hint="is the engine's socket there, on the engine's machine? --socket names another",
    )
