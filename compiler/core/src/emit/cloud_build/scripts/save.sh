#!/bin/sh
set -eu
gcloud storage cp .aipress/plan .aipress/plan.sha256 "gs://$BUCKET/plans/$REVISION/$STACK/"
