#!/usr/bin/env bash
# The page of a run: it is made of every network, posterior, prior and likelihood that it claims, what it cannot show is
# refused with a reason, and, where node is installed, its numbers are the program's (tests/page/numbers.mjs).
#
#   page.sh PROGRAM SOURCE_DIR
set -u
source_dir=$(readlink -f "$2")
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1

# images that have something to learn: bright halves, in bytes; labels of three classes
pictures() {  # COUNT FILE
  header "$1" 8 8
  local i row
  for ((i = 0; i < $1; ++i)); do
    for row in 0 1 2 3 4 5 6 7; do
      if (( (i + row) % 3 )); then printf '\x20\x40\xc0\xff\xe0\x80\x10\x00'; else printf '\x00\x08\x10\x60\xf0\xff\xd0\x30'; fi
    done
  done
}
pictures 240 >images.idx
{ printf '\0\0\10\1'; bytes 0 240; for ((i = 0; i < 240; ++i)); do printf "\\x0$((i % 3))"; done; } >labels.idx

# a few short runs: NAME options of train
train() {
  local name=$1; shift
  works train --data ./images.idx --labels ./labels.idx --epochs 2 --batch 40 --hidden 24 --out "$name" "$@"
}
train plain --latent 4 --binarize sample --keep-every 1
train conv --latent 4 --binarize sample --network conv:8x3s2,8x3s2
train residual --latent 4 --binarize threshold --network 'conv:8x4s2,8x3+residual+group,12' --normalisation layer
train cvae --latent 4 --binarize sample --model cvae --prior conditional
train layers --binarize sample --latent 4,3,2 --normalisation batch
train ladder --binarize sample --latent 4,2 --hierarchy ladder
train topdown --binarize sample --latent 4,2 --hierarchy top-down --activation tanh
train vamp --latent 4 --binarize sample --prior vamp --components 5 --network gated
train mixture --latent 4 --binarize sample --prior mixture --components 3 --posterior-scale softplus
train grey --latent 4 --likelihood continuous-bernoulli --binarize none --activation silu
train gaussian --latent 4 --likelihood gaussian --binarize none --likelihood-scale per-dimension
train laplace --latent 4 --likelihood laplace --binarize none --activation gelu
train counts --latent 4 --likelihood beta-binomial

shown=0
for run in plain conv residual cvae layers ladder topdown vamp mixture grey gaussian laplace counts; do
  [[ -f $run/model.safetensors ]] || continue
  if ! "$program" page "$run" --out "$run.html" >out.txt 2>err.txt; then
    echo "$run: $(head -1 err.txt)"
    grep -q 'hint: ' err.txt || wrong "page $run gave no hint: $(cat err.txt)"
    [[ ! -e $run.html ]] || wrong "page $run: refused, but there is a file"
    continue
  fi
  shown=$((shown + 1))
  [[ $(head -c 15 "$run.html") == '<!doctype html>' ]] || wrong "$run.html is no page"
done
(( shown == 13 )) || wrong "only $shown kinds of runs have a page"

# weights of an earlier epoch, two runs side by side, other names
grep -q '"epochs":\[{"epoch":1,' plain.html || wrong 'the epoch that was kept is not in the page'
train other --latent 4 --binarize sample --objective beta --beta 4
works page plain --against other --out pair.html
[[ $(grep -o '"own":' pair.html | wc -l) == 2 ]] || wrong 'two runs are not in the page'
works page plain --language zh --out chinese.html
grep -q '<html lang="zh">' chinese.html || wrong 'a Chinese page is not marked so'
refused 2 'one of en, zh' page plain --language fr
works page plain --images 7
[[ -f plain/page.html && $(grep -o '"rows":\[[^]]*\]' plain/page.html | tr , '\n' | wc -l) == 7 ]] || wrong '--images 7'

# what a page has no view of
printf 'a,b\n1,2\n3,4\n5,7\n6,8\n9,9\n2,1\n4,5\n8,6\n7,3\n3,3\n1,8\n2,6\n' >table.csv
works train --data ./table.csv --likelihood gaussian --standardise --epochs 1 --hidden 4 --latent 2 --out table
refused 2 'a page shows images' page table
works train --data ./images.idx --binarize sample --model autoencoder --epochs 1 --hidden 8 --latent 2 --out autoencoder
refused 2 'an autoencoder has no q(z|x)' page autoencoder
works train --data ./images.idx --binarize sample --posterior von-mises-fisher --prior uniform-sphere --epochs 1 --hidden 8 --latent 3 --out sphere
refused 1 'which a page does not replay' page sphere
noise 60 6 6 small.idx
works train --data ./small.idx --binarize sample --epochs 1 --hidden 8 --latent 2 --out small
refused 2 'two runs side by side are of the same data' page plain --against small
refused 2 'a page is an .html file' page plain --out page.png
mkdir folder.html
refused 2 'is a folder' page plain --out folder.html
refused 1 'not a run' page nothing
refused 1 'not a run' page plain --against nothing
refused 2 '--images' page plain --images 0
[[ ! -e page.png ]] || wrong 'a refused page left a file'

if command -v node >/dev/null && node -e 'process.exit(Number(process.versions.node.split(".")[0] < 18))'; then
  node "$source_dir"/tests/page/words.mjs "$source_dir"/experiments/page || wrong 'words.mjs'
  node "$source_dir"/tests/page/parts.mjs pair.html "$source_dir" || wrong 'parts.mjs'
  numbers() {  # RUN PAGE [WHICH]
    node "$source_dir"/tests/page/round_weights.mjs "$1" "$1-rounded" >/dev/null || wrong "round_weights.mjs $1"
    works evaluate "$1-rounded" --limit 12 --particles 60 --per-example each.csv
    printf '%-10s' "$1"
    node "$source_dir"/tests/page/numbers.mjs "$2" each.csv 60 "${@:3}" || wrong "numbers.mjs $1"
  }
  for run in *.html; do
    run=${run%.html}
    [[ ! -f $run/model.safetensors ]] || numbers "$run" "$run.html"
  done
  numbers other pair.html 1
else
  echo 'numbers: not looked at, there is no node 18 or later (package nodejs)'
fi
exit $((fails > 0))
