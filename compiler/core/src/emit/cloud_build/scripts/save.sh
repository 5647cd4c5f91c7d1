#!/bin/sh
set -eu
record="gs://$BUCKET/applied/$STACK.json"
gcloud storage cp .aipress/plan .aipress/plan.sha256 "gs://$BUCKET/plans/$REVISION/$STACK/"
# From here on the record says that an apply has begun; only its end takes that back. Of two builds that read the same record
# the second is refused here, before it changes anything.
if [ -f ".aipress/begun/$STACK.json" ]; then
  gcloud storage cp --if-generation-match="$(cat .aipress/generation)" ".aipress/begun/$STACK.json" "$record"
  gcloud storage objects describe "$record" --format="value(generation)" > .aipress/generation
fi
