#!/usr/bin/env bash
# Runs are killed with SIGKILL at random moments, taken up again and killed again; what comes out is byte for byte
# what a run in one go gives, every time. The checkpoints are large and frequent, so that many die while they write one.
# Of one player, and of two: a critic and a discriminator with optimisers of their own.
# usage: killed.sh PATH_OF_VAEGRAD [KILLS [SEED]]        of each; some 0.5 s of one core per kill
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
kills=${2-10}
RANDOM=${3-$$}
fail() { echo "FAILED  $*"; cat log; exit 1; }
noise 600 16 16 noise.idx
for objective in elbo factor adversarial; do
  settings=(train --data ./noise.idx --binarize sample --hidden 300 --latent 5 --batch 100 --epochs 12 --keep-every 4 --keep checkpoint
    --objective $objective)

  rm -rf straight
  started=$EPOCHREALTIME
  # no gnuplot in /nowhere: pictures are no part of this
  PATH=/nowhere "$program" "${settings[@]}" --out straight >log 2>&1 || fail 'straight run'
  length=$(( ${EPOCHREALTIME/./} - ${started/./} ))  # us
  killed=0 writing=0 rounds=0
  while (( killed < kills )); do
    rm -rf broken
    ((++rounds))
    for ((attempt = 0; ; ++attempt)); do
      if [[ -e broken/checkpoint.safetensors ]]; then
        PATH=/nowhere "$program" train --resume broken >log 2>&1 &
      else
        PATH=/nowhere "$program" "${settings[@]}" --out broken --overwrite >log 2>&1 &
      fi
      pid=$!
      if (( killed < kills && attempt < 20 )); then
        moment=$(( (RANDOM * 32768 + RANDOM) % length ))
        printf -v moment '%d.%06d' $((moment / 1000000)) $((moment % 1000000))
        sleep "$moment"
        kill -KILL $pid 2>/dev/null
      fi
      { wait $pid; status=$?; } 2>/dev/null
      (( status == 0 )) && break
      (( status == 137 )) || fail "status $status"
      ((++killed))
      compgen -G 'broken/*.tmp' >/dev/null && ((++writing))
    done
    for file in straight/*.safetensors; do
      name=${file##*/}
      [[ $name == checkpoint* ]] && continue  # has the seconds that training took
      cmp -s "$file" "broken/$name" || fail "$name: other bytes after $attempt kills"
    done
    diff -q <(cut -d, -f1,2,4- straight/metrics.csv) <(cut -d, -f1,2,4- broken/metrics.csv) >/dev/null || fail 'other metrics'
    [[ $(cd straight && echo *.safetensors) == $(cd broken && echo *.safetensors) ]] || fail 'other files'
  done
  echo "$objective: $killed runs were killed, $writing of them while a file was being written; $rounds runs came to their end, all with the same bytes"
done
