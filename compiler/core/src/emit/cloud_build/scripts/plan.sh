#!/bin/sh
set -eu
mkdir -p .aipress
plan="$PWD/.aipress/plan"
cd "output/terraform/$STACK"
if [ -f .terraform.lock.hcl ]; then
  set -- -lockfile=readonly
fi
terraform init -input=false -no-color "$@" \
  -backend-config="bucket=$BUCKET" -backend-config="prefix=stacks/$STACK"
terraform plan -input=false -no-color -lock-timeout=600s -out="$plan"
terraform show -no-color -json "$plan" > "$plan.json"
sha256sum "$plan" > "$plan.sha256"
