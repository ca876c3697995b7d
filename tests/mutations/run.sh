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

# survives PATCH: prints why it was not caught; or fails, and prints the claim that caught it. It runs the chapter's
# own compile and link commands, with source and object in the scratch folder.
survives() {
  local patch=$1 file chapter main status command
  file=$(sed -n 's|^+++ b/||p' "$patch")
  chapter=$(basename -- "$(dirname -- "$file")") main=$root/$file
  [[ -f $main ]] || { echo "it changes no chapter: $file"; return 0; }
  [[ ${VAEGRAD_BUILT-} ]] || ninja -C "$build" "$chapter" >"$log" 2>&1 || { echo "the chapter itself does not build"; return 0; }
  mkdir -p "$scratch/$chapter" "$scratch/$(dirname -- "$file")" && cp -- "$main" "$scratch/$file"
  patch -d "$scratch" -p1 --no-backup-if-mismatch <"$patch" >"$log" 2>&1 || { echo "it does not apply"; return 0; }
  while IFS= read -r command; do
    command=${command//"$main"/"$scratch/$file"}
    command=${command//"chapters/CMakeFiles/$chapter.dir/"/"$scratch/"}
    command=${command//"-o chapters/$chapter "/"-o $scratch/mutant "}
    (cd -- "$build" && eval "$command") >"$log" 2>&1 || { echo "it does not compile: $(grep -m1 error "$log")"; return 0; }
  done < <(ninja -C "$build" -t commands "$chapter" | grep -E -- "-c $main|-o chapters/$chapter ")
  OMP_WAIT_POLICY=passive "$scratch/mutant" --quick --out "$scratch/out" >"$log" 2>&1
  status=$?
  [[ $status == 1 ]] || { echo "exit status $status, not 1"; return 0; }
  grep -q ' FAILED$' "$log" || { echo "no claim failed: $(tail -n 1 "$log")"; return 0; }
  grep -B1 -m1 ' FAILED$' "$log" | head -n 1
  return 1
}

failures=0
for patch in "$@"; do
  if what=$(survives "$patch"); then verdict=SURVIVED failures=$((failures + 1)); else verdict=caught; fi
  rm -f "$scratch/mutant"
  printf '%-9s%-28s%s\n' "$verdict" "$(basename -- "$patch" .patch)" "$what"
done
printf '%d of %d mutations caught\n' $(( $# - failures )) $#
(( failures == 0 ))
