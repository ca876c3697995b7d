#!/usr/bin/env bash
# Runs chapters in full and compares what they find with what their folders record in results.txt: every claim holds,
# and its number agrees with the recorded one within the claim's tolerance. By hand; it takes some minutes a chapter.
#
#   tests/chapters/rerun.sh [-b BUILD] [CHAPTER ..]      BUILD: default build/release; CHAPTER: 04, 4 or 04-elbo
set -uo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/release
if [[ ${1-} == -b ]]; then build=$(cd -- "$2" && pwd) || exit 2; shift 2; fi
(( $# )) || set -- $(cd -- "$root/chapters" && echo [0-9][0-9]-*)
out=$(mktemp -d) || exit 2
trap 'rm -rf -- "$out"' EXIT

wrong=0
for which in "$@"; do
  number=$(printf '%02d' "$((10#${which%%-*}))") || exit 2
  folder=$(basename -- "$root"/chapters/"$number"-*)
  printf '%s: ' "$folder"
  SECONDS=0
  "$build/chapters/$folder" --out "$out/$folder" >"$out/log" 2>&1 || { wrong=1; printf 'a claim fails; '; }
  printf '%d s; ' $SECONDS
  # A claim is two lines: label and text; value, `expected`, and `WANT +- TOLERANCE` or `LOW to HIGH`.
  awk -v recorded="$root/chapters/$folder/results.txt" '
    FNR == NR { old[NR] = $0; next }
    $0 !~ / expected / {
      text = $0
      if (text !~ /^ +[-0-9.e+]+$/ && text != old[FNR]) { print "another claim: " text; bad = 1 }
      next
    }
    {
      split(old[FNR], was); ++claims
      tolerance = $4 == "+-" ? $5 : $5 - $3
      difference = $1 - was[1]; if (difference < 0) difference = -difference
      if (difference > tolerance || $0 !~ / ok$/) {
        print text ": " $1 ", recorded " was[1] ", tolerance " tolerance; bad = 1
      }
    }
    END { if (!claims) bad = 1; if (!bad) print claims " claims agree"; exit bad }
  ' "$root/chapters/$folder/results.txt" "$out/$folder/results.txt" || wrong=1
done
exit $wrong
