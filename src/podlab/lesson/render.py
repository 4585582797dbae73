"""A step to HTML: a fragment without script, style or inline handler, so that any Content-Security-Policy suits.

What a browser must not know is not in it: right answers, explanations, and the commands and hints of checks.
Buttons are real and do nothing by themselves; the page's script finds them by `data-action`, and what they belong
to by `data-command-id`, `data-check-id` and `data-quiz-id`. Quizzes are forms that can be sent without a script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from podlab.lesson import variables
from podlab.lesson.fences import Code
from podlab.lesson.highlight import highlight
from podlab.lesson.lesson import Check, Choice, Command, Prose, Quiz, Step
from podlab.lesson.links import Target, parse
from podlab.lesson.words import ENGLISH, Words

# Terminal escapes and their like: a browser shows nothing for them, a copy of the text would carry them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def render(step: Step, values: Mapping[str, str], *, words: Words = ENGLISH, assets: str = "assets/") -> str:
    """The step's page, as an `<article>`. `values`: what its variables are for this seat. `assets`: where the page
    finds the lesson's files. `NotFound` where a variable has no value."""
    page = _Page(values, words, assets)
    name = f"{step.id}-title"
    return (
        f'<article class="step" data-step-id="{_escape(step.id)}" aria-labelledby="{_escape(name)}">\n'
        f'<h1 id="{_escape(name)}">{_escape(page.fill(step.title))}</h1>\n'
        f"{page.html(step.body)}</article>\n"
    )


def explain(quiz: Quiz, values: Mapping[str, str], *, words: Words = ENGLISH, assets: str = "assets/") -> str:
    """The explanation, for after an answer; empty where the quiz has none."""
    return _Page(values, words, assets).html(quiz.explanation) if quiz.explanation else ""


def _escape(text: str) -> str:
    return _CONTROL.sub("", text).translate(_ENTITIES)


@dataclass(frozen=True, slots=True)
class _Page:
    values: Mapping[str, str]
    words: Words
    assets: str

    def html(self, prose: Prose) -> str:
        return self.blocks(prose.tokens)

    def blocks(self, tokens: Sequence[Token]) -> str:
        return _RENDERER.render(tokens, _OPTIONS, {"page": self})

    def line(self, tokens: Sequence[Token]) -> str:
        """Of `inline` tokens, without a paragraph around them."""
        return "".join(
            _RENDERER.renderInline(each.children or [], _OPTIONS, {"page": self}) for each in tokens
        )

    def fill(self, text: str) -> str:
        return variables.fill(text, self.values)

    def address(self, token: Token, attribute: str) -> dict[str, str]:
        """The attributes of a link or image; none where its target is not allowed."""
        target = token.meta.get("target") or parse(str(token.attrGet(attribute) or ""))
        if not isinstance(target, Target):
            return {}
        if target.kind == "asset":
            return {attribute: self.assets + quote(target.value)}
        if target.kind == "step":
            return {"href": f"#{target.value}", "data-step": target.value}
        new_tab = {"target": "_blank", "rel": "noopener noreferrer"}
        if target.kind == "preview":
            base = variables.value(f"preview.{target.value}", self.values)
            return {"href": base + target.rest, "data-preview": target.value, **new_tab}
        return {"href": target.value, **new_tab}

    def code(self, text: str, language: str) -> str:
        coloured = highlight(_CONTROL.sub("", text), language)
        return f"<code{_attributes({'data-language': language} if language else {})}>{coloured}</code>"

    def command(self, command: Command) -> str:
        made = _attributes({"data-command-id": command.id, "data-terminal": command.terminal})
        code = self.code(command.filled(self.values), command.language)
        return (
            f'<div class="command"{made}>\n<pre id="{command.id}" tabindex="0">{code}</pre>\n'
            f"{self.button('run', self.words.run, command.id)}{self.button('copy', self.words.copy, command.id)}"
            "</div>\n"
        )

    def check(self, check: Check) -> str:
        made = _attributes({"data-check-id": check.id, "aria-labelledby": check.id})
        auto = " data-auto" if check.is_automatic else ""
        gate = " data-opens-next" if check.opens_next else ""
        name = _escape(self.fill(check.name))
        return (
            f'<section class="check"{made}{auto}{gate}>\n<p id="{check.id}" class="name">{name}</p>\n'
            f'<p class="status" role="status" data-status="unknown">{_escape(self.words.not_checked)}</p>\n'
            f"{self.button('check', self.words.check, check.id)}</section>\n"
        )

    def quiz(self, quiz: Quiz) -> str:
        kind = "checkbox" if quiz.is_multiple else "radio"
        made = _attributes({"data-quiz-id": quiz.id})
        return (
            f'<form class="quiz" method="post"{made}>\n'
            f'<input type="hidden" name="quiz" value="{quiz.id}">\n'
            f"<fieldset>\n<legend>{self.line(quiz.question.tokens)}</legend>\n{self.html(quiz.body)}"
            f"{''.join(self.choice(choice, kind) for choice in quiz.choices)}</fieldset>\n"
            f'<button type="submit" data-action="answer">{_escape(self.words.answer)}</button>\n'
            '<p class="result" role="status"></p>\n</form>\n'
        )

    def choice(self, choice: Choice, kind: str) -> str:
        text = self.line(choice.prose.tokens)
        return (
            f'<label class="choice"><input type="{kind}" name="answer" value="{choice.id}"> '
            f"<span>{text}</span></label>\n"
        )

    def button(self, action: str, word: str, described_by: str) -> str:
        made = _attributes({"data-action": action, "aria-describedby": described_by})
        return f'<button type="button"{made}>{_escape(word)}</button>\n'


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{_escape(value)}"' for name, value in attributes.items())


class _Renderer(RendererHTML):
    """One method for each type of token that is not as markdown-it renders it."""

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return _escape(tokens[idx].content)

    def variable(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return _escape(variables.value(tokens[idx].content, env["page"].values))

    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return f"<code>{_escape(env['page'].fill(tokens[idx].content))}</code>"

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return _escape(tokens[idx].content)

    html_inline = html_block

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return f"<h{_below_title(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return f"</h{_below_title(tokens[idx])}>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        # markdown-it says it with an inline style
        align = re.search(r"left|center|right", str(tokens[idx].attrGet("style") or ""))
        return f'<{tokens[idx].tag} class="{align[0]}">' if align else f"<{tokens[idx].tag}>"

    td_open = th_open

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return f"<a{_attributes(env['page'].address(tokens[idx], 'href') | _title(tokens[idx], env))}>"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        token = tokens[idx]
        page: _Page = env["page"]
        source, title = page.address(token, "src"), _title(token, env)
        alt = _attributes({"alt": _words(token.children or [], page)})
        if not token.meta.get("is_figure"):
            return f'<img{_attributes(source | title)}{alt} loading="lazy">'
        caption = f"<figcaption>{_escape(title['title'])}</figcaption>" if title else ""
        return f'<figure><img{_attributes(source)}{alt} loading="lazy">{caption}</figure>\n'

    def code(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        code: Code = tokens[idx].meta["code"]
        page: _Page = env["page"]
        text = code.text if code.is_raw else page.fill(code.text)
        pre = f'<pre tabindex="0">{page.code(text, code.language)}</pre>\n'
        if not code.can_copy:
            return pre
        copy = f'<button type="button" data-action="copy">{_escape(page.words.copy)}</button>\n'
        return f'<div class="code">\n{pre}{copy}</div>\n'

    def command(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return str(env["page"].command(tokens[idx].meta["command"]))

    def check(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return str(env["page"].check(tokens[idx].meta["check"]))

    def quiz(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return str(env["page"].quiz(tokens[idx].meta["quiz"]))

    def container_lesson_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        page: _Page = env["page"]
        name = tokens[idx].meta["name"]
        title = page.line(tokens[idx].meta["title"]) or _escape(getattr(page.words, name))
        if name == "hint":
            return f'<details class="hint">\n<summary>{title}</summary>\n'
        return f'<div class="{name}" role="note">\n<p class="title">{title}</p>\n'

    def container_lesson_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any
    ) -> str:
        return "</details>\n" if tokens[idx].meta["name"] == "hint" else "</div>\n"


def _below_title(token: Token) -> int:
    """The step's title is the page's h1."""
    return min(int(token.tag[1:]) + 1, 6)


def _title(token: Token, env: Any) -> dict[str, str]:
    title = str(token.attrGet("title") or "")
    return {"title": env["page"].fill(title)} if title else {}


def _words(tokens: Sequence[Token], page: _Page) -> str:
    from podlab.lesson.prose import plain

    return page.fill(plain([Token("inline", "", 0, children=list(tokens))]))


_RENDERER: Final = _Renderer()
_OPTIONS: Final = OptionsDict(
    {
        "maxNesting": 0, "html": False, "linkify": False, "typographer": False, "quotes": "", "xhtmlOut": False,
        "breaks": False, "langPrefix": "", "highlight": None,
    }
)  # fmt: skip
