#!/usr/bin/env bash
# Training that leaves the finite numbers stops with the op's name, or goes back to its last checkpoint; a code that
# says nothing is reported.
# usage: divergence.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
fail() { echo "FAILED  $*"; cat log; exit 1; }
awk 'BEGIN { srand(2); for (i = 0; i < 400; ++i) print rand() "," rand() "," 3 * rand() "," rand() - 1 }' >table.csv
wild() {  # RATE OUT options..
  "$program" train --data ./table.csv --likelihood gaussian --likelihood-scale per-dimension --hidden 16 --latent 2 --epochs 4 \
    --optimizer sgd --batch 40 --learning-rate "$1" --out "$2" "${@:3}" >stdout 2>log
}

wild 2 stopped; status=$?
(( status == 1 )) || fail "status $status instead of 1"
grep -q '^vaegrad train: training diverged in epoch [0-9]*, step [0-9]*: .*%[0-9]' log || fail 'no epoch, step or op'
tail -1 log | grep -q '^  hint: .*--learning-rate.*--on-divergence restore' || fail 'no hint'
[[ ! -s stdout ]] || fail 'something on stdout'

# Halved often enough, it gets through, and each time says so; the weights that are kept are finite.
wild 2 restored --on-divergence restore || fail 'restore does not get through'
halvings=$(grep -c '^  restored: from epoch' log)
(( halvings >= 1 )) || fail 'nothing was restored'
[[ $(wc -l <restored/metrics.csv) == 5 ]] || fail 'restored: rows of metrics.csv'
! grep -qi 'nan\|inf' restored/metrics.csv || fail 'restored: not finite'
awk -F, -v n="$halvings" 'END { rate = 2 / 2 ^ n; exit !($14 > 0.999 * rate && $14 < 1.001 * rate) }' restored/metrics.csv || fail 'restored: the rate is not halved each time'
"$program" train --config restored/config.ini --out again >stdout 2>log || fail 'restored: again'
diff -q <(cut -d, -f1,2,4- restored/metrics.csv) <(cut -d, -f1,2,4- again/metrics.csv) >/dev/null || fail 'restored: the same settings give other numbers'

# An impossible rate is given up, and what was kept still loads.
wild 1000 given-up --on-divergence restore; status=$?
(( status == 1 )) || fail "given up: status $status"
tail -1 log | grep -q 'halved 8 times' || fail 'given up: it does not say after how many halvings'

"$program" train --data ./table.csv --likelihood gaussian --hidden 8 --latent 2 --epochs 12 --learning-rate 0.03 --objective beta --beta 1000 --out silent >stdout 2>log || fail collapse
[[ $(grep -c 'the posterior has collapsed' log) == 1 ]] || fail 'collapse is not reported once'
grep -q '^  hint: --warmup [0-9]*, or --free-bits' log || fail 'collapse: no hint'
"$program" train --config silent/config.ini --validation 0 --out unseen >stdout 2>log || fail 'collapse without validation'
[[ $(grep -c 'the posterior has collapsed' log) == 1 ]] || fail 'collapse is not reported without validation data'
echo "diverged, restored $halvings times, collapsed: each is said"
