"""Markdown's tokens as plain text: for ids, titles, alternative texts and the trainer's lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markdown_it.token import Token

from podlab.lesson.lesson import Prose


def prose(tokens: Sequence[Token]) -> Prose:
    return Prose(plain(tokens), tuple(tokens))


def plain(tokens: Iterable[Token]) -> str:
    """The words alone, blocks apart by a space."""
    return " ".join(" ".join(_words(tokens)).split())


def _words(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        if token.type == "inline":
            yield "".join(_inline(token.children or ()))
        elif token.type in ("fence", "code_block", "code", "command"):
            yield token.content


def _inline(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            yield token.content
        elif token.type == "variable":
            yield f"{{{{ {token.content} }}}}"
        elif token.type == "image":
            yield from _inline(token.children or ())
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
