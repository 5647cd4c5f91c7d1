#!/bin/sh
# All records of what is applied, as they are now. A fleet that was never applied has none; whoever cannot tell stops here.
set -eu
mkdir -p .aipress/applied
if ! gcloud storage cp --recursive "gs://$BUCKET/applied/*" .aipress/applied/ 2> .aipress/why; then
  if ! grep -q -e "not found" -e "matched no objects" .aipress/why; then
    cat .aipress/why >&2
    exit 1
  fi
fi
