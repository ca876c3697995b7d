#!/usr/bin/env bash
# Does every chapter notice broken mathematics? Each NN-*.patch breaks one line of a chapter; built and run with
# --quick, the chapter must exit 1 with a FAILED claim. A patch that does not apply or compile is a failure too.
# VAEGRAD_BUILT=1: the chapters are built already.
#
#   tests/mutations/run.sh [-b BUILD] [PATCH ..]      BUILD: a folder configured with Ninja, default build/release
set -uo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
build=$root/build/release
if [[ ${1-} == -b ]]; then build=$(cd -- "$2" && pwd) || exit 2; shift 2; fi
(( $# )) || set -- "$here"/[0-9][0-9]-*.patch
scratch=$(mktemp -d) || exit 2
trap 'rm -rf -- "$scratch"' EXIT
log=$scratch/log

. "$root/tests/chapters/rebuilt.sh"

# survives PATCH: prints why it was not caught; or fails, and prints the claim that caught it.
survives() {
  local patch=$1 file chapter status
  file=$(sed -n 's|^+++ b/||p' "$patch")
  [[ -f $root/$file ]] || { echo "it changes no chapter: $file"; return 0; }
  chapter=$(basename -- "$(dirname -- "$file")")
  copied "$chapter"
  patch -d "$scratch" -p1 --no-backup-if-mismatch <"$patch" >"$log" 2>&1 || { echo "it does not apply"; return 0; }
  rebuilt "$chapter" || return 0
  OMP_WAIT_POLICY=passive "$scratch/rebuilt" --quick --out "$scratch/out" >"$log" 2>&1
  status=$?
  [[ $status == 1 ]] || { echo "exit status $status, not 1"; return 0; }
  grep -q ' FAILED$' "$log" || { echo "no claim failed: $(tail -n 1 "$log")"; return 0; }
  grep -B1 -m1 ' FAILED$' "$log" | head -n 1
  return 1
}

failures=0
for patch in "$@"; do
  if what=$(survives "$patch"); then verdict=SURVIVED failures=$((failures + 1)); else verdict=caught; fi
  printf '%-9s%-28s%s\n' "$verdict" "$(basename -- "$patch" .patch)" "$what"
done
printf '%d of %d mutations caught\n' $(( $# - failures )) $#
(( failures == 0 ))
