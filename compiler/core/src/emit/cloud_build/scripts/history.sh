#!/bin/sh
# Plans compare revisions, so the base has to be here whole; a build starts with one commit.
set -eu
if [ -n "${GITHUB_TOKEN:-}" ]; then
  git config credential.helper '!f() { echo username=x-access-token; echo "password=$GITHUB_TOKEN"; }; f'
fi
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
  git fetch --quiet --unshallow origin
fi
git fetch --quiet origin "+refs/heads/$BASE:refs/remotes/origin/$BASE"
mkdir -p .aipress
