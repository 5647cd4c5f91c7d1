#!/bin/sh
# Every stack's build starts from these bytes, not from whatever the branch holds by then.
set -eu
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --exclude=.git --exclude=.aipress -czf /tmp/source.tgz .
gcloud storage cp /tmp/source.tgz "gs://$BUCKET/source/$REVISION.tgz"
