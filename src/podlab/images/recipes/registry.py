"""The image registry: Debian's docker-registry with the original's layout, configuration and port."""

from podlab.images.recipes import Recipe
from podlab.images.recipes.busybox import LINKS, SKELETON

RECIPE = Recipe(
    reference="registry:2",
    aliases=("registry:latest", "registry:2.8"),
    summary="Debian's docker-registry 2.8, laid out like the original, with a shell",
    variant="unpack",
    packages=("docker-registry", "libc6", "busybox-static", "ca-certificates"),
    files={
        "/etc/docker/registry/config.yml": "files/registry/config.yml",
        "/entrypoint.sh": "files/registry/entrypoint.sh",
    },
    customise=(
        LINKS,
        *SKELETON,
        'ln -sf docker-registry "$1/bin/registry"',
        'mkdir -p "$1/var/lib/registry" "$1/etc/ssl/certs"',
        'cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"',
        'rm -rf "$1/usr/share/ca-certificates" "$1"/usr/lib/*/gconv "$1/usr/lib/locale" "$1/lib/systemd"',
    ),
    changes=(
        'ENTRYPOINT ["/entrypoint.sh"]',
        'CMD ["/etc/docker/registry/config.yml"]',
        "VOLUME /var/lib/registry",
        "EXPOSE 5000",
        "ENV OTEL_TRACES_EXPORTER=none",
    ),
)
