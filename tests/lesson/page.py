"""What a browser would make of a fragment: its elements, and nothing that could act by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input"}
PLAIN = (
    "blockquote", "br", "em", "fieldset", "figcaption", "h2", "h3", "h4", "h5", "h6", "hr", "legend", "li", "s",
    "strong", "summary", "table", "tbody", "thead", "tr", "ul",
)  # fmt: skip
ALLOWED = {
    "a": {"href", "title", "target", "rel", "data-preview", "data-step"},
    "article": {"class", "data-step-id", "aria-labelledby"},
    "button": {"type", "data-action", "aria-describedby"},
    "code": {"data-language"},
    "details": {"class"},
    "div": {"class", "role", "data-command-id", "data-terminal"},
    "figure": set(),
    "form": {"class", "method", "data-quiz-id"},
    "h1": {"id"},
    "img": {"src", "alt", "title", "loading"},
    "input": {"type", "name", "value"},
    "label": {"class"},
    "ol": {"start"},
    "p": {"class", "id", "role", "data-status"},
    "pre": {"id", "tabindex"},
    "section": {"class", "data-check-id", "aria-labelledby", "data-auto", "data-opens-next"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
} | {name: set[str]() for name in PLAIN}


@dataclass
class Page(HTMLParser):
    """`elements`: (tag, attributes) in order. Parsing fails where tags are not balanced."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}> in a page"
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag}: {names}"
        assert set(names) <= ALLOWED[tag], f"<{tag} {names}>"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment in a page: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(html: str) -> Page:
    made = Page()
    made.feed(html)
    made.close()
    assert made._open == []
    for link in made.of("a"):
        address = link.get("href", "#")
        assert address.startswith(("http://", "https://", "mailto:", "#", "assets/")), address
    for image in made.of("img"):
        assert image.get("src", "assets/").startswith("assets/")
        assert "alt" in image
    ids = [attributes["id"] for _, attributes in made.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in made.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(name, ids[0]) in ids
    return made
