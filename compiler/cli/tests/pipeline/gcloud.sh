#!/bin/sh
# `gcloud storage` on a folder: objects, their generations, and the words in which the real one refuses.
set -eu
echo "$*" >> "$ROOT/log"
if [ -n "${DENIED:-}" ]; then
  echo "ERROR: (gcloud.storage) 403: the caller may not read the bucket" >&2
  exit 1
fi
shift
verb=$1
shift
place() { echo "$ROOT/objects/${1#gs://}"; }
generation() { cat "$ROOT/generations/${1#gs://}" 2> /dev/null || echo 0; }
if [ "$verb" = objects ]; then
  if [ ! -f "$(place "$2")" ]; then
    echo "ERROR: (gcloud.storage.objects.describe) $2 not found: 404." >&2
    exit 1
  fi
  generation "$2"
  exit 0
fi
wanted=any
while :; do
  case "$1" in
    --if-generation-match=*) wanted=${1#*=} ;;
    --recursive) ;;
    *) break ;;
  esac
  shift
done
for last; do :; done
while [ $# -gt 1 ]; do
  from=$1
  shift
  case "$from" in
    gs://*/\*)
      if [ ! -d "$(place "${from%/\*}")" ]; then
        echo "ERROR: (gcloud.storage.cp) The following URLs matched no objects or files: $from" >&2
        exit 1
      fi
      cp -R "$(place "${from%/\*}")/." "$last"
      ;;
    gs://*)
      test "$(generation "${from%#*}")" = "${from#*#}"
      cp "$(place "${from%#*}")" "$last"
      ;;
    *)
      to=$last
      case "$last" in */) to=$last$(basename "$from") ;; esac
      now=$(generation "$to")
      if [ "$wanted" != any ] && [ "$wanted" != "$now" ]; then
        echo "ERROR: (gcloud.storage.cp) HTTPError 412: At least one of the pre-conditions you specified did not hold." >&2
        exit 1
      fi
      mkdir -p "$(dirname "$(place "$to")")" "$(dirname "$ROOT/generations/${to#gs://}")"
      cp "$from" "$(place "$to")"
      echo $((now + 1)) > "$ROOT/generations/${to#gs://}"
      ;;
  esac
done
