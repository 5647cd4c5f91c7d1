#!/bin/sh
# Refuses what the compiler did not predict: drift, provider noise or a bug.
set -eu
aipress check --stack "$STACK" --terraform-plan .aipress/plan.json
