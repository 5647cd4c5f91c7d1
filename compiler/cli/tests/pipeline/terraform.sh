#!/bin/sh
# Terraform as far as the scripts of a build see it: a plan is of one state, and of no other.
set -eu
mkdir -p "$ROOT/states/$STACK"
serial=$(cat "$ROOT/states/$STACK/serial" 2> /dev/null || echo 0)
case "$1" in
  plan)
    for argument; do case "$argument" in -out=*) echo "$serial" > "${argument#-out=}" ;; esac done
    ;;
  show) cat "$PROPOSED" ;;
  apply)
    for last; do :; done
    if [ "$(cat "$last")" != "$serial" ]; then
      echo "Error: Saved plan is stale" >&2
      exit 1
    fi
    case "${HAPPENS:-}" in
      failed) exit 1 ;;
      killed)
        # Half of it is done.
        echo $((serial + 1)) > "$ROOT/states/$STACK/serial"
        kill -9 $$
        ;;
    esac
    echo $((serial + 1)) > "$ROOT/states/$STACK/serial"
    ;;
esac
