"""A stand-in for Alpine: the same shell and commands (BusyBox), but Debian's build of them and no `apk`."""

from podlab.images.recipes import Recipe
from podlab.images.recipes.busybox import LINKS, SKELETON

RECIPE = Recipe(
    reference="alpine:latest",
    aliases=("alpine:3", "alpine:edge"),
    summary="Debian's busybox-static laid out like Alpine; no apk, no musl",
    variant="unpack",
    packages=("busybox-static",),
    customise=(
        LINKS,
        *SKELETON,
        'echo ID=podlab-alpine >"$1/etc/os-release"',
        """echo 'NAME="stand-in for Alpine, made of Debian busybox by podlab"' >>"$1/etc/os-release\"""",
    ),
    changes=('CMD ["/bin/sh"]', "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
)
