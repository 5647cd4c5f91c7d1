#!/bin/sh
# Refuses what the compiler did not predict: drift, provider noise or a bug. Then prepares both records of this apply:
# that it has begun, and that it has ended.
set -eu
aipress check --stack "$STACK" --terraform-plan .aipress/plan.json
cp -R .aipress/applied .aipress/begun
aipress record "$STACK" --folder .aipress/begun --commit "$REVISION" --begin
aipress record "$STACK" --folder .aipress/applied --commit "$REVISION"
