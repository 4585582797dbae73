#!/bin/sh
# As in the Docker Hub's docker:cli (https://hub.docker.com/_/docker): flags and docker's own commands go
# to the docker CLI, anything else is a program; without a socket the daemon is a container named `docker`.
set -eu

if [ "${1#-}" != "$1" ]; then
  set -- docker "$@"
elif ! command -v "$1" >/dev/null 2>&1 && docker help "$1" >/dev/null 2>&1; then
  set -- docker "$@"
fi

if [ -z "${DOCKER_HOST:-}" ] && [ ! -S /var/run/docker.sock ]; then
  if [ -n "${DOCKER_TLS_VERIFY:-}" ]; then
    export DOCKER_HOST=tcp://docker:2376
  else
    export DOCKER_HOST=tcp://docker:2375
  fi
fi
exec "$@"
