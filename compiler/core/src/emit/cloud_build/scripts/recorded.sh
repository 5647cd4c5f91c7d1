#!/bin/sh
# What is applied so far, and which version of the record says so: no build writes over what another has written since. A stack
# that was never applied has no record; whoever cannot tell stops here.
set -eu
record="gs://$BUCKET/applied/$STACK.json"
mkdir -p ".aipress/applied/$(dirname "$STACK")"
if gcloud storage objects describe "$record" --format="value(generation)" > .aipress/generation 2> .aipress/why; then
  gcloud storage cp "$record#$(cat .aipress/generation)" ".aipress/applied/$STACK.json"
elif grep -q -e "not found" -e "matched no objects" .aipress/why; then
  echo 0 > .aipress/generation
else
  cat .aipress/why >&2
  exit 1
fi
