#!/usr/bin/env bash
# The same bytes, whatever builds of the program there are (optimised or not, by GCC or by Clang), for 1 to 8 threads,
# and for a run that was stopped and taken up again: every objective, every likelihood, and convolutions.
# usage: determinism.sh PATH_OF_VAEGRAD [OTHER_BUILD ..]
# Each further build is compared with the first; THREADS="1 2 .." chooses the numbers of threads.
set -u
programs=()
for path; do programs+=("$(readlink -f "$path")"); done
threads=(${THREADS-1 2 3 4 5 6 7 8})
. "${BASH_SOURCE[0]%/*}"/common.sh
fail() { echo "FAILED  $*"; cat log; exit 1; }
noise 300 16 16 noise.idx

runs=0
# What a run leaves, times left out
sums() { (cd "$1" && sha256sum model.safetensors best.safetensors && cut -d, -f1,2,4- metrics.csv | sha256sum); }
one() {  # NAME options..
  local name=$1 first='' program n; shift
  local settings=(--data ./noise.idx --hidden 96,40 --latent 7 --batch 64 "$@")
  for program in "${programs[@]}"; do
    for n in "${threads[@]}"; do
      rm -rf run
      PATH=/nowhere "$program" train "${settings[@]}" --epochs 2 --threads "$n" --out run >log 2>&1 || fail "$name: $program, $n threads"
      ((++runs))
      [[ $first ]] || first=$(sums run)
      [[ $(sums run) == "$first" ]] || fail "$name: other bytes: $program, $n threads"
    done
    rm -rf run
    PATH=/nowhere "$program" train "${settings[@]}" --epochs 1 --out run >log 2>&1 || fail "$name: $program, one epoch"
    PATH=/nowhere "$program" train --resume run --epochs 2 >log 2>&1 || fail "$name: $program, resumed"
    ((++runs))
    [[ $(sums run) == "$first" ]] || fail "$name: other bytes: $program, resumed"
  done
}
names_of() { "${programs[0]}" train --help | sed -n "/--$1 NAME/,/\]/p" | xargs | sed 's/.*NAME //; s/p(x|z)://; s/\[.*//; s/,//g'; }
[[ $(names_of objective) == *iwae* && $(names_of likelihood) == *bernoulli*categorical* ]] || fail 'no names'
for objective in $(names_of objective); do
  more=()
  case $objective in
    beta) more=(--beta 2) ;;
    capacity) more=(--gamma 3 --capacity 2) ;;
    iwae | dreg | stl | tvo) more=(--particles 5) ;;
    miwae | piwae | ciwae) more=(--particles 2,3) ;;
  esac
  one "$objective" --binarize sample --objective "$objective" "${more[@]}"
done
for likelihood in $(names_of likelihood); do
  more=()
  [[ $likelihood != bernoulli ]] || more=(--binarize none)
  one "$likelihood" --likelihood "$likelihood" --activation tanh "${more[@]}"
done
one convolutions --network conv --binarize sample
one normalised --network conv:8x4s2+gated,8x3+residual,8x4s2 --normalisation batch --binarize sample
one by-group --network mlp --normalisation group --binarize sample
one gated --network gated --binarize sample
one autoencoder --model autoencoder --binarize none --optimizer rmsprop
echo "$runs runs of ${#programs[@]} builds with ${threads[*]} threads and resumed: the same bytes"
