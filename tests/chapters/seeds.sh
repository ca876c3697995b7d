#!/usr/bin/env bash
# Do the claims hold whatever the seed? Runs chapters with --quick (or in full) for seeds FIRST to LAST and prints the
# claims that fail. By hand.
#
#   tests/chapters/seeds.sh [-b BUILD] [--full] FIRST LAST [CHAPTER ..]      CHAPTER: 04, 4 or 04-elbo
set -uo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/release size=(--quick)
if [[ ${1-} == -b ]]; then build=$(cd -- "$2" && pwd) || exit 2; shift 2; fi
if [[ ${1-} == --full ]]; then size=(); shift; fi
(( $# >= 2 )) || { sed -n '2,5s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
first=$1 last=$2; shift 2
(( $# )) || set -- $(cd -- "$root/chapters" && echo [0-9][0-9]-*)
out=$(mktemp -d) || exit 2
trap 'rm -rf -- "$out"' EXIT

wrong=0
for which in "$@"; do
  number=$(printf '%02d' "$((10#${which%%-*}))") || exit 2
  folder=$(basename -- "$root"/chapters/"$number"-*)
  held=0
  for ((seed = first; seed <= last; ++seed)); do
    if "$build/chapters/$folder" "${size[@]}" --seed "$seed" --out "$out/$folder" >"$out/log" 2>&1; then
      held=$((held + 1))
    else
      wrong=1
      grep -B1 ' FAILED$' "$out/log" | sed "s/^/  seed $seed: /" || sed "s/^/  seed $seed: /" "$out/log"
    fi
  done
  printf '%s: all claims hold for %d of %d seeds\n' "$folder" "$held" $((last - first + 1))
done
exit $wrong
