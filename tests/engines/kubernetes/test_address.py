"""Which cluster is meant, and how one gets there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from podlab.engines.kubernetes import access
from podlab.engines.kubernetes.address import Address, parse
from podlab.errors import Denied, Invalid, NotFound, PodlabError, Unsupported, Usage

CONFIG = """\
apiVersion: v1
kind: Config
current-context: lab
clusters:
- {name: one, cluster: {server: "http://127.0.0.1:1"}}
- {name: bad, cluster: {server: "https://127.0.0.1:1", certificate-authority: none.pem}}
users:
- {name: me, user: {token: secret}}
- {name: plugin, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false}}}
contexts:
- {name: lab, context: {cluster: one, user: me, namespace: room}}
- {name: cloud/eu:1/lab, context: {cluster: one, user: me}}
- {name: expired, context: {cluster: one, user: plugin}}
- {name: broken, context: {cluster: bad, user: me}}
"""


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config"
    path.write_text(CONFIG)
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return path


@pytest.mark.parametrize(
    ("text", "context", "namespace"),
    [
        ("kubernetes", "", ""),
        ("kubernetes/room-1", "", "room-1"),
        ("kubernetes:lab", "lab", ""),
        ("kubernetes:lab/room-1", "lab", "room-1"),
        ("kubernetes:cloud/eu:1/lab", "cloud/eu:1/lab", ""),
        ("kubernetes:cloud/eu:1/lab/room-1", "cloud/eu:1/lab", "room-1"),
        ("kubernetes:admin@10.0.0.1:6443/room", "admin@10.0.0.1:6443", "room"),
    ],
)
def test_an_address_names_a_context_and_a_namespace(text: str, context: str, namespace: str) -> None:
    found = parse(text, contexts=["cloud/eu:1/lab"])
    assert found == Address(context=context, namespace=namespace)
    assert str(found) == text


@pytest.mark.parametrize(
    "text", ["kubernetes:", "kubernetes/", "kubernetes:lab/", "kubernetes/No", "kubernetess"]
)
def test_what_is_no_address_is_a_usage_error(text: str) -> None:
    with pytest.raises(Usage, match="names no cluster"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "namespace"),
    [("kubernetes", "room"), ("kubernetes/other", "other"), ("kubernetes:cloud/eu:1/lab", "default")],
)
async def test_a_context_says_where_and_as_whom(kubeconfig: Path, text: str, namespace: str) -> None:
    found = await access.find(text)
    assert (found.server, found.namespace) == ("http://127.0.0.1:1", namespace)
    assert (await found.headers())["Authorization"] == "Bearer secret"
    assert str(kubeconfig) in found.chosen_by


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("kubernetes:nope", NotFound, "no context 'nope' in .*config"),
        ("kubernetes:expired", Denied, "the login of context 'expired' fails"),
        ("kubernetes:broken", Invalid, "none.pem"),
    ],
)
@pytest.mark.usefixtures("kubeconfig")
async def test_what_is_wrong_with_a_context_is_told(text: str, error: type[PodlabError], says: str) -> None:
    with pytest.raises(error, match=says):
        await access.find(text)


@pytest.mark.usefixtures("kubeconfig")
async def test_the_contexts_that_there_are_are_named() -> None:
    with pytest.raises(NotFound) as caught:
        await access.find("kubernetes:nope")
    assert "cloud/eu:1/lab, expired, lab" in caught.value.hint


async def test_a_kubeconfig_without_a_current_context(kubeconfig: Path) -> None:
    kubeconfig.write_text(CONFIG.replace("current-context: lab\n", ""))
    with pytest.raises(NotFound, match="no context"):
        await access.find("kubernetes")
    assert (await access.find("kubernetes:lab")).namespace == "room"


@pytest.mark.parametrize("text", ["", "{", "- a", "contexts: 3"])
async def test_a_kubeconfig_that_is_none_is_told(kubeconfig: Path, text: str) -> None:
    kubeconfig.write_text(text)
    with pytest.raises((Invalid, NotFound), match="config"):
        await access.find("kubernetes")


async def test_no_kubeconfig_at_all(kubeconfig: Path) -> None:
    kubeconfig.unlink()
    with pytest.raises(NotFound, match="there is no kubeconfig"):
        await access.find("kubernetes")


@pytest.mark.usefixtures("kubeconfig")
async def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == "kubernetes_asyncio"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "kubernetes_asyncio", None)
    with pytest.raises(Unsupported) as caught:
        await access.find("kubernetes")
    assert caught.value.hint == "pip install 'podlab[kubernetes]'"
