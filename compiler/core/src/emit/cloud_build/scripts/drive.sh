#!/bin/sh
# One build per stack; a stack without a folder was never rendered and is an error there.
set -eu
if [ "$WAVE" != all ] && [ "$OWN_WAVE" != all ] && [ "$WAVE" != "$OWN_WAVE" ]; then
  echo "not in this wave"
  exit 0
fi
if [ -z "$STACKS" ]; then
  exit 0
fi
# shellcheck disable=SC2086 # one name per word
printf '%s\n' $STACKS | xargs -P "$PARALLEL" -I "{}" gcloud builds submit "gs://$BUCKET/source/$REVISION.tgz" \
  --project "$PROJECT" --region "$REGION" --config output/cloudbuild/stack.yaml --suppress-logs \
  --substitutions "_STACK={},_REVISION=$REVISION"
