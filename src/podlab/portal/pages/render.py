"""A template to a page, in the reader's language and theme."""

from __future__ import annotations

import functools
import json
import secrets
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from aiohttp import web
from markupsafe import Markup

from podlab.portal import guard, language, visitors
from podlab.portal.classroom import CLASSROOM
from podlab.portal.static_files import STATIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

THEMES: Final = ("light", "dark", "contrast")


async def page(
    request: web.Request,
    template: str,
    values: Mapping[str, object] = MappingProxyType({}),
    *,
    status: int = 200,
    script: str = "src/page.ts",
    api: str = "",
    seat: str = "",
    policy: Mapping[str, str] | None = None,
    has_terminals: bool = False,
) -> web.Response:
    """A response with the page. `script`: its module of the front-end; `api` and `seat`: what that is told
    (`web/README.md`). `policy`: changes of the Content-Security-Policy. `values`: what the template names."""
    classroom = request.app[CLASSROOM]
    tongue = language.chosen(request, classroom.settings.language)
    words = language.catalogue(tongue)
    static = request.app[STATIC]
    nonce = secrets.token_urlsafe(16)
    theme = request.cookies.get("podlab-theme", "")
    config = {
        "api": api, "csrf": visitors.csrf(request), "seat": seat or classroom.workshop.metadata.name,
        "words": dict(static.words(tongue)),
    }  # fmt: skip
    text = _environment().get_template(template).render(
        t=functools.partial(_say, words), language=tongue, theme=theme if theme in THEMES else "",
        title=classroom.title, entry=static.entry(script), config=_json(config), csrf=config["csrf"],
        nonce=nonce if has_terminals else "", **values,
    )  # fmt: skip
    response = web.Response(text=text, content_type="text/html", status=status)
    # xterm.js writes its colours into <style> elements and style attributes.
    styles = {"style_src_elem": f"'self' 'nonce-{nonce}'", "style_src_attr": "'unsafe-inline'"}
    changes = (styles if has_terminals else {}) | dict(policy or {})
    response.headers["Content-Security-Policy"] = guard.policy(**changes)
    # No page repeats what a request says beside a secret, so its length after compression tells nothing.
    response.enable_compression()
    return response


def _say(words: Mapping[str, str], name: str, /, **values: object) -> str:
    return words[name].format(**values) if values else words[name]


def _json(data: object) -> Markup:
    """Within `<script type="application/json">`."""
    return Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("podlab.portal", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
