#!/bin/sh
# Looks at every stack before it fails: one that differs must not hide the others.
set -eu
work="$PWD/.aipress/drift"
rm -rf "$work/found"
mkdir -p "$work/plugins" "$work/found"
# Without a lock file Terraform would pass over the cache and load each provider again.
export TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE=1
export TF_PLUGIN_CACHE_DIR="$work/plugins" TF_IN_AUTOMATION=1 STATE="$BUCKET" WORK="$work" LINE
cd output/terraform
if [ -z "$STACKS" ]; then
  STACKS=$(for root in bootstrap platform edges/* shards/*; do if [ -d "$root" ]; then echo "$root"; fi; done)
fi
cat > "$work/init.sh" <<'END'
cd "$1"
export TF_DATA_DIR="$WORK/data/$1"
if [ -f .terraform.lock.hcl ]; then set -- "$1" -lockfile=readonly; fi
stack=$1
shift
terraform init -input=false -no-color "$@" -backend-config="bucket=$STATE" -backend-config="prefix=stacks/$stack"
END
cat > "$work/one.sh" <<'END'
name=$(echo "$1" | tr / _)
log="$WORK/found/$name"
status=0
sh "$WORK/init.sh" "$1" > "$log.init" 2>&1 || status=1
if [ "$status" = 0 ]; then
  export TF_DATA_DIR="$WORK/data/$1"
  # A reader takes no lock; what an apply changes meanwhile is seen the next time.
  terraform -chdir="$1" plan -input=false -no-color -lock=false -detailed-exitcode > "$log" 2>&1 || status=$?
else
  cat "$log.init" > "$log"
fi
rm -rf "$WORK/data/$1" "$log.init"
# Into a file of its own: lines of stacks that are planned at one time would mix.
case "$status" in
  0) rm -f "$log" ;;
  2) { echo "$LINE $1"; sed -n -e '/^  # /p' -e '/^Plan:/p' "$log"; } > "$log.said" && mv "$log.said" "$log" ;;
  *) { echo "aipress: cannot plan $1"; cat "$log"; } > "$log.said" && mv "$log.said" "$log" ;;
esac
END
# The first one of each kind fills the cache of providers alone: it is not safe to fill it twice at once.
for root in bootstrap $(ls -d shards/* 2>/dev/null | head -n 1); do
  if [ -d "$root" ]; then
    sh "$work/init.sh" "$root" > /dev/null
  fi
done
# shellcheck disable=SC2086 # one name per word
printf '%s\n' $STACKS | xargs -P "$PARALLEL" -I "{}" sh "$work/one.sh" "{}"
count=$(ls "$work/found" | wc -l)
if [ "$count" -gt 0 ]; then
  cat "$work/found"/*
fi
echo "$count of $(echo $STACKS | wc -w) stacks differ or cannot be planned"
if [ "$count" = 0 ]; then
  echo 0 > .status
else
  echo 1 > .status
fi
mv .status "$work/../status"
