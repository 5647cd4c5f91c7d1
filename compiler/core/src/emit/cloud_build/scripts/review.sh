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
# What is applied may show what two commits cannot: that an order was carried out, that a release has run long enough. A
# change that is refused without that knowledge and fine with it is fine.
if [ "$status" = 0 ] || [ "$status" = 3 ]; then
  if [ -n "$(find .aipress/applied -name '*.json' | head -n 1)" ]; then
    applied=0
    aipress plan --applied .aipress/applied --never-applied unrecorded --format markdown \
      > .aipress/apply.md 2> .aipress/apply.txt || applied=$?
    if [ "$applied" = 0 ] && [ "$status" = 3 ]; then
      mv .aipress/apply.md .aipress/plan.md
      status=0
    else
      echo "an apply of this branch, from what is applied now:"
      cat .aipress/apply.txt .aipress/apply.md
    fi
  fi
fi
cat .aipress/problems.txt
if [ -f .aipress/plan.md ]; then
  cat .aipress/plan.md
fi
echo "$status" > .aipress/status
