"""Docker-in-Docker: a daemon that starts at every level of isolation that `examples/docker-pods` has."""

from podlab.images.recipes import Recipe

_PROGRAMS = ("dockerd-entrypoint.sh", "dockerd-start", "dockerd-listen", "dockerd-rootless", "docker-certs")

RECIPE = Recipe(
    reference="docker:dind",
    aliases=("docker:latest", "podlab/dind:latest"),
    summary="Debian's dockerd 26.1 with the original's entry point, and what a rootless daemon needs",
    suite="trixie",  # bookworm's 20.10 cannot start privileged containers where a capability is missing
    packages=(
        "docker.io", "docker-cli", "iptables", "iproute2", "ca-certificates", "busybox", "openssl", "procps",
        "rootlesskit", "slirp4netns", "uidmap", "libcap2-bin",
    ),
    files={f"/usr/local/bin/{name}": f"files/dind/{name}" for name in _PROGRAMS}
    | {"/etc/containerd/config.toml": "files/dind/containerd.toml"},
    customise=(
        # Programs that nothing here starts: 50 MB.
        'rm -f "$1/usr/bin/ctr" "$1/usr/bin/containerd-shim" "$1/usr/bin/containerd-shim-runc-v1"',
        'rm -f "$1/usr/bin/rootlessctl"',
        'for a in wget nc vi; do [ -e "$1/usr/bin/$a" ] || ln -s busybox "$1/usr/bin/$a"; done',
        # As set-user-ID programs they lose the right to map ids in a container that is not privileged.
        'chmod u-s "$1/usr/bin/newuidmap" "$1/usr/bin/newgidmap"',
        'chroot "$1" setcap cap_setuid=ep /usr/bin/newuidmap',
        'chroot "$1" setcap cap_setgid=ep /usr/bin/newgidmap',
        'chroot "$1" useradd --uid 1000 --home-dir /home/rootless --create-home rootless',
        'chmod 755 "$1/home/rootless"',
        'for f in subuid subgid; do echo rootless:100000:65536 >"$1/etc/$f"; done',
    ),
    changes=(
        'ENTRYPOINT ["dockerd-entrypoint.sh"]',
        "CMD []",
        "ENV DOCKER_TLS_CERTDIR=/certs",
        "VOLUME /var/lib/docker",
        "EXPOSE 2375 2376",
    ),
)  # fmt: skip
