#!/usr/bin/env bash
# Makes a run one to ship: its weights as numbers of 16 bits in a folder here, and a line of measured.csv with what the
# rounding costs, on all test examples and on those that a test measures again. By hand.
#
#   experiments/trained/measure.sh PROGRAM RUN NAME PARTICLES [OPTION ..]      options of evaluate: --weights best, --data-dir DIR
set -euo pipefail
here=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd)
(( $# >= 4 )) || { sed -n '2,5s/^# \?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
program=$1 run=$2 name=$3 particles=$4; shift 4
weights=() data=()
while (( $# )); do
  [[ $1 == --weights ]] && weights=("$1" "$2") || data+=("$1" "$2")
  shift 2
done
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cp -r -- "$run" "$scratch/whole"  # an evaluation of some images would stand in the place of the run's own
"$program" export "$run" --half "$scratch/$name" "${weights[@]}" >&2
nll() { "$program" evaluate "$@" "${data[@]}" | sed -n 's/^ *"nll": \(.*\),$/\1/p'; }
whole=$(nll "$scratch/whole" "${weights[@]}" --particles "$particles")
half=$(nll "$scratch/$name" --particles "$particles")
subset=$(nll "$scratch/whole" "${weights[@]}" --particles 100 --limit 200)
rm -f "$scratch/$name"/evaluation.*
rm -rf -- "${here:?}/$name"
cp -r "$scratch/$name" "$here/$name"
csv=$here/measured.csv
[[ -e $csv ]] || echo 'run,bytes,particles,nll,nll_rounded,nll_of_subset' >"$csv"
{ head -1 "$csv"; { tail -n +2 "$csv" | grep -v "^$name," || :; echo "$name,$(stat -c %s "$here/$name/model.safetensors"),$particles,$whole,$half,$subset"; } | sort; } >"$scratch/csv"
cp "$scratch/csv" "$csv"
tail -n +2 "$csv" | grep "^$name,"
