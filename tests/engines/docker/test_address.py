from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from podlab.engines.docker.address import Address, Tls, accepts, parse, resolve
from podlab.errors import Denied, Invalid, NotFound, Unavailable


def nobody(path: Path) -> bool:
    return False


def find(tmp_path: Path, host: str = "", up: str = "", **environ: str) -> Address:
    return resolve(
        host,
        environ=environ,
        home=tmp_path,
        private=tmp_path / "private",
        accepts=lambda path: str(path) == up,
    )


def make_context(config: Path, name: str, host: str, *, skip: bool = False, tls: bool = False) -> None:
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts/meta" / digest / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": skip}
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    if tls:
        folder = config / "contexts/tls" / digest / "docker"
        folder.mkdir(parents=True)
        (folder / "ca.pem").write_text("")


def test_every_source_wins_over_the_ones_after_it(tmp_path: Path) -> None:
    config = tmp_path / ".docker"
    make_context(config, "lab", "tcp://lab:1")
    make_context(config, "current", "tcp://current:1")
    (config / "config.json").write_text('{"currentContext": "current"}')
    sources: dict[str, Any] = {"DOCKER_CONTEXT": "lab", "DOCKER_HOST": "tcp://env:1", "host": "tcp://flag:1"}
    assert find(tmp_path, up="/var/run/docker.sock").host == "current"
    for count, wins in enumerate(("lab", "env", "flag"), start=1):
        assert find(tmp_path, **dict(list(sources.items())[:count])).host == wins


def test_the_default_context_means_the_usual_sockets(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text('{"currentContext": "other"}')
    found = find(tmp_path, up="/var/run/docker.sock", DOCKER_CONTEXT="default")
    assert (found.path, found.chosen_by) == ("/var/run/docker.sock", "the usual sockets")


def test_the_configuration_may_live_elsewhere(tmp_path: Path) -> None:
    make_context(tmp_path / "elsewhere", "lab", "unix:///lab.sock")
    found = find(tmp_path, DOCKER_CONFIG=str(tmp_path / "elsewhere"), DOCKER_CONTEXT="lab")
    assert str(found) == "unix:///lab.sock"
    assert found.chosen_by == "context 'lab'"


def test_a_context_that_does_not_exist_is_not_replaced_by_another_engine(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="context 'gone' does not exist"):
        find(tmp_path, up="/var/run/docker.sock", DOCKER_CONTEXT="gone")


@pytest.mark.parametrize(
    "path",
    [
        "/var/run/docker.sock",
        "{home}/run/docker.sock",
        "{home}/.docker/run/docker.sock",
        "{home}/.docker/desktop/docker.sock",
        "{home}/.orbstack/run/docker.sock",
        "{home}/.colima/default/docker.sock",
        "{home}/private/default/docker.sock",
    ],
)
def test_the_socket_that_answers_is_used(tmp_path: Path, path: str) -> None:
    up = path.format(home=tmp_path)
    assert find(tmp_path, up=up, XDG_RUNTIME_DIR=f"{tmp_path}/run") == Address(
        kind="unix",
        path=up,
        chosen_by="podlab's private engine" if "private" in up else "the usual sockets",
    )


def test_the_engine_of_a_test_run_is_never_picked_by_itself_but_is_named(tmp_path: Path) -> None:
    other = tmp_path / "private/test/docker.sock"
    other.parent.mkdir(parents=True)
    other.touch()
    with pytest.raises(Unavailable) as caught:
        find(tmp_path, up=str(other))
    assert caught.value.hint.endswith(f"DOCKER_HOST=unix://{other}")


def test_no_engine_at_all_names_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        resolve(environ={}, home=tmp_path, private=tmp_path, accepts=nobody)
    assert "/var/run/docker.sock" in caught.value.message
    assert str(tmp_path / ".docker/desktop/docker.sock") in caught.value.message
    assert "podlab engine start" in caught.value.hint


def test_an_engine_that_refuses_this_user_is_not_called_missing(tmp_path: Path) -> None:
    def refuse(path: Path) -> bool:
        if path == Path("/var/run/docker.sock"):
            raise PermissionError
        return False

    with pytest.raises(Denied, match=r"may not use the engine at /var/run/docker\.sock"):
        resolve(environ={}, home=tmp_path, private=tmp_path, accepts=refuse)


def test_the_path_of_a_dead_engine_is_passed_over(tmp_path: Path) -> None:
    dead, alive = tmp_path / "dead.sock", tmp_path / "alive.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(dead))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(alive))
        listener.listen()
        assert accepts(alive)
    assert not accepts(dead)
    assert not accepts(tmp_path / "missing.sock")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("unix:///x.sock", "unix:///x.sock"),
        ("unix://", "unix:///var/run/docker.sock"),
        ("tcp://10.0.0.5:99", "tcp://10.0.0.5:99"),
        ("tcp://10.0.0.5", "tcp://10.0.0.5:2375"),
        ("tcp://[::1]:99", "tcp://[::1]:99"),
        ("tcp://:99", "tcp://localhost:99"),
        ("tcp://proxy:99/engine/", "tcp://proxy:99/engine"),
        ("http://10.0.0.5", "tcp://10.0.0.5:2375"),
        ("10.0.0.5:99", "tcp://10.0.0.5:99"),
        ("ssh://ann@lab:22", "ssh://ann@lab:22"),
        ("ssh://lab", "ssh://lab"),
    ],
)
def test_an_address_means_what_it_means_to_docker(text: str, means: str) -> None:
    assert str(parse(text)) == means
    assert str(parse(means)) == means


@pytest.mark.parametrize(
    "text", ["ftp://x", "npipe:////./pipe/docker_engine", "ssh://", "tcp://x:port", "tcp://x:99999"]
)
def test_an_address_without_a_meaning_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match="DOCKER_HOST is not the address of an engine"):
        parse(text, chosen_by="DOCKER_HOST")


def test_tls_is_taken_from_the_environment_as_docker_does(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / f"{name}.pem").touch()
    host = {"DOCKER_HOST": "tcp://lab"}
    assert find(tmp_path, **host).tls is None
    verified = find(tmp_path, **host, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(tmp_path))
    assert verified.port == 2376
    files = {"ca": tmp_path / "ca.pem", "cert": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    assert verified.tls == Tls(**files, verify=True)
    trusting = find(tmp_path, **host, DOCKER_TLS="1")
    assert trusting.tls == Tls(ca=None, cert=None, key=None, verify=False)


def test_tls_of_a_context_lies_beside_it(tmp_path: Path) -> None:
    make_context(tmp_path / ".docker", "lab", "tcp://lab:2376", tls=True)
    make_context(tmp_path / ".docker", "lax", "tcp://lax:2376", skip=True)
    lab, lax = find(tmp_path, DOCKER_CONTEXT="lab").tls, find(tmp_path, DOCKER_CONTEXT="lax").tls
    assert lab
    assert (lab.verify, lab.ca and lab.ca.name, lab.cert) == (True, "ca.pem", None)
    assert lax == Tls(ca=None, cert=None, key=None, verify=False)


def test_certificates_that_cannot_be_used_are_named_not_traced(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(Invalid, match=str(tmp_path)):
        Tls(ca=tmp_path / "ca.pem", cert=None, key=None, verify=True).context()


def test_a_broken_docker_configuration_is_named(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text("{")
    with pytest.raises(Invalid, match=r"config\.json"):
        find(tmp_path, up="/var/run/docker.sock")
