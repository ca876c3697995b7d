#!/usr/bin/env bash
# Data of any shape train: images that are not square, small, large, tables of numbers, a file of ten examples.
# usage: shapes_of_data.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
fail() { echo "FAILED  $*"; cat log; exit 1; }

# trains NAME EXAMPLES options..: two epochs, finite numbers, every file of a run, and it can be evaluated
runs=0
trains() {
  local name=$1 examples=$2; shift 2
  "$program" train "$@" --hidden 16 --latent 3 --epochs 2 --batch 32 --out "$name" >log 2>&1 || fail "$name: $*"
  grep -q "training on .*: $examples examples" log || fail "$name: not $examples training examples"
  [[ $(wc -l <"$name"/metrics.csv) == 3 ]] || fail "$name: metrics.csv"
  ! grep -qi nan "$name"/metrics.csv || fail "$name: NaN in metrics.csv"
  for file in config.ini summary.json checkpoint.safetensors model.safetensors best.safetensors curves.png reconstructions.png; do
    [[ -s $name/$file ]] || fail "$name: no $file"
  done
  "$program" evaluate "$name" --particles 20 >evaluation 2>log || fail "$name: evaluate"
  grep -q '"nll": -\?[0-9]' evaluation || fail "$name: no nll"
  ((++runs))
}
for size in '28 20' '8 8' '16 16' '64 64' '1 1'; do
  read -r height width <<<"$size"
  noise 60 "$height" "$width" "images-$height-$width.idx"
  trains "images-$height-$width" 48 --data "./images-$height-$width.idx" --binarize sample
done
noise 10 5 7 ten.idx
trains ten 8 --data ./ten.idx --binarize none
trains one-batch 8 --data ./ten.idx --likelihood beta-binomial
awk 'BEGIN { srand(1); for (i = 0; i < 200; ++i) { line = ""; for (j = 0; j < 30; ++j) line = line (j ? "," : "") (1000 * j + (j + 1) * (rand() + rand() + rand())); print line } }' >table.csv
trains table 160 --data ./table.csv --likelihood gaussian --standardise
awk -F, -v OFS=, '{ for (j = 1; j <= NF; ++j) $j /= 10000 } 1' table.csv >small.csv
trains table-as-it-is 160 --data ./small.csv --likelihood gaussian --likelihood-scale per-dimension
# The log-Jacobian: both models have the same data, so their ELBOs are densities of the same numbers; 30 columns of
# deviation (j + 1) / 2 are worth 30 log 1/2 + log 30! = 53.9 nats, which a missing term would show.
elbo() { sed -n 's/ *"elbo": \(.*\),/\1/p' evaluation; }
"$program" train --data ./table.csv --likelihood gaussian --standardise --hidden 64 --latent 2 --epochs 60 --out scaled >log 2>&1 || fail scaled
"$program" evaluate scaled --particles 0 >evaluation 2>log || fail scaled
awk -v elbo="$(elbo)" 'BEGIN { want = 0; for (j = 1; j <= 30; ++j) want -= log(j / 2) + 0.5 * log(2 * 3.14159265 * 2.718281828); exit !(elbo < want + 4 && elbo > want - 8) }' || fail "standardised: ELBO $(elbo)"
# An example of some classes only, and a part of an image given.
noise 90 6 6 labelled.idx
{ printf '\0\0\10\1\0\0\0\132'; for i in {0..89}; do printf "\\x0$((i % 3))"; done; } >labels.idx
trains classes 49 --data ./labelled.idx --labels ./labels.idx --classes 0,2 --binarize none
trains cvae 72 --data ./labelled.idx --labels ./labels.idx --model cvae --binarize none
for n in 1 2 3; do
  trains "quadrants-$n" 72 --data ./labelled.idx --model cvae --condition "quadrants:$n" --prior conditional --binarize none
  [[ -s quadrants-$n/baseline/summary.json && -s quadrants-$n/samples.png ]] || fail "quadrants-$n: no baseline"
  grep -q '"baseline_log_likelihood": -' evaluation || fail "quadrants-$n: no baseline in the evaluation"
done
echo "$runs shapes of data trained"
