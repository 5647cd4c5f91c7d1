#!/bin/sh
set -eu
sha256sum -c .aipress/plan.sha256
plan="$PWD/.aipress/plan"
cd "output/terraform/$STACK"
terraform apply -input=false -no-color -lock-timeout=600s "$plan"
