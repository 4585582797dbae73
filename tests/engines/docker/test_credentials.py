from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.credentials import login, registry_auth

if TYPE_CHECKING:
    from pathlib import Path

AUTH = base64.b64encode(b"ada:se:cret").decode()


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("lab.example:5000", "lab.example:5000"),
        ("https://lab.example/v1/", "lab.example"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
async def test_a_stored_login_is_found_under_each_way_to_write_the_registry(key: str, registry: str) -> None:
    found = await login(registry, {"auths": {key: {"auth": AUTH}}})
    assert (found["username"], found["password"]) == ("ada", "se:cret")


async def test_a_login_goes_to_no_other_registry() -> None:
    config = {"auths": {"lab.example": {"auth": AUTH}}}
    for other in ("lab.example:5000", "docker.io", "lab.example.org", "b.lab.example"):
        assert await login(other, config) == {}


async def test_an_identity_token_stands_for_the_password() -> None:
    found = await login("lab.example", {"auths": {"lab.example": {"auth": AUTH, "identitytoken": "t"}}})
    assert found == {"identitytoken": "t", "serveraddress": "lab.example"}


@pytest.mark.parametrize("entry", [{}, {"auth": "%%%"}, {"auth": "/w=="}, None, {"auth": ""}])
async def test_a_damaged_entry_is_no_login(entry: object) -> None:
    assert await login("lab.example", {"auths": {"lab.example": entry}}) == {}


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "docker-credential-test"
    program.write_text(
        "#!/bin/sh\nread server\n[ $server = lab.example ] || { echo not found; exit 1; }\n"
        'echo "{\\"Username\\":\\"${USER_NAME:-ada}\\",\\"Secret\\":\\"s\\",\\"ServerURL\\":\\"$server\\"}"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


@pytest.mark.usefixtures("helper")
async def test_a_credential_helper_is_asked_and_the_file_is_the_fallback() -> None:
    config = {"credsStore": "test", "auths": {"other.example": {"auth": AUTH}}}
    assert (await login("lab.example", config))["password"] == "s"
    assert (await login("other.example", config))["password"] == "se:cret"
    assert await login("third.example", config) == {}


@pytest.mark.usefixtures("helper")
async def test_a_helper_can_be_for_one_registry_and_give_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_NAME", "<token>")
    found = await login("lab.example", {"credHelpers": {"lab.example": "test"}, "credsStore": "missing"})
    assert found == {"identitytoken": "s", "serveraddress": "lab.example"}


async def test_a_helper_that_is_not_installed_is_no_login() -> None:
    assert await login("lab.example", {"credsStore": "no-such-helper"}) == {}


async def test_the_config_is_where_docker_config_says(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"lab.example": {"auth": AUTH}}}))
    header = await registry_auth("lab.example", {"DOCKER_CONFIG": str(tmp_path)})
    assert json.loads(base64.urlsafe_b64decode(header))["username"] == "ada"
    (tmp_path / "config.json").write_text("{ no json")
    assert (
        json.loads(base64.urlsafe_b64decode(await registry_auth("x", {"DOCKER_CONFIG": str(tmp_path)}))) == {}
    )
