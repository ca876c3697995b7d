#!/usr/bin/env bash
# Pages in headless Chromium (tests/page/browser.mjs): of a network of each kind, of several layers, of a conditional model,
# of two runs side by side, with earlier epochs; and the figure of chapter 5 in the book. SHOTS=FOLDER keeps pictures of them.
#
#   page_browser.sh PROGRAM SOURCE_DIR
set -u
source_dir=$(readlink -f "$2")
shots=${SHOTS:+$(readlink -f "$SHOTS")}
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
for needed in node chromium; do
  command -v $needed >/dev/null || { echo "page_browser: not looked at, there is no $needed"; exit 77; }
done

train() { local name=$1; shift; works train --data shapes-3x4x10x8x8 --binarize sample --epochs 2 --out "$name" "$@"; }
train plain --hidden 64 --latent 6 --keep-every 1
train beta --hidden 64 --latent 6 --objective beta --beta 4
train conv --network conv:16x4s2,32x4s2 --latent 2
train cvae --hidden 64 --latent 4 --model cvae
train layers --hidden 64 --latent 8,4,2
works page plain
works page conv
works page cvae
works page layers --language zh
works page plain --against beta --out pair.html
for page in plain/page conv/page cvae/page layers/page pair; do
  [[ -z $shots ]] || mkdir -p "$shots/${page%/page}"
  node "$source_dir"/tests/page/browser.mjs "$page.html" ${shots:+"$shots/${page%/page}"} || wrong "browser.mjs $page"
done
works book --out book
node "$source_dir"/tests/page/figure.mjs book ${shots:+"$shots"} || wrong 'figure.mjs'
exit $((fails > 0))
