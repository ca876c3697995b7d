#!/usr/bin/env bash
# --likelihood ms-ssim, which is no likelihood: what a run of it says and leaves has no log p(x) anywhere, what would need
# one is refused by name, and on Fashion-MNIST its reconstructions have a better MS-SSIM than those of likelihoods.
# usage: ms_ssim.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh

noise 300 16 16 noise.idx
small=(--data ./noise.idx --hidden 16 --latent 3 --epochs 2)
no='ms-ssim is no likelihood: -W D (1 - MS-SSIM)'
works train "${small[@]}" --likelihood ms-ssim --ms-ssim-weight 0.5 --out run
grep -qF "$no stands for log p(x|z), W = 0.5, D = 256" err.txt || wrong "not said: $(cat err.txt)"
grep -qF '1 of 5 scales fit (16 x 16; the window is 11 x 11), of weight 1' err.txt || wrong "scales: $(cat err.txt)"
grep -q 'ELBO' out.txt err.txt && wrong 'an ELBO was printed'
grep -q '^test -W D (1 - MS-SSIM) -[0-9.]*, no log p(x|z); KL ' out.txt || wrong "the end: $(cat out.txt)"
for key in test_elbo test_log_likelihood; do grep -q "\"$key\": null" run/summary.json || wrong "summary.json: $key"; done
grep -q '"test_distance": [0-9]' run/summary.json || wrong 'summary.json: no test_distance'
# columns of metrics.csv, by name: those of log p(x|z) are empty, the others are there
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  { for (name in at) if ((name ~ /elbo|log_likelihood/) != ($at[name] == "")) bad = 1 } END { exit bad || NR < 3 }' run/metrics.csv ||
  wrong "metrics.csv: $(cat run/metrics.csv)"

works evaluate run
for key in elbo log_likelihood nll bits_per_dimension effective_sample_size; do
  grep -q "\"$key\": null" out.txt || wrong "evaluate: $key is a number"
done
for key in distance ms_ssim kl; do grep -q "\"$key\": [0-9]" out.txt || wrong "evaluate: no $key"; done
# distance = W D (1 - MS-SSIM), of the same draws
awk -F'[:,]' '/"distance"/ { d = $2 } /"ms_ssim"/ { m = $2 } END { e = d / 128 - (1 - m); exit !(e * e < 1e-10) }' out.txt ||
  wrong "distance and ms_ssim differ: $(cat out.txt)"

refused 2 "--particles 5: $no" evaluate run --particles 5
for score in log-px elbo complexity; do refused 2 "--score $score: $no" detect run --data ./noise.idx --score $score; done
works train "${small[@]}" --likelihood ms-ssim --ms-ssim-weight 0.5 --mutate 0.2 --out background
refused 2 "--score ratio: $no" detect run --data ./noise.idx --score ratio --background background
works detect run --data ./noise.idx
grep -qF 'log-px (needs a likelihood); elbo (needs a likelihood)' err.txt || wrong "detect: $(cat err.txt)"
refused 2 "--graphs bound: $no" export run --onnx run.onnx --graphs bound
works export run --onnx run.onnx
refused 1 'the ms-ssim likelihood is no probability of bytes' compress run noise.idx noise.vae
refused 2 "$no" page run --out run.html
for objective in iwae dreg miwae piwae ciwae tvo; do
  refused 2 "--objective $objective: it weighs draws by p(x|z), and --likelihood $no" \
    train "${small[@]}" --likelihood ms-ssim --objective $objective --out other
done
refused 2 'compares whole ones' train "${small[@]}" --likelihood ms-ssim --model cvae --condition quadrants:1 --prior conditional --out other
refused 2 'would be ignored: only --likelihood ms-ssim heeds it' train "${small[@]}" --ms-ssim-weight 2 --out other
noise 300 10 16 low.idx
refused 2 'whole images of at least 11 x 11, the size of its window, and these are 10 x 16' train --data ./low.idx --likelihood ms-ssim --out other
printf '1,2\n3,4\n5,6\n7,8\n2,3\n4,5\n6,7\n8,9\n1,3\n2,5\n' >table.csv
refused 2 'ms-ssim' train --data ./table.csv --likelihood ms-ssim --out other
[[ ! -e other ]] || wrong 'a refused training left a folder'
for more in '--objective beta --beta 4' '--model autoencoder' '--objective tc' '--objective mmd' '--objective rae-l2' '--posterior iaf'; do
  read -ra options <<<"$more"
  works train "${small[@]}" --likelihood ms-ssim "${options[@]}" --out other --overwrite
  works evaluate other
done
works compare run other
works sample run --count 9 --out nine.png

# some 390 steps: E[x|z] of the same network by its MS-SSIM with the test images
if [[ -d /usr/share/datasets/fashion-mnist ]]; then
  similarity() {  # LIKELIHOOD options..
    works train --data fashion-mnist --classes 0,1,2 --hidden 200 --latent 16 --epochs 3 --validation 0 --likelihood "$@" --out "$1"
    works evaluate "$1" --particles 0
    sed -n 's/.*"ms_ssim": *\([0-9.]*\).*/\1/p' out.txt
  }
  best=$(similarity ms-ssim) bernoulli=$(similarity bernoulli --binarize none) gaussian=$(similarity gaussian)
  echo "MS-SSIM of reconstructions: ms-ssim $best, bernoulli $bernoulli, gaussian $gaussian"
  awk -v a="$best" -v b="$bernoulli" -v c="$gaussian" 'BEGIN { exit !(a > 0.5 && a > b + 0.005 && a > c + 0.005) }' ||
    wrong "ms-ssim $best, bernoulli $bernoulli, gaussian $gaussian"
fi
(( fails == 0 ))
