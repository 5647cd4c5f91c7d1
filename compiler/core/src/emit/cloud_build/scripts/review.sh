#!/bin/sh
# Goes on after a failure: the comment shows all of it, and the verdict stops the build.
set -u
status=0
: > .aipress/problems.txt
aipress check 2>> .aipress/problems.txt || status=$?
if [ "$status" = 0 ] && [ "$COMMITTED" = true ]; then
  aipress compile --check 2>> .aipress/problems.txt || status=$?
fi
if [ "$status" = 0 ]; then
  aipress plan --base "origin/$BASE" --format markdown > .aipress/plan.md 2>> .aipress/problems.txt || status=$?
fi
cat .aipress/problems.txt
if [ -f .aipress/plan.md ]; then
  cat .aipress/plan.md
fi
echo "$status" > .aipress/status
