"""The steps of a plan that concern volumes, as commands that a person can run."""

from __future__ import annotations

import base64
import posixpath
import shlex
from collections.abc import Iterator

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.steps import Step, Verb
from podlab.engines.docker.translate import OPENER, Body
from podlab.model import Pod, Volume
from podlab.objects import Surroundings
from podlab.objects.environment import environment
from podlab.objects.files import File, files
from podlab.objects.tree import FOLDER


def volume_lines(pod: Pod, step: Step, infra_image: str, around: Surroundings) -> list[str]:
    """Files have plain names here, without the links that let podlab renew them in one step."""
    run = ["docker", "run", "--rm", "-v", f"{step.target}:{OPENER}", infra_image]
    own = translate.own_volumes(pod)
    match step.verb:
        case Verb.CREATE_VOLUME if claim := translate.claimed(pod).get(step.target):
            return [create(translate.claim(claim, None))]
        case Verb.CREATE_VOLUME:
            return [create(translate.volume(pod, own[step.target]))]
        case Verb.OPEN_VOLUME:
            return [shlex.join([*run, *words, OPENER]) for words in _opening(pod)]
        case Verb.FILL_VOLUME if image := own[step.target].image:
            name = f"{step.target}-source"
            target = shlex.join([*run[:2], "-i", *run[2:], "tar", "-x", "-C", OPENER])
            return [
                shlex.join(["docker", "create", "--name", name, image.reference, "true"]),
                f"docker export {shlex.quote(name)} | {target}",
                shlex.join(["docker", "rm", name]),
            ]
        case Verb.FILL_VOLUME:
            return list(_fill(pod, own[step.target], around))
        case Verb.MAKE_FOLDERS:
            return [shlex.join(words) for words in _folders(pod, step.target, run, around)]
        case Verb.SEE_TO_PATH:
            return _see_to(pod, step.target, infra_image)
        case _:
            return [shlex.join(["docker", "volume", "rm", step.target])]


def create(body: Body) -> str:
    options = [f"--opt={key}={value}" for key, value in body.get("DriverOpts", {}).items()]
    labels = [f"--label={key}={value}" for key, value in body["Labels"].items()]
    return shlex.join(["docker", "volume", "create", *options, *labels, body["Name"]])


def _opening(pod: Pod) -> list[list[str]]:
    group = translate.group_of_volumes(pod)
    return [["chmod", "0777"]] if group is None else [["chgrp", str(group)], ["chmod", "2777"]]


def _fill(pod: Pod, volume: Volume, around: Surroundings) -> Iterator[str]:
    infra = naming.container(pod.name, naming.INFRA)
    root = posixpath.join(translate.HELD_AT, volume.name, FOLDER if around.has_subpaths else "")
    for file in files(pod, volume, around):
        path = posixpath.join(root, file.path)
        folder, target = shlex.quote(posixpath.dirname(path)), shlex.quote(path)
        script = f"mkdir -p {folder} && cat >{target} && chmod {file.mode:o} {target}"
        yield f"{_printed(file)} | {shlex.join(['docker', 'exec', '-i', '-u', '0', infra, 'sh', '-c', script])}"


def _printed(file: File) -> str:
    try:
        text = file.data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable():
        return shlex.join(["printf", "%s", text])
    return f"echo {base64.b64encode(file.data).decode()} | base64 -d"


def _folders(pod: Pod, name: str, run: list[str], around: Surroundings) -> Iterator[list[str]]:
    volume = next(v for v in pod.spec.volumes if not v.host_path and translate.source(pod, v) == name)
    infra = naming.container(pod.name, naming.INFRA)
    held = ["docker", "exec", "-u", "0", infra], f"{translate.HELD_AT}/{volume.name}"
    command, root = held if translate.is_in_memory(volume) else (run, OPENER)
    for container in pod.members:
        for path in translate.sub_paths(pod, container, environment(pod, container, around), name):
            yield [*command, "mkdir", "-p", posixpath.join(root, path)]


def _see_to(pod: Pod, name: str, infra_image: str) -> list[str]:
    path = next(v.host_path for v in pod.spec.volumes if v.name == name and v.host_path)
    if path.type != "FileOrCreate":
        return [f"# {path.path} on the engine's machine has to be: {path.type}"]
    folder, file = posixpath.split(posixpath.normpath(path.path))
    mount = f"type=bind,source={folder},target={OPENER}"
    words = ["docker", "run", "--rm", "--mount", mount, infra_image, "touch", f"{OPENER}/{file}"]
    return [shlex.join(words)]
