#!/usr/bin/env bash
# The commands that use a trained run, on small runs made here: uses.sh PROGRAM
set -euo pipefail
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=2
size() { stat -c %s "$1"; }

"$program" train --data shapes-16-3x4x8x6x6 --binarize threshold --hidden 64 --latent 6 --epochs 3 \
  --out run >/dev/null 2>&1

# ---- encode: 3456 images, a seventh of them for testing, 6 numbers of 4 bytes each after 128 of header
"$program" encode run --mean --out mean.npy --labels-out labels.npy >said.txt
images=$(sed -n 's/.*: \([0-9]*\) x 6, the mean of q(z|x).*/\1/p' said.txt)
[[ $(size mean.npy) == $((128 + images * 24)) && $(size labels.npy) == $((128 + images)) ]] ||
  wrong "mean.npy, labels.npy: $(size mean.npy), $(size labels.npy) bytes for $images images"
"$program" encode run --mean --threads 1 --out again.npy >/dev/null
cmp -s mean.npy again.npy || wrong "two means of the same images differ"
"$program" encode run --sample --out sample.npy >/dev/null
"$program" encode run --sample --out sample2.npy >/dev/null
cmp -s sample.npy sample2.npy || wrong "two samples of the same images differ"
cmp -s mean.npy sample.npy && wrong "samples are means"
"$program" encode run --mean --data shapes-16-3x4x8x6x6 --out named.npy >/dev/null
cmp -s mean.npy named.npy || wrong "a named set's test images are not those of the run's test split"
refused 2 'which code' encode run
refused 2 'which code' encode run --mean --sample
refused 1 'images of 28 x 28, but the run was trained on 16 x 16' encode run --mean --data fashion-mnist
noise 20 16 16 others.idx
refused 2 '--split belongs to the run' encode run --mean --data ./others.idx --split train

# ---- export --half: half the bytes, nearly the same numbers; no resuming
"$program" export run --half small >said.txt
(( $(size small/model.safetensors) * 19 < $(size run/model.safetensors) * 10 )) || wrong "small/model.safetensors: $(size small/model.safetensors) bytes"
nll() { sed -n 's/.*"nll": *\([0-9.]*\).*/\1/p' "$1/evaluation.json"; }
for folder in run small; do "$program" evaluate $folder --particles 50 --limit 100 >/dev/null 2>&1; done
awk -v a="$(nll run)" -v b="$(nll small)" 'BEGIN { d = a - b; exit !(a > 1 && a != b && d * d < 0.05 * 0.05) }' ||
  wrong "-log p(x) $(nll run), rounded $(nll small)"
grep -q "$work" run/data.json || wrong 'the run does not say where it was trained'
! grep -rlF "$work" small || wrong 'a run that is handed on says where it was trained'
grep -q '"files": \[\]' small/data.json || wrong "a set known by name: $(cat small/data.json)"
works sample small --count 4 --out four.npy
works encode small --mean --out small.npy
refused 2 'it is there, and not empty' export run --half small
refused 2 'one of them at a time' export run --half other --onnx a.onnx
refused 2 '--particles: --half copies weights' export run --half other --particles 3
refused 1 'no checkpoint to go on from' train --resume small
[[ ! -e other ]] || wrong "a refused export left its folder"

# ---- fit-prior: samples and densities of a prior fitted to the codes; it belongs to the weights
refused 1 'no mixture was fitted' sample run --from mixture
refused 2 "there is no 'vamp'" sample run --from vamp
refused 2 '--components: a two-stage has none' fit-prior run --prior two-stage --components 3
refused 2 '--epochs: a mixture is fitted until it gains no more' fit-prior run --epochs 3
refused 1 'components of' fit-prior run --components 10000
works fit-prior run
chosen=$(sed -n 's/^ *"components": \(.*\),$/\1/p' run/prior-mixture/fit.json)
awk '/"test_log_density"/ { a = $2 + 0 } /standard_normal/ { b = $2 + 0 } END { exit !(a > b) }' run/prior-mixture/fit.json &&
  [[ $chosen -ge 1 && $chosen -le 50 ]] || wrong "few codes, and what is chosen of them: $(cat run/prior-mixture/fit.json)"
"$program" fit-prior run --components 5 >said.txt 2>/dev/null
read -r fitted normal < <(sed -n 's/.*test codes \(-[0-9.]*\) nats, under N(0, I) \(-[0-9.]*\);.*/\1 \2/p' said.txt)
awk -v a="$fitted" -v b="$normal" 'BEGIN { exit !(a > b) }' || wrong "a mixture is no better than N(0, I): $(cat said.txt)"
"$program" fit-prior run --prior two-stage --epochs 2 >/dev/null 2>&1
refused 2 '--flows: a mixture has none' fit-prior run --flows 3
refused 2 '--components: a flow has none' fit-prior run --prior flow --components 3
"$program" fit-prior run --prior flow --flows 4 --epochs 3 >said.txt 2>err.txt
grep -q '^epoch 3/3  log p(z) -[0-9.]*  valid -' err.txt || wrong "a flow's epochs: $(cat err.txt)"
read -r fitted normal < <(sed -n 's/.*test codes \(-[0-9.]*\) nats, under N(0, I) \(-[0-9.]*\);.*/\1 \2/p' said.txt)
awk -v a="$fitted" -v b="$normal" 'BEGIN { exit !(a > b) }' || wrong "a flow is no better than N(0, I): $(cat said.txt)"
nll() { "$program" evaluate run --particles 300 --limit 60 "$@" 2>/dev/null | sed -n 's/.*"nll": \([0-9.]*\),/\1/p'; }
awk -v a="$(nll --from mixture)" -v b="$(nll)" 'BEGIN { exit !(a > 0 && a < b) }' || wrong 'no better -log p(x) by a mixture'
awk -v a="$(nll --from flow)" -v b="$(nll)" 'BEGIN { exit !(a > 0 && a < b) }' || wrong 'no better -log p(x) by a flow'
for from in mixture two-stage flow; do
  "$program" sample run --from $from --out s.png >/dev/null
  "$program" sample run --from $from --count 40 --out s.npy >/dev/null
  "$program" sample run --from $from --count 40 --threads 1 --out s1.npy >/dev/null
  cmp -s s.npy s1.npy || wrong "samples from $from depend on the threads"
  "$program" sample run --count 40 --out p.npy >/dev/null
  cmp -s s.npy p.npy && wrong "samples from $from are the prior's"
done
# of training are the nats that cost nothing, and the data; a fit to the best weights is theirs
works train --data shapes-16-3x4x8x6x6 --binarize threshold --hidden 16 --latent 4 --epochs 2 --validation 100 --free-bits 0.1 --out free
works fit-prior free --components 3
works evaluate free --from mixture --particles 5 --limit 20
cp free/prior-mixture/fit.json before.json
noise 200 16 16 foreign.idx
refused 2 'other data than those of the run' fit-prior free --data foreign.idx
refused 2 'other data than those of the run' quality free --data foreign.idx --classifier-epochs 1
cmp -s before.json free/prior-mixture/fit.json || wrong 'a refused fit took the place of another'
works fit-prior free --components 3 --weights best
grep -q -- "--weights best --from mixture draws" out.txt || wrong "how to draw: $(cat out.txt)"
works $(sed -n 's/^vaegrad \(.*\) draws from it$/\1/p' out.txt) --out b.png
cp -r run moved
"$program" train --resume moved --epochs 4 >/dev/null 2>&1
refused 1 'fitted to other weights' sample moved --from mixture
"$program" fit-prior moved --prior two-stage --epochs 2 >/dev/null 2>err.txt || wrong "no second stage of new codes: $(cat err.txt)"
"$program" sample moved --from two-stage --out s.png >/dev/null || wrong 'no samples from the new second stage'
"$program" train --data shapes-16-3x4x8x6x6 --model autoencoder --binarize none --hidden 64 --latent 6 --epochs 10 \
  --out plain >/dev/null 2>&1
refused 2 'vaegrad fit-prior plain' sample plain
"$program" fit-prior plain --components 3 >/dev/null 2>&1
"$program" sample plain --from mixture --out s.png >/dev/null || wrong 'no samples of an autoencoder'
refused 2 'an autoencoder has no q(z|x)' evaluate plain --from mixture --particles 5
works quality plain --count 500 --classifier-epochs 2
awk '/^N\(0, I\)/ { normal = $(NF - 2) } /^mixture/ { fitted = $(NF - 2) } END { exit !(fitted > 0 && fitted < normal / 1.5) }' out.txt ||
  wrong "a mixture draws what N(0, I) does: $(cat out.txt)"

# ---- priors that are learnt: what a run can do works, or is refused with a reason
noise 4 16 16 few.idx
for prior in 'vamp --components 20' 'flow --prior-flows 3'; do
  name=${prior%% *}
  "$program" train --data shapes-16-3x4x8x6x6 --binarize threshold --hidden 64 --latent 6 --epochs 2 \
    --prior $prior --out "$name" >/dev/null 2>&1 || wrong "no training with --prior $prior"
  "$program" evaluate "$name" --particles 50 --limit 60 >said.txt 2>/dev/null
  grep -q '"nll": [0-9]' said.txt || wrong "evaluate $name: $(cat said.txt)"
  "$program" sample "$name" --count 40 --out s.npy >/dev/null
  "$program" sample "$name" --count 40 --threads 1 --out s1.npy >/dev/null
  cmp -s s.npy s1.npy || wrong "samples of $name depend on the threads"
  for command in sample reconstruct traverse interpolate; do
    "$program" $command "$name" --out p.png >/dev/null 2>err.txt || wrong "$command $name: $(cat err.txt)"
  done
  "$program" encode "$name" --mean --out m.npy >/dev/null || wrong "encode $name"
  "$program" detect "$name" --data shapes-16-3x4x8x6x6 --anomalous-classes 2 --score elbo --particles 2 \
    --out d >/dev/null 2>err.txt || wrong "detect $name: $(cat err.txt)"
  refused 1 '--prior standard-normal' compress "$name" few.idx out.vg
  refused 2 'its prior is learnt with the model' fit-prior "$name"
  # one epoch and another are two, byte for byte
  "$program" train --data shapes-16-3x4x8x6x6 --binarize threshold --hidden 64 --latent 6 --epochs 1 \
    --prior $prior --out half >/dev/null 2>&1
  "$program" train --resume half --epochs 2 >/dev/null 2>&1
  cmp -s "$name/model.safetensors" half/model.safetensors || wrong "$name: resumed is another model"
  rm -r half d
done
refused 2 'prior vamp: it needs the density of q(z|u) at any z' train --prior vamp --posterior full-covariance
refused 2 'only a prior that has them heeds it' train --pseudo-inputs random
refused 2 'only a prior that is a flow heeds it' train --prior-flows 3

# ---- probe
"$program" probe run --label-counts 30,all --draws 3 --out probe >table.txt 2>/dev/null
[[ $(grep -c '^[0-9]' table.txt) == 4 && -s probe/probe.json ]] || wrong "probe: $(cat table.txt)"
refused 2 "--label-counts: 'x' is not a whole number" probe run --label-counts x
refused 1 'labels for 3 classes' probe run --label-counts 100000000

# ---- detect: noise among shapes, by every score; one shape held out
"$program" train --data shapes-16-3x4x8x6x6 --binarize threshold --hidden 64 --latent 6 --epochs 3 \
  --mutate 0.3 --out background >/dev/null 2>&1
noise 100 16 16 noise.idx
"$program" detect run --data noise.idx --background background --particles 10 --resamples 50 --out found \
  >table.txt 2>/dev/null
for score in log-px elbo reconstruction pca knn; do
  grep -q "^$score  *1.000 \[1.000, 1.000\]" table.txt || wrong "noise is not found by $score: $(cat table.txt)"
done
[[ $(grep -c '^ratio\|^complexity\|^kl' table.txt) == 3 ]] || wrong "scores are missing: $(cat table.txt)"
[[ $(wc -l <found/scores.csv) == $((1 + images + 100)) && -s found/detect.json ]] || wrong "scores.csv, detect.json"
"$program" detect run --data shapes-16-3x4x8x6x6 --anomalous-classes 2 --score elbo --particles 2 \
  --out held-out >table.txt 2>/dev/null
grep -q '^normal: [0-9]* examples of shapes-16-3x4x8x6x6; anomalous: [0-9]* of class 2' table.txt ||
  wrong "held out: $(cat table.txt)"
"$program" train --data noise.idx --binarize threshold --hidden 8 --latent 2 --epochs 1 --out noise >/dev/null 2>&1
refused 2 'factors of its images are not known' disentangle noise
refused 1 'there are no labels to probe for' probe noise
refused 2 'what shall be looked at' detect run
refused 2 "--score: there is no 'x'" detect run --data noise.idx --score x
refused 2 'it needs a background model' detect run --data noise.idx --score ratio
refused 2 'no background model' detect run --data noise.idx --background run
refused 2 'noise.idx has no labels' detect run --data noise.idx --anomalous-classes 1
refused 2 '--anomalous-classes: 3 is out of range' detect run --data shapes-16-3x4x8x6x6 --anomalous-classes 3
refused 2 '--mutate: 2 is out of range' train --data shapes --binarize threshold --mutate 2

# ---- disentangle
"$program" disentangle run >table.txt
[[ $(grep -cE '^(MIG|FactorVAE score|beta-VAE score) +[01]\.[0-9]{3} ' table.txt) == 3 &&
   $(grep -c '^z[0-5] ' table.txt) == 6 && -s run/disentangle/disentangle.json ]] ||
  wrong "disentangle: $(cat table.txt)"

# ---- quality: of a conditional model and of one that is not
# Three classes: which third of 24 bits is lit, nine times in ten.
awk 'BEGIN { srand(1); for (i = 0; i < 900; ++i) for (j = 0; j < 24; ++j)
  printf "%d%s", rand() < (int(j / 8) == i % 3 ? 0.9 : 0.1), j < 23 ? "," : "\n" }' >bits.csv
awk 'BEGIN { for (i = 0; i < 900; ++i) print i % 3 }' >bits-labels.csv
"$program" train --data bits.csv --labels bits-labels.csv --model cvae --hidden 32 --latent 2 --batch 16 \
  --epochs 20 --out conditional >/dev/null 2>&1
"$program" quality conditional --count 300 --classifier-epochs 15 >table.txt 2>/dev/null
asked=$(awk '/^prior/ { print $5 }' table.txt) truth=$(awk '/^test images/ { print $6 }' table.txt)
awk '/^prior/ { own = $8 } /^training images/ { real = $9 } END { exit !(own > real && real > 0) }' table.txt ||
  wrong "samples are nearer to test images than training images are: $(cat table.txt)"
[[ ${asked%.*} -ge 99 && ${truth%.*} -ge 95 ]] || wrong "three classes of bits are not read: $(cat table.txt)"
"$program" quality run --count 50 --classifier-epochs 1 --out q >table.txt 2>/dev/null
grep -qE '^aggregate posterior( +[0-9.]+){3} +-( +[0-9.]+){3}$' table.txt || wrong "quality: $(cat table.txt)"
[[ -s q/quality.png && ! -e conditional/quality/quality.png ]] || wrong "quality: a picture of images, none of a table"
refused 2 '--count: 1 is out of range' quality run --count 1
# the same lying class by class, as in folders: fewer training images than there are, and of every class
sort -s -t: -k2 <(paste -d: bits.csv bits-labels.csv) | cut -d: -f1 >sorted.csv
sort bits-labels.csv >sorted-labels.csv
works train --data sorted.csv --labels sorted-labels.csv --hidden 8 --latent 2 --epochs 1 --out sorted
works quality sorted --count 60 --classifier-epochs 2
awk '/^training images/ { exit !($9 < 2) }' out.txt || wrong "training images of one class only: $(cat out.txt)"

# ---- a step beside its own products, which are there
works bench --case ladder-b128 --seconds 0.02 --json
grep -qE '"entries":[1-9].*"flop_ratio":[23]\..*"hand_ms_per_step":[0-9.]*[1-9]' out.txt || wrong "bench: $(cat out.txt)"

((fails == 0)) || exit 1
echo "uses: all as expected"
