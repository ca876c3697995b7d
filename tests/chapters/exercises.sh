#!/usr/bin/env bash
# Do the exercises that change one line come out as their pages say? Each row of exercises.txt changes a chapter's
# program, which is built with the chapter's own commands in a scratch folder and run with --quick for seeds 1 to N. It
# prints the mean and its standard error beside what the page says, and fails where they are further apart than the row
# allows and three standard errors. By hand: each row is compiled anew.
#
#   tests/chapters/exercises.sh [-b BUILD] [-n SEEDS] [ROW ..]      ROW: 07.2; BUILD: default build/release; SEEDS: 5
set -uo pipefail
export LC_ALL=C.UTF-8
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/release seeds=5
while [[ ${1-} == -[bn] ]]; do
  if [[ $1 == -b ]]; then build=$(cd -- "$2" && pwd) || exit 2; else seeds=$2; fi
  shift 2
done
wanted=" $* "
scratch=$(mktemp -d) || exit 2
trap 'rm -rf -- "$scratch"' EXIT
log=$scratch/log

. "$root/tests/chapters/rebuilt.sh"

# changed CHAPTER CHANGE: builds $scratch/rebuilt; or says why not
changed() {
  copied "$1"
  sed -E -i "$2" "$scratch/chapters/$1"/*.[ch]pp
  [[ $(cat "$scratch/chapters/$1"/*) != "$(cat "$root/chapters/$1"/*.[ch]pp)" ]] || { echo "it changes nothing"; return 1; }
  rebuilt "$1"
}

wrong=0
while IFS='|' read -r row change text said allowed; do
  row=${row// } text=$(sed 's/^ *//; s/ *$//' <<<"$text")
  [[ $row != '#'* && -n $row && ($wanted == '  ' || $wanted == *" $row "*) ]] || continue
  chapter=$(basename -- "$root"/chapters/"${row%.*}"-*)
  if ! why=$(changed "$chapter" "$(sed 's/^ *//; s/ *$//' <<<"$change")"); then
    echo "$row: $why"; wrong=1
    continue
  fi
  for ((seed = 1; seed <= seeds; ++seed)); do
    OMP_WAIT_POLICY=passive "$scratch/rebuilt" --quick --seed "$seed" --out "$scratch/out" >"$log" 2>&1
    awk -v text="$text" 'value { print $1; exit } substr($0, length($0) - length(text) + 1) == text { value = 1 }' "$log"
  done >"$scratch/values"
  awk -v row="$row" -v text="$text" -v said="$said" -v allowed="$allowed" -v seeds="$seeds" '
    { sum += $1; squares += $1 * $1 }
    END {
      if (NR != seeds) { print row ": " NR " of " seeds " seeds print: " text; exit 1 }
      mean = sum / NR; variance = NR > 1 ? (squares - sum * mean) / (NR - 1) : 0
      error = sqrt((variance > 0 ? variance : 0) / NR); off = mean - said; if (off < 0) off = -off
      ok = off <= allowed + 3 * error
      printf "%-6s%-42s%10.5g +- %-10.2g the page says %-8s %s\n", row, text, mean, error, said + 0, ok ? "ok" : "WRONG"
      exit !ok
    }' "$scratch/values" || wrong=1
done <"$root/tests/chapters/exercises.txt"
exit $wrong
