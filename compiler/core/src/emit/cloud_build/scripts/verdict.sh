#!/bin/sh
set -eu
exit "$(cat .aipress/status)"
