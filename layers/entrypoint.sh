#!/bin/sh
# On Lambda (and in its emulator) the argument is a handler; anywhere else it is a command line of Lipgate.
set -eu
if [ -n "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
    exec /lambda-entrypoint.sh "$@"
fi
case "${1:-}" in
lipgate.handlers.*)
    # Without Lambda around it the base image brings an emulator, at port 8080.
    exec /lambda-entrypoint.sh "$@"
    ;;
*)
    exec python -P -m lipgate "$@"
    ;;
esac
