"""Which cluster and namespace are meant: `kubernetes[:CONTEXT][/NAMESPACE]`, as in `--engine` and PODLAB_ENGINE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from podlab import naming
from podlab.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Collection

ENGINE: Final = "kubernetes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Empty is what `kubectl` would take: the kubeconfig's current context, and that context's namespace."""

    context: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        return ENGINE + f":{self.context}" * bool(self.context) + f"/{self.namespace}" * bool(self.namespace)


def parse(text: str, *, contexts: Collection[str] = ()) -> Address:
    """`Usage` where it is no such address.

    Contexts may have a slash in their names, as those of cloud providers do: what is the whole name of one of
    `contexts` is that one; otherwise what follows the last slash is the namespace.
    """
    name, has_context, rest = text.partition(":")
    if not has_context:
        name, has_namespace, namespace = text.partition("/")
        context = ""
    elif rest in contexts:
        has_namespace, context, namespace = "", rest, ""
    else:
        context, has_namespace, namespace = rest.rpartition("/")
        if not has_namespace:
            context, namespace = namespace, ""
    is_whole = (not has_context or context) and (not has_namespace or naming.is_dns_label(namespace))
    if name != ENGINE or not is_whole:
        raise Usage(
            f"{text!r} names no cluster",
            subject=text,
            hint="kubernetes, kubernetes:CONTEXT, kubernetes/NAMESPACE or kubernetes:CONTEXT/NAMESPACE",
        )
    return Address(context=context, namespace=namespace)
