"""A workshop with a lesson that a test has written."""

from __future__ import annotations

from pathlib import Path

from podlab.lesson import Lesson, load_workshop
from podlab.manifest.workshop import Workshop


def folder(path: Path, step: str, *, image: str = "busybox", name: str = "lab") -> Path:
    (path / "lesson").mkdir()
    (path / "lesson" / "01-a.md").write_text(step)
    (path / "podlab.yaml").write_text(f"""
apiVersion: podlab/v1
kind: Workshop
metadata: {{name: {name}}}
spec:
  lesson: lesson
  terminals:
  - {{name: shell, container: work}}
  - {{name: other, container: work}}
  previews: [{{name: app, port: 8080}}]
  pod:
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: work
        image: {image}
        imagePullPolicy: Never
        command: [sleep, "100000"]
""")
    return path


def workshop(path: Path, step: str, *, image: str = "busybox", name: str = "lab") -> tuple[Workshop, Lesson]:
    return load_workshop(folder(path, step, image=image, name=name))


def block(text: str, words: str = "run") -> str:
    return f"```sh {{{words}}}\n{text}\n```\n"
