"""What runs podlab itself in a container: the agent, where there is no systemd."""

from podlab.images.recipes import Recipe
from podlab.naming import PYTHON_IMAGE

RECIPE = Recipe(
    reference=PYTHON_IMAGE,
    summary="Debian's Python with what podlab needs to talk to an engine; `podlab agent install` puts podlab on top",
    variant="extract",
    is_on_demand=True,
    packages=("busybox-static", "python3", "python3-click", "python3-h11", "python3-cryptography"),
    customise=(
        'rm -rf "$1/var/lib/apt/lists" "$1/var/cache/apt" "$1"/usr/lib/*/gconv "$1/usr/share/locale"',
        'chroot "$1" python3 -c "import click, h11, cryptography"',
    ),
    changes=(
        'CMD ["python3"]',
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8",
    ),
)
