"""The command table. It imports no command, and for the plain help not even click: start-up time is
felt at every call."""

from __future__ import annotations

import os
import sys

COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Pods": {
        "up": ("up:command", "Make pods as their files say, and wait until they are ready"),
        "apply": ("apply:command", "The same in kubectl's word; --diff shows first what differs"),
        "down": ("down:command", "Stop and remove pods with their volumes"),
        "set": ("set_:command", "Change images, variables or bounds of a pod's containers"),
        "update": ("update:command", "Pull a pod's images again, and make outdated containers anew"),
        "clone": ("clone:command", "Make another pod as one that is there"),
        "publish": ("publish:publish", "Publish ports of a pod that is there already"),
        "unpublish": ("publish:unpublish", "Take back ports that were published so"),
        "scale": ("scale:command", "Give a Deployment or StatefulSet another number of pods"),
        "rename": ("rename:command", "Give a pod another name"),
        "create": ("create:command", "Create an empty pod, to be filled by `run --pod`"),
        "run": ("run:command", "Run an image as a new container of a pod"),
        "rm": ("rm:command", "Remove one container from a pod"),
        "start": ("lifecycle:start", "Start what is stopped in a pod"),
        "stop": ("lifecycle:stop", "Stop a pod or one of its containers; it can be started again"),
        "restart": ("lifecycle:restart", "Restart a pod or one of its containers"),
        "kill": ("lifecycle:kill", "Send a signal to a pod or one of its containers"),
        "pause": ("lifecycle:pause", "Freeze the processes of a pod or one of its containers"),
        "unpause": ("lifecycle:unpause", "Let frozen processes go on"),
        "wait": ("wait:command", "Wait until a pod is ready or a container has ended"),
        "agent": ("agent:command", "Repair pods that fail behind podlab's back, until Ctrl-C"),
        "prune": ("prune:command", "Remove ended pods, orphaned volumes and unused podlab networks"),
    },
    "Inside a pod": {
        "exec": ("exec:command", "Run a command in a container"),
        "shell": ("shell:command", "Open a shell in a container"),
        "debug": ("debug:command", "Run another image in a pod's namespaces, for a moment"),
        "attach": ("attach:command", "Connect to a container's own process"),
        "cp": ("cp:command", "Copy files to or from a container"),
        "port-forward": ("port_forward:command", "Reach a port in a pod, published or not"),
    },
    "Looking": {
        "ps": ("ps:command", "List pods"),
        "objects": ("kept:command", "List ConfigMaps, Secrets, claims and workloads, and who uses them"),
        "describe": ("describe:command", "Tell all about a pod: wanted, found, recent events"),
        "inspect": ("inspect:command", "Print a pod's wanted and found state as JSON or YAML"),
        "ns": ("ns:command", "Show which namespaces a pod's containers share"),
        "logs": ("logs:command", "Print what a pod's containers wrote, in order of time"),
        "top": ("top:command", "List the processes of a pod's containers"),
        "stats": ("stats:command", "Show what a pod's containers use of CPU, memory, disk and network"),
        "history": ("history:command", "Tell what happened to a pod, and when"),
        "events": ("events:command", "Show what happens to pods"),
    },
    "Workshops": {
        "serve": ("serve:command", "Run a workshop: seats behind a link, with lesson and terminals"),
        "seats": ("seats:command", "Look at the seats of a workshop that is served, and change them"),
        "lesson": ("lesson:command", "Check a lesson, and list the images that it names"),
        "rehearse": ("rehearse:command", "Go through a lesson in seats of its own, and tell what fails"),
        "deploy": ("deploy:command", "Give a workshop from inside a cluster, with its portal"),
        "bundle": ("bundle:command", "Write a workshop with all that it needs to one file"),
        "import": ("import_:command", "Make a workshop of a lesson in another tool's format"),
    },
    "Images and engine": {
        "images": ("images:command", "Prepare, list, save and load images"),
        "engine": ("engine:command", "Start, stop and check a private Docker Engine"),
        "doctor": ("doctor:command", "Check whether this engine can run pods, and how many"),
        "firewall": ("firewall:command", "Close the engine's machine to isolated pods"),
    },
    "About podlab": {
        "schema": ("schema:command", "Print the JSON Schema of pod files"),
        "completion": ("completion:command", "Print the completion script of a shell"),
        "version": ("version:command", "Print the versions of podlab and of the engine"),
    },
}
"""Group → name → (`module:attribute` under `podlab.cli`, one line of help)."""

USAGE = """\
Usage: podlab [OPTIONS] COMMAND [ARGS]...

  Kubernetes pods on a plain Docker Engine.

Options:
  --engine ENGINE     Where pods run: docker, or kubernetes[:CONTEXT][/NAMESPACE]; also PODLAB_ENGINE.
  -H, --host ADDRESS  A Docker Engine's address, such as unix:///var/run/docker.sock.
  --version           Print podlab's version.
  -h, --help          Print this; `podlab COMMAND --help` tells more about a command.
"""


def help_text() -> str:
    width = max(len(name) for group in COMMANDS.values() for name in group)
    groups = (
        f"\n{title}:\n" + "".join(f"  {name:{width}}  {text}\n" for name, (_, text) in group.items())
        for title, group in COMMANDS.items()
    )
    return USAGE + "".join(groups)


def version() -> str:
    """podlab's own version, or `unknown` in a checkout that was not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("podlab")
    except PackageNotFoundError:
        return "unknown"


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit code. `argv` is without the program's name."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if "_PODLAB_COMPLETE" not in os.environ:
            if words in ([], ["-h"], ["--help"], ["help"]):
                return _write(help_text())
            if words == ["--version"]:
                return _write(f"podlab {version()}\n")
        from podlab.cli.runner import run
    except KeyboardInterrupt:
        return 130
    return run(words)


def _write(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its exit, and complains; https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return 0
