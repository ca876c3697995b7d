#!/usr/bin/env bash
# A program outside the tree trains a model of its own by the library's step: what was stopped and taken up again gives
# the bytes of a run in one go; its -log p(x) is that of a model that has learnt something.
# usage: own_model.sh PATH_OF_TWO_LAYERS
set -eu
. "${BASH_SOURCE[0]%/*}"/common.sh
some=(--data fashion-mnist --binarize sample --classes 0,1 --validation 0 --threads 2)
"$program" "${some[@]}" --epochs 2 --out whole >nll 2>log
"$program" "${some[@]}" --epochs 1 --out parts >nll.1 2>>log
"$program" --resume parts --epochs 2 --threads 2 >nll.2 2>>log
cmp whole/model.safetensors parts/model.safetensors
cmp <(cut -d, -f1,2,4- whole/metrics.csv) <(cut -d, -f1,2,4- parts/metrics.csv)
cmp nll nll.2
awk '$1 == "nll" && $2 > 150 && $2 < 300 { found = 1 } END { exit !found }' nll
[[ ! -x $(command -v gnuplot) || $(head -c 4 whole/samples.png | tail -c 3) == PNG ]]
echo "two layers: $(cat nll) nats after two epochs, the same bytes when resumed"
