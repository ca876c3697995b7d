#!/usr/bin/env bash
# vaegrad disentangle --sweep: settings of a sweep ranked by how much the runs of each agree that differ by their seed.
# usage: udr.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
noise 400 4 3 noise.idx
sweep=(--data ./noise.idx --likelihood gaussian --likelihood-scale fixed:0.1 --hidden 16 --epochs 4 --validation 0 --threads 1)
works sweep "${sweep[@]}" --vary latent=2,3 --seeds 1..3 --out all

works disentangle --sweep all
cp all/udr.json first.json
grep -q '^ *median ' out.txt || wrong "no table: $(cat out.txt)"
for latent in 2 3; do grep -q "  3  latent=$latent\$" out.txt || wrong "latent=$latent is not in the table: $(cat out.txt)"; done
[[ $(grep -c '"seed"' all/udr.json) == 6 && $(grep -c '"setting"' all/udr.json) == 2 ]] || wrong "udr.json: $(cat all/udr.json)"
# the median of three pairs is the one between; none is outside 0..1; the best setting comes first
awk '/"udr"/ { gsub(/[^0-9.e-]/, "", $2); if ($2 < 0 || $2 > 1) exit 1; ++n } END { exit n != 14 }' all/udr.json || wrong "udr.json: $(cat all/udr.json)"
awk '$5 ~ /^latent=/ { if (seen++ && $1 > before) bad = 1; before = $1 } END { exit bad || seen != 2 }' out.txt || wrong "not ranked: $(cat out.txt)"
works disentangle --sweep all --threads 2
cmp -s all/udr.json first.json || wrong 'two threads give other numbers'
works disentangle --sweep all --limit 50 --split test --out elsewhere
grep -q '"images": 40' elsewhere/udr.json || wrong 'a tenth of 400 images are for testing'

# ---- where factors are known: every score of every run, beside -log p(x|z); of sweeps in a folder too
shapes=(--data shapes-16-3x4x8x6x6 --binarize threshold --hidden 16 --latent 3 --epochs 1 --validation 0 --threads 1)
works sweep "${shapes[@]}" --vary objective=elbo --seeds 1..2 --out known/a
works sweep "${shapes[@]}" --objective tc --vary tc-weight=2,4 --seeds 1..2 --out known/b
works disentangle --sweep known
[[ $(wc -l <known/scores.csv) == 7 && -s known/pareto.png ]] || wrong "scores of sweeps: $(cat out.txt known/scores.csv)"
# names of settings have what their objective heeds
for name in objective=elbo 'objective=tc tc-weight=2' 'objective=tc tc-weight=4'; do
  grep -qx "$name" out.txt && grep -q "\"$name\"" known/scores.csv || wrong "$name is no setting: $(cat out.txt)"
done
# .. equal to those of the run alone, on as many images
run=known/b/tc-weight-4_seed-2
works disentangle $run
images=$(sed -n 's/^\([0-9]*\) images of.*/\1/p' out.txt)
works disentangle --sweep known --limit "$images" --threads 2
of_run() { sed -n "s/.*\"$1\": *\([0-9.e-]*\).*/\1/p" $run/disentangle/disentangle.json; }
of_sweep() { awk -F, -v column="$1" -v run="$run" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i } index($1, run) { print $at[column] }' known/scores.csv; }
for score in mig sap modularity irs explicitness; do
  awk -v a="$(of_run $score)" -v b="$(of_sweep $score)" 'BEGIN { exit !(a != "" && b != "" && (a - b) ^ 2 < 1e-12) }' ||
    wrong "$score: of the run $(of_run $score), in the sweep $(of_sweep $score)"
done

# what cannot be ranked is left out, and said
works sweep "${sweep[@]}" --vary latent=4 --seeds 1..1 --out all
works disentangle --sweep all
grep -q 'vae 16-4 elbo: left out, it has one seed' err.txt || wrong "one seed: $(cat err.txt)"
rm all/latent-3*/summary.json
works disentangle --sweep all
[[ $(grep -c 'left out, it is not finished' err.txt) == 3 ]] || wrong "unfinished: $(cat err.txt)"
works sweep "${sweep[@]}" --vary model=autoencoder --seeds 1..2 --out plain
refused 1 'no setting has two runs' disentangle --sweep plain
grep -q 'has no KL for each latent' err.txt || wrong "autoencoder: $(cat err.txt)"
mkdir empty
refused 1 'nowhere: there is no such folder' disentangle --sweep nowhere
refused 1 'nowhere: there is no such folder' compare nowhere
refused 1 '--sweep empty: there is no finished run in it' disentangle --sweep empty
refused 2 'would be ignored' disentangle --sweep all --bins 20
refused 2 'would be ignored: only --sweep heeds it' disentangle --limit 20
"$program" disentangle --help | grep -q -- '--sweep DIR' || wrong 'no help'
(( fails == 0 ))
