"""The images that a lesson will want: what a mirror must hold for a room without a network.

Found by reading, not by running: in the lesson's commands and checks, in the code that it shows, and in the
Dockerfiles and compose files beside its steps. What a script fetches from elsewhere cannot be seen from here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from podlab.images.reference import Reference, parse
from podlab.lesson.fences import Code
from podlab.lesson.lesson import Lesson, Prose
from podlab.manifest.text import MAX_BYTES

_ENGINES: Final = ("docker", "podman", "nerdctl")
_MAKES_CONTAINERS: Final = ("run", "create")
_NO_VALUE: Final = frozenset({
    "--all-tags", "--debug", "--detach", "--disable-content-trust", "--help", "--init", "--interactive",
    "--no-healthcheck", "--oom-kill-disable", "--privileged", "--publish-all", "--quiet", "--read-only", "--rm",
    "--sig-proxy", "--tls", "--tty", "--use-api-socket",
})  # fmt: skip
"""The options of `docker run`, `create` and `pull` that stand alone; any other takes the next word.
https://docs.docker.com/reference/cli/docker/container/run/"""
_NO_VALUE_SHORT: Final = frozenset("ditPqaD")
_MAY_NAME_ONE: Final = re.compile(rf"{'|'.join(_ENGINES)}|--image=")
_OPERATORS: Final = re.compile(r"[();<>|&]+")

# Within a line: `\s` would look through all empty lines that follow, for each of them.
_FROM = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?(?P<image>\S+)(?:[ \t]+AS[ \t]+(?P<stage>\S+))?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_COPY_FROM = re.compile(
    r"^[ \t]*(?:COPY|RUN|ADD)\b.*?(?:--from=|,from=)([^\s,]+)", re.IGNORECASE | re.MULTILINE
)
_ARG = re.compile(r"^[ \t]*ARG[ \t]+(\w+)=(\S+)", re.IGNORECASE | re.MULTILINE)
_IMAGE_KEY = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?image["']?[ \t]*:[ \t]*(["']?)([^\s"'#]+)\1[ \t]*(?:\#.*)?$""", re.MULTILINE
)
_SHELL_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")


def images_named(lesson: Lesson) -> tuple[Reference, ...]:
    """Each image once, in the order of the lesson. Not those that the lesson itself builds, tags or commits, and
    not those of a registry in the seat (`localhost:5000/…`)."""
    texts = [text for step in lesson.steps for text in _texts(step.body)]
    texts += [check.command for step in lesson.steps for check in step.checks]
    texts += [_start_of(file) for file in lesson.recipes]
    wanted: dict[Reference, None] = {}
    made: set[Reference] = set()
    for text in texts:
        for words in _commands(text):
            found, own = _of_command(words)
            wanted.update(dict.fromkeys(_references(found)))
            made.update(_references(own))
        wanted.update(dict.fromkeys(_references(_of_file(text))))
    return tuple(image for image in wanted if image not in made and not _is_in_seat(image))


def _start_of(file: Path) -> str:
    """Nobody writes a longer Dockerfile; one that cannot be read names nothing."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _is_in_seat(image: Reference) -> bool:
    host = image.registry.partition(":")[0]
    return host in ("localhost", "127.0.0.1") or "." not in host


def _texts(prose: Prose) -> Iterator[str]:
    """The code of a page, in the quizzes' questions, too."""
    for token in prose.tokens:
        if token.type == "command":
            yield token.meta["command"].text
        elif token.type == "code":
            code: Code = token.meta["code"]
            yield code.text
        elif token.type == "quiz":
            yield from _texts(token.meta["quiz"].body)


def _references(names: Sequence[str]) -> Iterator[Reference]:
    for name in names:
        if name == "scratch":
            continue
        try:
            yield parse(name)
        except ValueError:
            continue


def _commands(text: str) -> Iterator[list[str]]:
    """The words of each simple command in a shell's text."""
    for line in text.replace("\\\n", " ").splitlines():
        if not _MAY_NAME_ONE.search(line):
            continue
        lexer = shlex.shlex(line.replace("$(", " ; "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # a quoted text that goes on in the next line
            words = line.split()
        command: list[str] = []
        for word in [*words, ";"]:
            if _OPERATORS.fullmatch(word):
                yield command
                command = []
            else:
                command.append(word)


def _of_command(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The images that a command takes, and those that it makes."""
    start = next((n for n, word in enumerate(words) if word.rpartition("/")[2] in _ENGINES), None)
    if start is None:
        return [word.removeprefix("--image=") for word in words if word.startswith("--image=")], []
    verb, rest = _verb(words[start + 1 :])
    if verb in ("pull", *_MAKES_CONTAINERS):
        positional = _positional(rest)
        return positional[:1] if verb in _MAKES_CONTAINERS else positional, []
    if verb == "build":
        return [], [after for word, after in pairwise(rest) if word in ("-t", "--tag")] + [
            word.partition("=")[2] for word in rest if word.startswith("--tag=")
        ]
    if verb in ("tag", "commit"):
        return [], [word for word in rest if not word.startswith("-")][-1:]
    return [], []


def _verb(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """`image pull`, `container run` and `buildx build` are `pull`, `run` and `build`."""
    words = _positional_from(words)
    if len(words) > 1 and words[0] in ("image", "container", "buildx", "builder"):
        words = words[1:]
    return (words[0], words[1:]) if words else ("", [])


def _positional_from(words: Sequence[str]) -> Sequence[str]:
    """From the first word on that is no option."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 1 if _stands_alone(words[at]) else 2
    return words[at:]


def _positional(words: Sequence[str]) -> list[str]:
    """The words before which options may stand; the first ends the options, as docker has it."""
    return [word for word in _positional_from(words) if not word.startswith("-")]


def _stands_alone(option: str) -> bool:
    if option.startswith("--"):
        return "=" in option or option in _NO_VALUE
    letters = option[1:]
    own = next((n for n, letter in enumerate(letters) if letter not in _NO_VALUE_SHORT), None)
    return own is None or own < len(letters) - 1  # `-p80:80` has its value already


def _of_file(text: str) -> list[str]:
    """Of a Dockerfile, a compose file or a manifest, or of a here-document that writes one."""
    arguments = {name: value.strip("\"'") for name, value in _ARG.findall(text)}
    stages = {match["stage"].lower() for match in _FROM.finditer(text) if match["stage"]}
    found = [match["image"] for match in _FROM.finditer(text)]
    if found:
        found += [name for name in _COPY_FROM.findall(text) if not name.isdigit()]
    found += [name for _, name in _IMAGE_KEY.findall(text)]
    filled = [_SHELL_VARIABLE.sub(lambda m: m[2] or arguments.get(m[1] or m[3], "$"), name) for name in found]
    return [name for name in filled if name.lower() not in stages and "$" not in name]
