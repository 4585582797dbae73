"""How to go on at home: the README.md of what somebody takes home. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from podlab.images.needs import needed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from podlab.manifest.workshop import Workshop
    from podlab.model import Pod
    from podlab.workshop.take_home.packing import Left

_NAMED: Final = 20
"""Of what was left out, so many are named."""


def readme(workshop: Workshop, pod: Pod, homes: Mapping[str, str], losses: Sequence[str], left: Left) -> str:
    """`losses`: what Compose cannot say. `homes`: container → the folder whose files are in `home/CONTAINER/`."""
    return "\n".join(_lines(workshop, pod, homes, losses, left)) + "\n"


def _lines(
    workshop: Workshop, pod: Pod, homes: Mapping[str, str], losses: Sequence[str], left: Left
) -> Iterator[str]:
    yield f"# {workshop.spec.title or workshop.metadata.name}"
    yield ""
    yield "What you take home from your seat:"
    yield ""
    for container, home in homes.items():
        yield f"- `home/{container}/`: the files of `{home}` in the container `{container}`"
    yield "- `pod.yaml`: the pod of your seat, for podlab; `compose.yaml`: the same for Docker Compose"
    yield "- `progress.json`: the steps, checks and quizzes of the lesson, and how you did"
    yield from _left_out(left)
    yield ""
    yield "## Go on with podlab"
    yield ""
    yield "podlab gets the images that no registry has, and gives the containers what they had in the seat."
    yield ""
    yield "```sh"
    yield "pipx install podlab"
    yield "podlab up pod.yaml"
    for container, home in homes.items():
        yield f"podlab cp -c {container} home/{container}/. {pod.name}:{home}"
    yield f"podlab shell {pod.name}"
    yield f"podlab down {pod.name}   # when you are done"
    yield "```"
    yield ""
    yield "## Go on with Docker Compose"
    yield ""
    yield "```sh"
    yield "docker compose up -d"
    for container, home in homes.items():
        yield f"docker compose cp home/{container}/. {container}:{home}"
    first = next(iter(homes), "") or pod.spec.containers[0].name
    yield f"docker compose exec {first} sh"
    yield "docker compose down -v   # when you are done"
    yield "```"
    own = sorted(each for each in needed([pod]) if each.startswith("podlab/"))
    if own:
        yield ""
        yield f"No registry has {', '.join(f'`{each}`' for each in own)}: `podlab images prepare` makes them."
    if losses:
        yield ""
        yield "Compose cannot say all that the pod is:"
        yield ""
        yield from (f"- {each}" for each in losses)
    if any(each.empty_dir and each.empty_dir.medium == "Memory" for each in pod.spec.volumes):
        yield ""
        yield "Some folders of this pod are in memory: what is in them goes when it stops. Copy it out before."


def _left_out(left: Left) -> Iterator[str]:
    if not left.names:
        return
    count = len(left.names)
    more = ", and more that was not looked at" if left.is_more else ""
    yield ""
    yield (
        f"Left out, as too much or no file that can be copied: {count} "
        f"{'entry' if count == 1 else 'entries'} of {_size(left.size_bytes)}{more}:"
    )
    yield ""
    yield from (f"- {_quoted(each)}" for each in left.names[:_NAMED])
    if count > _NAMED:
        yield "- …"


def _quoted(name: str) -> str:
    """Names are an attendee's own, with whatever bytes they like."""
    shown = "".join(each if each.isprintable() else "�" for each in name).replace("`", "'")
    return f"`{shown.split('/', 1)[-1]}`"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 20):.1f} MiB"
