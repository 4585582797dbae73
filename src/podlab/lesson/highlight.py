"""Code in colours: HTML with classes, and the stylesheet that gives them their colours in light and dark."""

from __future__ import annotations

import functools
from html import escape
from typing import Final

LIGHT: Final = "xcode"
DARK: Final = "lightbulb"
LONGEST: Final = 20_000
"""In characters. Longer code stays plain: Pygments' patterns are not all linear."""


@functools.lru_cache(maxsize=2048)
def highlight(code: str, language: str) -> str:
    """HTML of the code. A language that nobody knows is no error: the code stays plain."""
    if not language or len(code) > LONGEST:
        return escape(code)
    from pygments import highlight as colour
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code)
    coloured = colour(code, lexer, HtmlFormatter(nowrap=True))
    return coloured if code.endswith("\n") else coloured.removesuffix("\n")


def stylesheet() -> str:
    """CSS for `.step pre`: light, and dark where the page has `data-theme="dark"`, or has none and the system
    is dark."""
    dark = _rules(DARK, '[data-theme="dark"] .step pre')
    system = _rules(DARK, ":root:not([data-theme]) .step pre")
    return f"{_rules(LIGHT, '.step pre')}\n{dark}\n@media (prefers-color-scheme: dark) {{\n{system}\n}}\n"


def _rules(style: str, scope: str) -> str:
    from pygments.formatters.html import HtmlFormatter

    formatter = HtmlFormatter(style=style)
    background = formatter.style.background_color
    rules = formatter.get_token_style_defs(scope)  # type: ignore[no-untyped-call]
    text = "#e6e4da" if style == DARK else "#1f2328"
    return "\n".join([f"{scope} {{ background: {background}; color: {text} }}", *rules])
