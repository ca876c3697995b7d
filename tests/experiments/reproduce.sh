#!/usr/bin/env bash
# Every row of rows.ini runs, truncated; rows of one's own are run, evaluated and written down, from measured results
# only; a budget is kept and gone on from; what is wrong in a file of rows is said.
# usage: reproduce.sh PATH_OF_VAEGRAD
set -u
here=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd)
. "$here"/common.sh
unset OMP_NUM_THREADS
mkdir bare && for tool in gnuplot dot; do ln -s /bin/false bare/$tool; done
export PATH="$work/bare:$PATH"  # pictures are no part of this

rows=$(sed -n 's/^\[\(.*\)\]$/\1/p' "$here"/../../experiments/reproduce/rows.ini)
works reproduce all --quick --threads 2
[[ $(awk '{print $1}' out.txt) == "$rows" ]] || wrong "--quick ran other rows: $(cat err.txt)"
[[ $(awk '$5 !~ /^[0-9]+\.[0-9]+,?$/' out.txt) == '' ]] || wrong "--quick: no number: $(cat out.txt)"
[[ ! -e runs ]] || wrong '--quick left something'
VAEGRAD_DATA=/nowhere works reproduce conv-2 iwae-k1-static --quick
[[ $(wc -l <out.txt) == 2 ]] || wrong 'two rows'
grep -q '^mnist is missing: its rows run on fashion-mnist' err.txt || wrong "missing data are not said: $(cat err.txt)"

# rows of one's own
noise 600 8 8 noise.idx
cat >rows.ini <<'end'
[small]
paper = nobody, nowhere
table = 1
quantity = nll
published = 44.0
spread = 0.2
tolerance = 1.5
protocol = --data ./noise.idx --test-data ./noise.idx --binarize sample --hidden 8 --latent 2 --batch 50 --epochs 3
evaluate = --particles 20
hours = 0.001
[far]
paper = nobody, nowhere
table = 2
quantity = negative-elbo
published = 1
tolerance = 0.5
protocol = --data ./noise.idx --test-data ./noise.idx --binarize sample --hidden 8 --latent 2 --batch 20 --epochs 4000
evaluate = --particles 0
hours = 1
differs = everything
[own]
paper = our own
table = 3
quantity = negative-elbo
protocol = --data ./noise.idx --test-data ./noise.idx --binarize sample --hidden 8 --latent 2 --batch 50 --epochs 1
evaluate = --particles 0
hours = 1
end
works reproduce small --rows rows.ini
grep -q '^1 of 3 rows are measured; of the 1 of them that have a published number 1 are within' README.md || wrong "the page: $(cat README.md)"
[[ $(grep -c '^small,' results.csv) == 3 ]] || wrong "not three seeds: $(cat results.csv)"
for seed in 1 2 3; do
  nll=$(sed -n 's/^ *"nll": \(.*\),$/\1/p' runs/reproduce/small_seed-$seed/evaluation.json)
  awk -F, -v nll="$nll" -v seed=$seed '$2 == seed && ($3 - nll) ^ 2 < 1e-10 {found = 1} END {exit !found}' results.csv ||
    wrong "seed $seed: $nll is not in $(cat results.csv)"
done
mean=$(awk -F, '/^small/ {sum += $3} END {printf "%.2f", sum / 3}' results.csv)
spread=$(awk -F, '/^small/ {s += $3; q += $3 * $3} END {printf "%.2f", sqrt((q - s * s / 3) / 2)}' results.csv)
grep -qF "| nll | 44 ± 0.2 | 1.5 | $mean | 1, 2, 3 | $spread |" README.md || wrong "not $mean ± $spread: $(grep small README.md)"
grep -q '^| `far` .* everything |' README.md || wrong 'the row that misses is not listed'
before=$(cat results.csv)
works reproduce small --rows rows.ini
[[ $(cat results.csv) == "$before" ]] || wrong 'what was measured was measured again'

# an evaluation of something else takes the place of none
for other in '--particles 20 --limit 5' '--particles 5' '--particles 20 --seed 9' '--particles 20 --binarize threshold'; do
  works evaluate runs/reproduce/small_seed-1 $other
  works reproduce small --rows rows.ini
  [[ $(cat results.csv) == "$before" ]] || wrong "evaluate $other changed results.csv: $(cat results.csv)"
done
sed 's/--hidden 8 --latent 2 --batch 50 --epochs 3/--hidden 9 --latent 2 --batch 50 --epochs 3/' rows.ini >nine.ini
refused 2 'it holds another run: its hidden is 8, not 9' reproduce small --rows nine.ini --seeds 1..1
refused 1 'it holds another run: its hidden is 8, not 9' reproduce small own --rows nine.ini --seeds 1..1
grep -q '^own' results.csv || wrong 'a bad row keeps the others from being written'
sed -i '/^own/d' results.csv

# a row without a published number is measured like others, and counts for none
works reproduce own --rows rows.ini
grep -q '^2 of 3 rows are measured; of the 1 of them that have a published number 1 are within' README.md || wrong "own: $(cat README.md)"
grep -Eq '^\| `own` \| our own: 3 \| negative-elbo \| none \|  \| [0-9.]+ \| 1 \|  \|  \|  \|' README.md || wrong "own: $(grep own README.md)"
works reproduce --rows rows.ini
grep -Eq '^  own +negative-elbo +- +[0-9.]+ ' out.txt || wrong "own is not listed: $(cat out.txt)"

# a budget: what runs is saved, and goes on another time
works reproduce far --rows rows.ini --budget 0.0003
grep -q 'the budget of 0.0003 hours is used up' err.txt || wrong "the budget: $(cat err.txt)"
[[ -e runs/reproduce/far_seed-1/checkpoint.safetensors ]] || wrong 'the budget ended, and nothing was saved'
! grep -q '^far' results.csv || wrong 'half a run was written down'
sed -i 's/--epochs 4000/--epochs 40000/' rows.ini
works reproduce far --rows rows.ini --budget 0.0003
grep -q 'going on from epoch' runs/reproduce/log/far_seed-1.txt || wrong "it did not go on: $(cat runs/reproduce/log/far_seed-1.txt)"

# another protocol sets what was measured aside
sed -i 's/--epochs 3/--epochs 4/' rows.ini
works reproduce --rows rows.ini
grep -Eq '^  small +nll +44.00 +- ' out.txt || wrong "another protocol, the old number: $(cat out.txt)"

refused 2 "there is no row 'iwae'" reproduce iwae
sed 's/published/publishd/' rows.ini >other.ini
refused 1 "there is no 'publishd'" reproduce small --rows other.ini
sed 's/^published = 44.0/published = lots/' rows.ini >other.ini
refused 1 "'lots' is not a number" reproduce small --rows other.ini
sed 's/--latent 2/--latent none/' rows.ini >other.ini
refused 1 '[small]: --latent' reproduce small --rows other.ini --out other
refused 2 '--budget' reproduce small --budget 0
refused 2 'which row' reproduce --budget 2
mkdir marked && cp rows.ini marked/ && echo 'words of my own' >marked/README.md
refused 1 'the marks of its table are gone' reproduce small --rows marked/rows.ini --out marked/runs
[[ ! -e marked/runs && $(cat marked/README.md) == 'words of my own' ]] || wrong 'trained before it was seen that the page cannot be written'
printf 'before\n<!-- measured: written by vaegrad reproduce -->\n<!-- end -->\nafter\n' >marked/README.md
works reproduce own --rows marked/rows.ini --out marked/runs --seeds 1..1
[[ $(sed -n '1p;$p' marked/README.md | xargs) == 'before after' ]] || wrong "words around the table: $(cat marked/README.md)"

# bits back: of the archive that compress writes, in bits a pixel of the 600 test images
cat >packed.ini <<'end'
[packed]
paper = nobody, nowhere
table = 1
quantity = bits-back
published = 1
tolerance = 0.02
protocol = --data ./noise.idx --test-data ./noise.idx --binarize sample --hidden 8 --latent 2 --batch 50 --epochs 1
evaluate = --particles 0
hours = 0.6
end
mkdir packed && works reproduce packed --rows packed.ini --out packed
bytes=$(wc -c <packed/packed_seed-1/test.vae)
awk -F, -v bytes="$bytes" '/^packed,1,/ && ($3 - bytes * 8 / (600 * 64)) ^ 2 < 1e-12 && $3 > 0.5 && $3 < 2 {found = 1} END {exit !found}' results.csv ||
  wrong "$bytes bytes of 600 images are not $(grep packed results.csv)"
echo "$fails wrong"
(( fails == 0 ))
