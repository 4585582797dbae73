"""Where an Educates workshop keeps its title, its ingresses, and the order of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from podlab.lesson.importers.loss import Report
from podlab.lesson.importers.markdown import read_text
from podlab.manifest.nodes import Mapping as MappingNode
from podlab.manifest.nodes import Node, Scalar, Sequence
from podlab.manifest.report import Report as Problems

_PLACES: Final = ("resources/workshop.yaml", "resources/workshop.yml")
_APPLICATIONS: Final = (
    "console",
    "editor",
    "slides",
    "vcluster",
    "registry",
    "git",
    "files",
    "uploads",
    "workshop",
)
VARIABLES: Final = frozenset({
    "assets_repository", "cluster_domain", "environment_name", "image_repository", "ingress_class", "ingress_domain",
    "ingress_port", "ingress_port_suffix", "ingress_protocol", "kubernetes_api_url", "kubernetes_token",
    "platform_arch", "registry_host", "registry_username", "registry_password", "registry_auth_token",
    "services_password", "session_namespace", "session_url", "storage_class", "training_portal",
    "workshop_namespace", "workshop_description", "project_namespace",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """`ingresses`: name → port."""

    title: str = ""
    ingresses: Mapping[str, int] = field(default_factory=dict)
    variables: frozenset[str] = VARIABLES


def definition(source: Path, report: Report) -> Definition:
    """What `resources/workshop.yaml` says of the session; what a seat does not have is reported."""
    file = next((source / name for name in _PLACES if (source / name).is_file()), None)
    if file is None:
        return Definition()
    root = _yaml(file)
    session = _at(root, "spec", "session")
    for name in _APPLICATIONS:
        found = _at(session, "applications", name)
        enabled = _at(found, "enabled")
        if isinstance(enabled, Scalar) and enabled.value is True:
            report.lose(
                str(file),
                enabled.line,
                f"the application {name!r} has no counterpart in a seat",
            )
    for name in ("objects", "env", "budget", "namespaces", "variables"):
        node = _at(session, name)
        if node is not None:
            report.lose(
                str(file), node.line, f"'session.{name}' is not carried over; see podlab.yaml for the seat"
            )
    title = _at(root, "spec", "title")
    return Definition(title.text if isinstance(title, Scalar) else "", _ingresses(session))


def order(source: Path, content: Path, report: Report) -> list[tuple[Path, str]]:
    """The pages with their titles (empty where the page has it), as `modules.yaml` or their names order them."""
    pages = sorted(f for f in content.rglob("*.md") if f.is_file() and f.name.lower() != "readme.md")
    modules = source / "workshop" / "modules.yaml"
    if not modules.is_file():
        return [(page, "") for page in pages]
    listed = _at(_yaml(modules), "modules")
    found: list[tuple[Path, str]] = []
    for name, (key, value) in listed.entries.items() if isinstance(listed, MappingNode) else ():
        page = content / f"{name}.md"
        title = _at(value, "name")
        if page in pages:
            found.append((page, title.text if isinstance(title, Scalar) else ""))
        else:
            report.lose(str(modules), key.line, f"no such page: {name}.md")
    used = {page for page, _ in found}
    for page in pages:
        if found and page not in used:
            report.lose(str(page), 1, "not in modules.yaml, so it is left out")
    return found or [(page, "") for page in pages]


def _ingresses(session: Node | None) -> dict[str, int]:
    found = {}
    listed = _at(session, "ingresses")
    for item in listed.items if isinstance(listed, Sequence) else ():
        name, port = _at(item, "name"), _at(item, "port")
        if isinstance(name, Scalar) and isinstance(port, Scalar) and isinstance(port.value, int):
            found[name.text] = port.value
    return found


def _yaml(file: Path) -> Node | None:
    from podlab.manifest.yaml import parse

    documents = parse(read_text(file).encode(), Problems(str(file)))
    return documents[0] if documents else None


def _at(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.get(key) if isinstance(node, MappingNode) else None
    return node


def plain(node: Node | None) -> Any:
    """A node as JSON's values."""
    if isinstance(node, MappingNode):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None
