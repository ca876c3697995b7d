#!/usr/bin/env bash
# Every posterior and hierarchy through every command: what a run can do with it, or why not. By hand: posteriors.sh PROGRAM
set -euo pipefail
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=2
value() { sed -n "s/.*\"$1\": \(-\?[0-9.e+-]*\),*$/\1/p" "$2" | head -1; }

small=(--data shapes-16-3x4x8x6x6 --binarize threshold --hidden 32 --latent 3 --batch 256)
works data shapes-16-3x4x8x6x6 --binarize threshold --out images.idx
declare -A options=([gaussian]='' [full-covariance]='' [planar]='--flows 3' [radial]='--flows 3'
  [iaf]='--flows 2 --flow-width 12' [sylvester]='--flows 2' [von-mises-fisher]='--prior uniform-sphere')
names=$("$program" train --help | tr '\n' ' ' | sed 's/.*q(z|x): \([^[]*\)\[.*/\1/; s/[, ]\+/ /g')
for q in $names; do
  [[ -v options[$q] ]] || { wrong "no line of this test for --posterior $q"; continue; }
  read -ra more <<<"--posterior $q ${options[$q]}"
  works train "${small[@]}" "${more[@]}" --epochs 2 --out "$q"
  # k epochs, then the rest, are what all of them are
  works train "${small[@]}" "${more[@]}" --epochs 1 --out "$q-cut"
  works train --resume "$q-cut" --epochs 2
  cmp -s "$q/model.safetensors" "$q-cut/model.safetensors" || wrong "$q: resumed to other weights"
  # log p(x) is above the ELBO, by importance sampling
  works evaluate "$q" --particles 200 --limit 100
  awk -v nll="$(value nll out.txt)" -v elbo="$(value elbo out.txt)" \
    'BEGIN { exit !(nll > 0 && elbo < 0 && -nll > elbo - 1) }' || wrong "$q: $(cat out.txt)"
  works sample "$q" --count 20 --out s.npy
  works sample "$q" --count 20 --from aggregate --out s.png
  works reconstruct "$q" --out r.png
  works traverse "$q" --out t.png
  works traverse "$q" --split test --out t.png
  works interpolate "$q" --path spherical --out i.png
  works encode "$q" --mean --out mean.npy
  works encode "$q" --sample --out sample.npy
  works decode "$q" mean.npy --out d.npy
  if [[ $q == gaussian ]]; then
    works compress "$q" images.idx a.vg
  else
    refused 1 "--posterior $q" compress "$q" images.idx a.vg
  fi
  if [[ $q == von-mises-fisher ]]; then
    refused 2 'unit sphere' sample "$q" --temperature 0.5
    refused 2 'leaves the unit sphere' interpolate "$q" --path linear
    refused 2 'on a sphere' fit-prior "$q" --components 2
    works train "${small[@]}" "${more[@]}" --objective dreg --particles 2 --epochs 1 --out other
  else
    works fit-prior "$q" --components 2
    works evaluate "$q" --from mixture --particles 20 --limit 20
    works train "${small[@]}" "${more[@]}" --prior mixture --components 3 --epochs 1 --out other-mixture
  fi
  works train "${small[@]}" "${more[@]}" --model cvae --epochs 1 --out other-cvae
  works train "${small[@]}" "${more[@]}" --objective iwae --particles 3 --epochs 1 --out other-iwae
  rm -rf other*
done

layers=(--data shapes-16-3x4x8x6x6 --binarize threshold --hidden 32 --latent 3,2 --batch 256)
for h in bottom-up ladder top-down; do
  works train "${layers[@]}" --hierarchy $h --epochs 2 --out $h
  grep -q 'KL of each layer, from x up: [0-9.]*, [0-9.]* nats' out.txt || wrong "$h: $(cat out.txt)"
  works train "${layers[@]}" --hierarchy $h --epochs 1 --out $h-cut
  works train --resume $h-cut --epochs 2
  cmp -s $h/model.safetensors $h-cut/model.safetensors || wrong "$h: resumed to other weights"
  tr -d ' \n' <$h/summary.json | sed 's/.*"kl_per_latent":\[\([^]]*\)\].*/\1/' | tr , '\n' |
    awk -v active="$(value active_units $h/summary.json)" '$1 > 0.01 { ++n } END { exit !(active <= n && NR > 2) }' ||
    wrong "$h: active latents without KL: $(cat $h/summary.json)"
  works evaluate $h --particles 200 --limit 100
  awk -v nll="$(value nll out.txt)" -v elbo="$(value elbo out.txt)" -v kl="$(value kl out.txt)" \
    -v layers="$(tr -d ' \n' <out.txt | sed 's/.*"kl_per_layer":\[\([^]]*\)\].*/\1/')" 'BEGIN {
      n = split(layers, each, ","); for (i = 1; i <= n; i++) sum += each[i]
      exit !(n == 2 && (sum - kl) ^ 2 < 1e-4 && nll > 0 && -nll > elbo - 1) }' || wrong "$h: $(cat out.txt)"
  works sample $h --count 20 --out s.npy
  works sample $h --count 20 --from aggregate --out s.png
  works reconstruct $h --out r.png
  works traverse $h --out t.png
  works traverse $h --split test --out t.png
  works interpolate $h --out i.png
  works encode $h --mean --out mean.npy
  works encode $h --sample --out sample.npy
  works decode $h mean.npy --out d.npy
  works detect $h --data images.idx --limit 50 --out detected
  refused 1 'codes are of one layer' compress $h images.idx a.vg
  refused 2 'one of several layers' fit-prior $h --components 2
  refused 2 'around what the upper ones say' sample $h --temperature 0.5
  works train "${layers[@]}" --hierarchy $h --model cvae --epochs 1 --out other-cvae
  works train "${layers[@]}" --hierarchy $h --prior mixture --components 3 --epochs 1 --out other-mixture
  works train "${layers[@]}" --hierarchy $h --normalisation batch --layer-free-bits 0.5 --warmup 2 --epochs 2 --out other-batch
  works train "${layers[@]}" --hierarchy $h --objective iwae --particles 3 --epochs 1 --out other-iwae
  works evaluate other-iwae --particles 20 --limit 20
  rm -rf other*
done
works train "${layers[@]}" --hierarchy top-down --prior vamp --components 5 --epochs 1 --out other-vamp
refused 2 'only given the layer below' train "${layers[@]}" --prior vamp
refused 2 'only several layers of latents heeds it' train "${small[@]}" --hierarchy ladder
refused 2 'weighs means by variances' train "${layers[@]}" --hierarchy ladder --posterior iaf
refused 2 'holds q fixed' train "${layers[@]}" --objective dreg
refused 2 'only a vae has several layers' train "${layers[@]}" --model autoencoder
refused 2 'the most is 8' train --data shapes-16-3x4x8x6x6 --latent 1,1,1,1,1,1,1,1,1
refused 2 'both say what costs nothing' train "${layers[@]}" --hierarchy ladder --free-bits 0.1 --layer-free-bits 1
refused 2 'is not a list of numbers' train --data shapes-16-3x4x8x6x6 --latent 3,

refused 2 'the prior uniform-sphere' train "${small[@]}" --posterior von-mises-fisher
refused 2 'the posterior von-mises-fisher' train "${small[@]}" --prior uniform-sphere
refused 2 'only a posterior that is a flow heeds it' train "${small[@]}" --flows 7
refused 2 'only --posterior iaf heeds it' train "${small[@]}" --posterior planar --flow-width 7
refused 2 'knows it at its own draws alone' train "${small[@]}" --posterior iaf --objective dreg
refused 2 'has no value for each latent' train "${small[@]}" --posterior planar --free-bits 0.1
(( fails == 0 )) || exit 1
