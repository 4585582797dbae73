"""CommonMark with tables, `:::name` blocks and `{{ variables }}`. Raw HTML is text; comments vanish."""

from __future__ import annotations

import functools
import re
from typing import Any, Final, cast

import markdown_it.helpers
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from podlab.lesson.variables import VARIABLE

MAX_NESTING: Final = 16
"""How deep lists, quotes and blocks may be nested. markdown-it leaves out what is deeper, so we report it."""

_BLOCK_NAME = re.compile(r"[ \t]*[a-z]", re.IGNORECASE)


def parse(text: str) -> list[Token]:
    """The text's tokens. Links are not judged here: `links` does, so that each refused one gets its line."""
    return _parser().parse(text)


def parse_line(text: str) -> list[Token]:
    """One line of text with its emphasis, code and links, such as a title: a list of one `inline` token."""
    return _parser().parseInline(text)


@functools.cache
def _parser() -> MarkdownIt:
    parser = _Markdown("commonmark", {"html": False, "maxNesting": MAX_NESTING, "xhtmlOut": False})
    parser.enable(["table", "strikethrough"])
    parser.helpers = cast(Any, _Helpers())
    parser.block.ruler.before("fence", "comment", _comment, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.inline.ruler.after("escape", "variable", _variable)
    container_plugin(parser, "lesson", validate=lambda info, _: bool(_BLOCK_NAME.match(info)))
    return parser


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802
        return True


class _Helpers:
    """markdown-it's own, but a variable may begin a link's target: `[the app]({{ preview.app }}/status)`.

    It becomes `preview.app:/status`, as an address with a scheme, which is the one form that survives the
    percent-encoding of targets.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(markdown_it.helpers, name)

    def parseLinkDestination(self, text: str, start: int, stop: int) -> Any:  # noqa: N802
        match = VARIABLE.match(text, start, stop)
        if match is None:
            return markdown_it.helpers.parseLinkDestination(text, start, stop)
        rest = markdown_it.helpers.parseLinkDestination(text, match.end(), stop)
        if not rest.ok and text[match.end() : match.end() + 1] not in (")", " ", "\n"):
            return rest
        rest.str, rest.pos, rest.ok = f"{match[1]}:{rest.str}", rest.pos or match.end(), True
        return rest


def _variable(state: StateInline, silent: bool) -> bool:
    match = VARIABLE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("variable", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`<!-- … -->` on lines of its own. markdown-it knows it as HTML only, and that is off."""
    if state.is_code_block(start) or not _line(state, start).startswith("<!--"):
        return False
    if silent:
        return True
    last = start
    while last < end - 1 and "-->" not in _line(state, last)[4 if last == start else 0 :]:
        last += 1
    state.line = last + 1
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
