#!/bin/sh
# Entry point of docker:dind. To the outside it does what the Docker Hub's image of that name documents
# (https://hub.docker.com/_/docker), so that one pod file runs with either:
#   no arguments, or flags only   dockerd on its unix socket and on TCP: with TLS on 2376 where
#                                 DOCKER_TLS_CERTDIR names a folder, else without on 2375
#   dockerd ...                   exactly this daemon
#   anything else                 that command
# As a user other than root the daemon is a rootless one.
set -eu

if [ $# -eq 0 ] || [ "${1#-}" != "$1" ]; then
  if [ -n "${DOCKER_TLS_CERTDIR:-}" ]; then
    docker-certs "$DOCKER_TLS_CERTDIR"
    port=2376
    set -- --tlsverify --tlscacert="$DOCKER_TLS_CERTDIR/server/ca.pem" \
      --tlscert="$DOCKER_TLS_CERTDIR/server/cert.pem" --tlskey="$DOCKER_TLS_CERTDIR/server/key.pem" "$@"
  else
    port=2375
  fi
  case "${DOCKER_HOST:-}" in unix://*) socket=$DOCKER_HOST ;; *) socket=unix:///var/run/docker.sock ;; esac
  set -- dockerd --host="$socket" --host="tcp://0.0.0.0:$port" "$@"
fi
[ "$1" = dockerd ] || exec "$@"
unset DOCKER_HOST
[ "$(id -u)" = 0 ] || exec dockerd-rootless "$@"

# Pid files of a daemon that was killed name other processes now, or none; the new daemon would refuse to start.
find /run /var/run/ -name 'docker*.pid' -delete

# cgroup v2 hands controllers down only from groups that hold no process themselves:
# https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint
if [ -f /sys/fs/cgroup/cgroup.controllers ] && [ -w /sys/fs/cgroup ]; then
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
  sed -e 's/ / +/g' -e 's/^/+/' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
fi

# Mounts that a nested container makes in a shared volume are seen by the other members of the pod.
mount --make-rshared / 2>/dev/null || true
exec dockerd-start "$@"
