#!/usr/bin/env bash
# compare ranks runs by test ELBO, and only those that were tested on the same examples in the same way;
# evaluate gives the same numbers twice, and takes other data.
# usage: compare.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
failures=0
fail() { ((++failures)); echo "FAILED  $*"; sed 's/^/        /' out log; }
labels() { header "$1"; head -c "$1" /dev/zero | tr '\0' "$2"; }
noise 600 8 6 grey.idx
noise 600 8 6 other.idx
{ header 50 8 6; head -c $((50 * 48)) /dev/zero | tr '\0' '\1'; } >ones.idx
{ header 50 9 6; head -c $((50 * 54)) /dev/zero | tr '\0' '\1'; } >larger.idx
labels 600 '\1' >labels.idx
labels 50 '\1' >labels-ones.idx

train() {
  local out=$1; shift
  "$program" train --hidden 16 --latent 2 --batch 50 --out "$out" "$@" >out 2>log || fail "train $*"
}
train short  --data ./grey.idx  --binarize sample --epochs 1 --learning-rate 1e-5 --output-bias zero
train long   --data ./grey.idx  --binarize sample --epochs 6
train middle --data ./grey.idx  --binarize sample --epochs 2 --learning-rate 1e-4 --output-bias zero
train given  --data ./grey.idx  --binarize sample --epochs 3 --model cvae --labels labels.idx
train grey   --data ./grey.idx  --binarize none   --epochs 1
train seeded --data ./grey.idx  --binarize sample --epochs 1 --seed 2
train data   --data ./other.idx --binarize sample --epochs 1
train gauss  --data ./grey.idx  --likelihood gaussian --epochs 1
train plain  --data ./grey.idx  --binarize sample --epochs 1 --model autoencoder

# four runs: one table by ELBO, one picture
"$program" compare short long middle given >out 2>log || fail 'compare four runs'
elbo() { sed -n 's/.*"test_elbo": //p' "$1/summary.json" | tr -d ,; }
best_first=$(for r in short long middle given; do echo "$(elbo $r) $r"; done | sort -gr | cut -d' ' -f2 | xargs)
ranked=$(awk '$NF ~ /^(short|long|middle|given)$/ {print $NF}' out | xargs)
[[ $ranked == "$best_first" ]] || fail "ranked '$ranked', by ELBO it is '$best_first'"
[[ $(grep -c 'test examples' out) == 1 ]] || fail 'four runs on the same examples are one group'
(( $(wc -L <out) <= 80 )) || fail 'wider than 80 columns'
if command -v gnuplot >/dev/null; then
  [[ $(find . -maxdepth 1 -name '*.png' | xargs) == ./comparison.png ]] || fail 'there is one picture'
fi

# what does not compare stands apart
for other in grey seeded data gauss; do
  "$program" compare long $other --out two.png >out 2>log || fail "compare long $other"
  [[ $(grep -c 'test examples' out) == 2 ]] || fail "long and $other were ranked together"
done
"$program" compare plain long --out two.png >out 2>log || fail 'compare with an autoencoder'
[[ $(awk '$NF ~ /^(plain|long)$/ {print $NF}' out | xargs) == 'long plain' ]] || fail 'no ELBO comes last'

# a folder of runs: tables are written, though one has kept none of its epochs and one is damaged
mkdir several && cp -r short long middle several/ && cp -r long several/again && rm several/short/metrics.csv
cp -r grey several/ && echo '{' >several/grey/summary.json
"$program" compare several --csv t.csv --markdown t.md --latex t.tex >out 2>log || fail 'compare a folder'
grep -q 'several/grey: left out: .*damaged' log || fail 'a damaged run is left out'
grep -q 'another run has its setting and seed' log || fail 'a copy is left out'
[[ $(head -1 t.csv) == data,* && $(grep -c . t.csv) == 4 ]] || fail "the CSV: $(cat t.csv)"
grep -q '^|' t.md && grep -q 'toprule' t.tex || fail 'Markdown and LaTeX'

# evaluate
for n in 1 2; do "$program" evaluate long --particles 20 --threads $n >$n.json 2>log || fail "evaluate"; done
cmp -s 1.json 2.json || fail 'evaluated twice, the numbers differ'
"$program" evaluate long --particles 20 --seed 7 >3.json 2>log
! cmp -s 1.json 3.json || fail '--seed changes nothing'
for key in elbo log_likelihood kl nll nll_standard_error nll_standard_error_examples effective_sample_size \
           bits_per_dimension active_units kl_per_latent particles examples split; do
  grep -q "\"$key\": [^n]" 1.json || fail "evaluate: no $key"
done
key() { sed -n "s/^  \"$1\": //p" "$2" | tr -d ',"'; }
[[ $(key elbo 1.json) == $(elbo long) ]] || fail 'evaluate and summary.json differ'
[[ $(key examples 1.json) == 60 ]] || fail 'a tenth of 600 examples are for testing'

evaluate() { "$program" evaluate "$@" --particles 0 >out 2>log; }
evaluate long --data ./grey.idx && [[ $(key split out) == test && $(key examples out) == 60 ]] || fail '--data: its own file, its own split'
evaluate long --data ./grey.idx --split all && [[ $(key split out) == all && $(key examples out) == 600 ]] || fail '--split all: all of it'
evaluate long --data ./grey.idx --split test && [[ $(key elbo out) == $(elbo long) ]] || fail '--data: its own file, its own split'
evaluate long --binarize threshold && [[ $(key binarize out) == threshold ]] || fail '--binarize threshold'
evaluate long --data ./ones.idx && [[ $(key binarize out) == null && $(key examples out) == 50 ]] || fail 'a binary file needs no --binarize'
evaluate given --data ./ones.idx --labels labels-ones.idx && [[ $(key examples out) == 50 ]] || fail '--labels'
refused() { grep -qF "$1" log || fail "not '$1'"; grep -q '^  hint: ' log || fail 'no hint'; }
! evaluate given --data ./ones.idx; refused 'has no labels'
! evaluate long --data ./larger.idx; refused 'images of 9 x 6, but the run was trained on 8 x 6'
! evaluate long --data ./ones.idx --binarize sample; refused 'binary already'
! evaluate long --data ./missing.idx; refused 'missing.idx'

printf '%d failures\n' "$failures"
(( failures == 0 ))
