#!/bin/sh
set -eu
gcloud storage cp ".aipress/applied/$STACK.json" "gs://$BUCKET/applied/$STACK.json"
