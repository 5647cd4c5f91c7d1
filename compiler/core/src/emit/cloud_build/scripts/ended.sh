#!/bin/sh
# Only over the record that this build found or wrote: whoever has begun since then writes the end.
set -eu
gcloud storage cp --if-generation-match="$(cat .aipress/generation)" \
  ".aipress/applied/$STACK.json" "gs://$BUCKET/applied/$STACK.json"
