"""The work shell of a seat: the docker CLI with compose, and what people reach for in a shell."""

from podlab.images.recipes import Recipe

RECIPE = Recipe(
    reference="podlab/work:latest",
    aliases=("docker:cli",),
    summary="Debian with the docker CLI 26.1, compose, bash, git, curl, jq, vim, less and tmux",
    suite="trixie",  # the first with compose as a plugin of the docker CLI
    packages=(
        "docker-cli", "docker-compose", "bash-completion", "ca-certificates", "curl", "git", "iproute2",
        "iputils-ping", "jq", "less", "nano", "net-tools", "netcat-openbsd", "procps", "tmux", "vim",
    ),
    files={
        "/usr/local/bin/docker-entrypoint.sh": "files/work/docker-entrypoint.sh",
        "/etc/profile.d/seat.sh": "files/work/seat.sh",
        "/etc/tmux.conf": "files/work/tmux.conf",
        "/etc/vim/vimrc.local": "files/work/vimrc.local",
    },
    customise=(
        'echo ". /etc/profile.d/seat.sh" >>"$1/etc/bash.bashrc"',
        'rm -f "$1/root/.bashrc" "$1/etc/skel/.bashrc"',  # Debian's would set the prompt again
        'rm -rf "$1/usr/share/vim/vim91/doc" "$1/usr/share/vim/vim91/tutor" "$1/usr/share/vim/vim91/spell"',
    ),
    changes=(
        'ENTRYPOINT ["docker-entrypoint.sh"]',
        'CMD ["bash"]',
        "ENV LANG=C.UTF-8",
        "WORKDIR /root",
    ),
)  # fmt: skip
