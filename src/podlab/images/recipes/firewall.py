"""What closes the engine's machine to isolated pods: `nft`, and a shell to run it from."""

from podlab.images.recipes import Recipe
from podlab.images.recipes.busybox import LINKS, SKELETON
from podlab.naming import FIREWALL_IMAGE

RECIPE = Recipe(
    reference=FIREWALL_IMAGE,
    summary="Debian's nft and busybox; `podlab firewall` and `podlab serve` run it for a moment",
    variant="unpack",
    packages=(
        "busybox-static", "nftables", "libc6", "libnftables1", "libnftnl11", "libmnl0", "libxtables12", "libjansson4",
        "libgmp10", "libedit2", "libbsd0", "libmd0", "libtinfo6",
    ),
    customise=(
        LINKS,
        *SKELETON,
        'rm -rf "$1"/usr/lib/*/gconv "$1/usr/lib/locale" "$1/lib/systemd" "$1/usr/share/bug" "$1/usr/share/nftables"',
        'chroot "$1" nft --version >/dev/null',  # a library that is missing is missed here, not in the class room
    ),
    changes=('CMD ["sh"]', "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
)  # fmt: skip
