#!/usr/bin/env bash
# The commands that use a trained run, on small runs made here: uses.sh PROGRAM
set -euo pipefail
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export OMP_NUM_THREADS=2
fails=0
wrong() { echo "uses: $*" >&2; fails=$((fails + 1)); }
# refused STATUS 'text in the message' ARGUMENTS..
refused() {
  local status=0 text=$2 want=$1
  shift 2
  "$program" "$@" >out.txt 2>err.txt || status=$?
  [[ $status == "$want" ]] || wrong "'$*' gave status $status, not $want"
  grep -qF -- "$text" err.txt || wrong "'$*' did not say '$text' but: $(cat err.txt)"
  grep -q 'hint: ' err.txt || wrong "'$*' gave no hint"
}
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
refused 2 '--split belongs to the run' encode run --mean --data shapes --split train

# ---- probe
"$program" probe run --label-counts 30,all --draws 3 --out probe >table.txt 2>/dev/null
[[ $(grep -c '^[0-9]' table.txt) == 4 && -s probe/probe.json ]] || wrong "probe: $(cat table.txt)"
refused 2 "--label-counts: 'x' is not a whole number" probe run --label-counts x
refused 1 'labels for 3 classes' probe run --label-counts 100000000

((fails == 0)) || exit 1
echo "uses: all as expected"
