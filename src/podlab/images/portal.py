"""The image that a portal in a cluster runs from: podlab as it is installed here, on Debian's Python.

Nothing is fetched: what lies on this machine is enough, as in a bundle.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from podlab.errors import Unsupported
from podlab.images import layering, mirror, registry_layout
from podlab.naming import PORTAL_IMAGE, PYTHON_IMAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.images.store import Image, ImageStore

PROGRAM: Final = "/opt/podlab"
_PYTHON: Final = re.compile(r"(?:\./)?usr/bin/python(3\.\d+)")


def reference(version: str) -> str:
    """`podlab/portal:1.2.3`."""
    return f"{PORTAL_IMAGE}:{re.sub(r'[^-._a-zA-Z0-9]', '-', version)[:128]}"


async def make(store: ImageStore, program: Mapping[str, bytes], version: str) -> Image:
    """Make the image of `program` (path → content), on `naming.PYTHON_IMAGE`, which must be there. `Unsupported` where
    that Python is another than this one: what is compiled for one does not run on the other."""
    name = reference(version)
    with tempfile.TemporaryDirectory(prefix="podlab-portal-") as folder:
        base, made = Path(folder) / "base.tar", Path(folder) / "made.tar"
        await mirror.save(store, [PYTHON_IMAGE], base)
        await asyncio.to_thread(write_image, base, made, program, name)
        await store.load(mirror.read(made))
    return await store.image(name)


def write_image(base: Path, made: Path, program: Mapping[str, bytes], name: str) -> None:
    """Write the archive `made`, for `docker load`."""
    with tempfile.TemporaryFile() as layer, tarfile.open(base) as below:
        _refuse_other_python(below)
        with tarfile.open(fileobj=layer, mode="w") as files:
            for path, content in sorted(program.items()):
                registry_layout.add_file(files, f"{PROGRAM.lstrip('/')}/{path}", io.BytesIO(content))
        [image] = registry_layout.read_json(below, "manifest.json")
        environment = registry_layout.read_json(below, image["Config"])["config"].get("Env") or []
        settings = {
            "Env": [*environment, f"PYTHONPATH={PROGRAM}", "PYTHONDONTWRITEBYTECODE=1"],
            "Cmd": ["python3", "-m", "podlab.cli", "version"],
            "User": "1000:1000",
        }
        layering.write(below, layer, made, name, settings, "podlab: a portal")


def _refuse_other_python(base: tarfile.TarFile) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {match[1] for name in _names(base) if (match := _PYTHON.fullmatch(name))}
    if found and ours not in found:
        raise Unsupported(
            f"the image {PYTHON_IMAGE} has Python {', '.join(sorted(found))}, and podlab runs on {ours} here",
            subject=PYTHON_IMAGE,
            hint="install podlab for that Python, or make an image by hand: FROM python, RUN pip install "
            "'podlab[kubernetes]'; podlab deploy kubernetes --image names it",
        )


def _names(base: tarfile.TarFile) -> list[str]:
    """Of all files in the layers of the image."""
    [image] = registry_layout.read_json(base, "manifest.json")
    found: list[str] = []
    for path in image["Layers"]:
        content = base.extractfile(path)
        if content is not None:
            with tarfile.open(fileobj=content) as layer:
                found += layer.getnames()
    return found
