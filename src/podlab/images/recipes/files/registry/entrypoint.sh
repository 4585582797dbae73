#!/bin/sh
# As the original: a configuration file alone means `serve` it; a sub-command goes to the registry.
set -e
case "$1" in
  *.yaml|*.yml) set -- registry serve "$@" ;;
  serve|garbage-collect|help|-*) set -- registry "$@" ;;
esac
exec "$@"
