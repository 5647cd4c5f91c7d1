#!/bin/sh
# A commit that touches only the placement starts no build.
set -eu
git add tenants/placement
if git diff --cached --quiet; then
  echo "every site has its place"
  exit 0
fi
git -c user.name=aipress -c user.email=aipress@localhost commit --quiet --message "[place] record where new sites live"
git -c credential.helper= \
  -c credential.helper='!f() { echo username=x-access-token; echo "password=$GITHUB_TOKEN"; }; f' \
  push --quiet "https://github.com/$OWNER/$REPOSITORY" "HEAD:refs/heads/$BRANCH"
