"""BusyBox alone, a static binary of 2 MB: the infra container's image, and the quickest to have."""

from podlab.images.recipes import Recipe

LINKS = 'for a in $("$1/bin/busybox" --list); do [ -e "$1/bin/$a" ] || ln -s busybox "$1/bin/$a"; done'
"""One name for each command. Run outside the image: the binary is static."""
SKELETON = (
    'mkdir -p "$1/etc" "$1/root" "$1/var" "$1/home"',
    'install -d -m 1777 "$1/tmp" "$1/var/tmp"',
    'echo root:x:0:0:root:/root:/bin/sh >"$1/etc/passwd"',
    'echo nobody:x:65534:65534:nobody:/home:/bin/false >>"$1/etc/passwd"',
    'echo root:x:0: >"$1/etc/group"',
    'echo nogroup:x:65534: >>"$1/etc/group"',
    'rm -rf "$1/usr/share/doc" "$1/usr/share/man" "$1/usr/share/initramfs-tools" "$1/usr/share/lintian"',
)

RECIPE = Recipe(
    reference="busybox:latest",
    aliases=("busybox:stable", "busybox:musl", "busybox:uclibc", "busybox:glibc", "busybox:1"),
    summary="Debian's busybox-static with a link for each of its commands",
    variant="unpack",
    packages=("busybox-static",),
    customise=(LINKS, *SKELETON),
    changes=('CMD ["sh"]',),
)
