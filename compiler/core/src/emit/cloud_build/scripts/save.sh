#!/bin/sh
set -eu
gcloud storage cp .aipress/plan .aipress/plan.sha256 "gs://$BUCKET/plans/$REVISION/$STACK/"
# From here on the record says that an apply has begun; only its end takes that back.
if [ -f ".aipress/begun/$STACK.json" ]; then
  gcloud storage cp ".aipress/begun/$STACK.json" "gs://$BUCKET/applied/$STACK.json"
fi
