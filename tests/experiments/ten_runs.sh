#!/usr/bin/env bash
# The numbers of ten short runs as SHA-256, times left out: what a change of the structure must not change.
# By hand, with the program before and after:  diff <(ten_runs.sh OLD) <(ten_runs.sh NEW)
# usage: ten_runs.sh PATH_OF_VAEGRAD [THREADS]
set -eu
threads=${2-2}
. "${BASH_SOURCE[0]%/*}"/common.sh

run() {  # NAME options..
  local name=$1; shift
  PATH=/nowhere "$program" train --threads "$threads" --initialiser glorot "$@" --out "$name" >log 2>&1 || { cat log; exit 1; }
}
sums() {  # the weights' file without the version that wrote it
  LC_ALL=C sed 's/"vaegrad":"[^"]*"//' "$1/model.safetensors" >"$1/weights"
  cut -d, -f1,2,4- "$1/metrics.csv" >"$1/numbers.csv"
  printf '%-22s %s %s\n' "$1" "$(sha256sum <"$1/weights" | cut -c1-32)" "$(sha256sum <"$1/numbers.csv" | cut -c1-32)"
}
two=(--data fashion-mnist --classes 0,1)  # 12,000 images
awk 'BEGIN { srand(1); print "a,b,c,d"
  for (i = 0; i < 600; ++i) { u = rand(); v = rand(); printf "%.5f,%.5f,%.5f,%.5f\n", 5 + u, 40 * u + v, 100 * v, u * v - rand() } }' >table.csv

run default --epochs 1
run iwae-k5 --config iwae-k5.ini "${two[@]}" --epochs 1
run dreg-k5 --config dreg-k5.ini "${two[@]}" --epochs 1
run cvae --config cvae.ini "${two[@]}" --epochs 2
run quadrants-1 --config quadrants-1.ini "${two[@]}" --validation 1000 --epochs 1
run beta --config beta-vae.ini "${two[@]}" --warmup 1.5 --free-bits 0.2 --epochs 3
run conv-16 --config conv-16.ini "${two[@]}" --validation 500 --epochs 1
run conv-64-shapes --config conv-64-shapes.ini --classes 0 --epochs 1
run table --data ./table.csv --likelihood gaussian --standardise --hidden 32 --latent 3 --epochs 5
run resumed "${two[@]}" --binarize sample --objective elbo-mc --particles 2 --optimizer adamw --clip 50 --epochs 1
PATH=/nowhere "$program" train --resume resumed --epochs 2 --threads "$threads" >log 2>&1
for name in default iwae-k5 dreg-k5 cvae quadrants-1 beta conv-16 conv-64-shapes table resumed; do sums "$name"; done
