#!/bin/sh
# What is applied so far; a stack that was never applied has no record.
set -eu
mkdir -p ".aipress/applied/$(dirname "$STACK")"
if gcloud storage ls "gs://$BUCKET/applied/$STACK.json" > /dev/null; then
  gcloud storage cp "gs://$BUCKET/applied/$STACK.json" ".aipress/applied/$STACK.json"
fi
