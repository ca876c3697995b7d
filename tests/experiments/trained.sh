#!/usr/bin/env bash
# experiments/trained: each run that is shipped is small, loads, draws, and has on 200 test images the NLL that its weights
# had before they were rounded to 16 bits.
# usage: trained.sh PATH_OF_VAEGRAD
set -u
here=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd)
. "$here"/common.sh
trained=$here/../../experiments/trained
measured=0
while IFS=, read -r name bytes particles whole rounded subset; do
  [[ $name == run ]] && continue
  run=$name
  cp -r "$trained/$name" "$run"
  (( $(stat -c %s "$run/model.safetensors") == bytes && bytes < 3000000 )) || wrong "$name: $bytes bytes"
  works sample "$run" --count 4 --out "$name.png"
  data=$(sed -n 's/^data = //p' "$run/config.ini")
  if ! "$program" evaluate "$run" --particles 100 --limit 200 >out.txt 2>err.txt; then
    grep -q "vaegrad data $data" err.txt && { echo "$name: $data is not here"; continue; }
    wrong "$name: $(cat err.txt)"
  fi
  nll=$(sed -n 's/^ *"nll": \(.*\),$/\1/p' out.txt)
  # the same draws; other processors round products otherwise, which moves a mean by less than a thousandth of a nat
  awk -v a="$nll" -v b="$subset" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 < 0.05 ^ 2) }' || wrong "$name: NLL $nll, before rounding $subset"
  awk -v a="$whole" -v b="$rounded" 'BEGIN { exit !((a - b) ^ 2 < 0.05 ^ 2) }' || wrong "$name: rounding cost $whole to $rounded"
  measured=$((measured + 1))
done <"$trained/measured.csv"
echo "$measured runs measured again"
(( measured >= 1 )) || wrong 'none was measured'
(( fails == 0 ))
