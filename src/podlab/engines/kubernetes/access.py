"""How one gets to the API server: where it is, what proves who we are, and which namespace is meant.

Everything that is configuration is left to `kubernetes_asyncio`: kubeconfig files, tokens, client certificates, exec
plugins, OpenID, a pod's own service account. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes.address import Address, parse
from podlab.errors import Denied, Invalid, NotFound, PodlabError, Unsupported

if TYPE_CHECKING:
    from types import ModuleType

_IN_CLUSTER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_NAMESPACE: Final = "default"
_FRESH_S: Final = 60


async def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`server` is such as `https://10.0.0.5:6443`. `authorization` gives the header's value, or nothing; it is asked
    before each request, so that tokens may be renewed. `chosen_by` says why this server, for messages."""

    server: str
    namespace: str = DEFAULT_NAMESPACE
    is_namespace_named: bool = False
    """By the address; else it is the configuration's."""
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    proxy: str | None = None
    authorization: Callable[[], Awaitable[str]] = field(default=_nothing)
    chosen_by: str = ""

    async def headers(self) -> dict[str, str]:
        token = await self.authorization()
        return {"Accept": "application/json", **({"Authorization": token} if token else {})}


async def find(text: str) -> Access:
    """`text` is an address (`address.parse`). Without a context: KUBECONFIG or `~/.kube/config`, and where there is
    neither the service account of the pod that we run in.

    `Unsupported` where the extra is not installed, `NotFound` for a kubeconfig or a context that does not exist,
    `Invalid` for one that makes no sense, `Denied` where a login fails. Nothing is sent to the API server.
    """
    config = _configuration()
    files = [
        Path(each).expanduser()
        for each in (os.environ.get("KUBECONFIG") or "~/.kube/config").split(os.pathsep)
        if each
    ]
    if any(file.exists() for file in files):
        return await _of_files(config, text, files)
    address = parse(text)
    if address.context or not os.environ.get("KUBERNETES_SERVICE_HOST"):
        raise NotFound(
            f"there is no kubeconfig: {', '.join(map(str, files))}",
            subject=str(files[0]) if files else "",
            hint="set KUBECONFIG, or write ~/.kube/config as your cluster's provider says",
        )
    return _of_pod(config, address)


def _configuration() -> ModuleType:
    try:
        import kubernetes_asyncio.config
    except ImportError as error:
        raise Unsupported(
            "what the Kubernetes engine needs is not installed",
            subject="kubernetes",
            hint="pip install 'podlab[kubernetes]'",
        ) from error
    import logging

    logging.getLogger("kubernetes_asyncio").addHandler(
        logging.NullHandler()
    )  # what it says is in its errors, too
    config: ModuleType = kubernetes_asyncio.config
    return config


async def _of_files(config: ModuleType, text: str, files: list[Path]) -> Access:
    names = os.pathsep.join(map(str, files))
    with _readable(config, names):
        merger = config.kube_config.KubeConfigMerger(names)
        merged = merger.config.value if merger.config else {}
        contexts = {each.value["name"]: each.value["context"] or {} for each in merged.get("contexts") or ()}
    address = parse(text, contexts=contexts)
    context = address.context or merged.get("current-context") or ""
    if context not in contexts:
        raise _no_such_context(context, names, sorted(contexts))
    with _readable(config, names):
        loader = config.kube_config.KubeConfigLoader(
            merger.config, active_context=context, config_base_path=None, config_persister=merger.save_changes
        )
    login = _Login(config, loader, names, context)
    await login.begin()
    found = login.configuration
    return Access(
        server=found.host,
        is_namespace_named=bool(address.namespace),
        namespace=address.namespace or contexts[context].get("namespace") or DEFAULT_NAMESPACE,
        tls=_tls(found, names),
        server_name=found.tls_server_name,
        proxy=found.proxy,
        authorization=login.authorization,
        chosen_by=f"context {context!r} in {names}",
    )


def _no_such_context(context: str, names: str, there: list[str]) -> NotFound:
    if not context:
        return NotFound(
            f"{names} says of no context that it is the current one",
            subject=names,
            hint=f"name one: --engine kubernetes:CONTEXT; there are: {', '.join(there) or 'none'}",
        )
    return NotFound(
        f"there is no context {context!r} in {names}",
        subject=context,
        hint=f"there are: {', '.join(there) or 'none'}; `kubectl config get-contexts` tells more",
    )


def _of_pod(config: ModuleType, address: Address) -> Access:
    found = _new_configuration()
    with _readable(config, "the service account"):
        config.load_incluster_config(client_configuration=found)

    async def authorization() -> str:
        if found.refresh_api_key_hook:
            found.refresh_api_key_hook(found)
        return str(found.api_key["BearerToken"])

    try:
        own = (_IN_CLUSTER / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        own = ""
    return Access(
        server=found.host,
        is_namespace_named=bool(address.namespace),
        namespace=address.namespace or own or DEFAULT_NAMESPACE,
        tls=_tls(found, "the service account"),
        authorization=authorization,
        chosen_by="the service account of this pod",
    )


class _Login:
    """What proves who we are, and renews itself: a plugin's token, OpenID, a file that somebody rewrites."""

    def __init__(self, config: ModuleType, loader: Any, names: str, context: str) -> None:
        self.configuration = _new_configuration()
        self._config = config
        self._loader = loader
        self._names = names
        self._context = context
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def begin(self) -> None:
        with _readable(self._config, self._names, self._context):
            await self._loader.load_and_set(self.configuration)
        self._read_at = time.monotonic()

    async def authorization(self) -> str:
        if self._may_change and time.monotonic() - self._read_at > _FRESH_S:
            async with self._lock:
                if time.monotonic() - self._read_at > _FRESH_S:
                    await self.begin()
        return str(self.configuration.api_key.get("BearerToken") or "")

    @property
    def _may_change(self) -> bool:
        """A plugin that tells no end is asked once, as kubectl does."""
        user = getattr(self._loader, "_user", None)
        if user is None:
            return False
        return "auth-provider" in user or "tokenFile" in user or hasattr(self._loader, "exec_plugin_expiry")


def _new_configuration() -> Any:
    from kubernetes_asyncio.client import Configuration

    return Configuration()


def _tls(found: Any, names: str) -> ssl.SSLContext | None:
    if not found.host.startswith("https"):
        return None
    try:
        context = ssl.create_default_context(cafile=found.ssl_ca_cert)
        if found.cert_file:
            context.load_cert_chain(found.cert_file, found.key_file)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"cannot use the TLS certificates of {names}: {error}", subject=names) from error
    context.verify_flags &= (
        ~ssl.VERIFY_X509_STRICT
    )  # clusters sign for themselves, and kubectl is not so strict
    if not found.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _readable(config: ModuleType, names: str, context: str = "") -> Iterator[None]:
    """Whatever the library raises, in our words: a plugin that fails is a login that fails."""
    try:
        yield
    except PodlabError:
        raise
    except Exception as error:
        said = str(error) or type(error).__name__
        is_file = isinstance(error, config.ConfigException | KeyError | TypeError)
        if context and (not is_file or said.startswith(("exec", "oidc"))):
            raise Denied(
                f"the login of context {context!r} fails: {said}",
                subject=context,
                hint="`kubectl get pods` has to work with the same kubeconfig",
            ) from error
        raise Invalid(
            f"cannot read {names}: {said}", subject=names, hint="`kubectl config view` has to take it, too"
        ) from error
