#!/usr/bin/env bash
# What was refused has changed nothing, what was given is heeded or refused, and other data are taken as they are, not
# as the run chose its own. usage: kept.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=2
small=(--hidden 8 --latent 2 --batch 32 --epochs 2)
bits() { header "$1" "$2" "$2"; head -c $(($1 * $2 * $2)) /dev/urandom | tr '\0-\377' '[\0*128][\1*128]'; }
lines() { [[ $(wc -l <"$1") == "$2" ]] || wrong "$1: $(wc -l <"$1") lines, not $2"; }
bits 200 8 >own.idx
bits 200 10 >wide.idx
bits 30 8 >few.idx
works train --data own.idx "${small[@]}" --validation 60 --out run

# ---- a run that could not go on is as it was
cp -r run before
unchanged() { diff -r run before >out.txt || wrong "$1: the run has changed: $(cat out.txt)"; }
refused 1 'expected is' train --resume run --data wide.idx --epochs 9
unchanged 'data of another size'
refused 2 'stays in its folder' train --resume run --out fork --epochs 9
refused 2 'stays in its folder' train --resume run --config run/config.ini
refused 2 'stays in its folder' train --resume run --overwrite
refused 2 'the run to go on with has none' train --resume run --classes 1
printf 'resume = run\nepochs = 9\n' >resumes.ini
refused 2 'resumes.ini: it says resume' train --config resumes.ini
unchanged 'options that a run that goes on cannot heed'
works train --resume run --epochs 3
cp -r run longer
rm -r run && cp -r before run
works train --resume run --epochs 3 --data own.idx
cmp -s run/model.safetensors longer/model.safetensors || wrong 'other weights where the data were named'
printf 'epochs = x\n' >wrong.ini
refused 2 "wrong.ini: --epochs: 'x'" train --data own.idx --config wrong.ini
printf '\xef\xbb\xbfepochs = 1\nhidden = 8\n' >marked.ini
works train --data own.idx --config marked.ini --out marked

# ---- what is given is heeded, or refused
refused 2 '--data: its value is empty' evaluate run --data ''
refused 2 '--out: it has no value' train --data own.idx --out ''
refused 2 '--limit: given twice' evaluate run --limit 5 --limit 7
refused 2 'needs no data' sample run --data nowhere --out s.npy
refused 2 'needs no data' sample run --split train --out s.npy

# ---- a full disk behind stdout or stderr: no result is called one that is not there, and no run dies of a word
status() { [[ $? == "$1" ]] || wrong "$2"; }
"$program" evaluate run --particles 0 2>err.txt >/dev/full; status 1 'a result that did not arrive'
grep -q 'stdout: cannot be written' err.txt || wrong "stdout: $(cat err.txt)"
"$program" --help >/dev/full 2>err.txt; status 1 'a help that did not arrive'
"$program" train --nope 2>/dev/full; status 2 'a full stderr'
"$program" train --nope 2>&-; status 2 'no stderr'
"$program" train --data own.idx "${small[@]}" --out silent >/dev/null 2>/dev/full; status 0 'a run with a full stderr'

# ---- other data: of all classes, with all examples, and tables with just the columns of the model
works encode run --mean --data few.idx --out c.csv
lines c.csv 30  # of which --validation 60 leaves nothing
works train --data shapes-16-3x4x8x6x6 --binarize threshold --classes 0,1 "${small[@]}" --out two
works train --model cvae --data shapes-16-3x4x8x6x6 --binarize threshold --classes 1,2 "${small[@]}" --out met
works sample met --count 4 --out met.npy
refused 2 'class 0: left out in training' sample met --count 4 --class 0 --out unmet.npy
refused 2 'one of 1, 2' traverse met --class 0
works traverse met
works detect two --data shapes-16-3x4x8x6x6 --anomalous-classes 2 --score elbo --particles 2 --out found
works train --data shapes-16-3x4x8x6x6 --classes 0,1 --likelihood gaussian --validation 0 "${small[@]}" --out bytes
{ npy '<f4' '20, 16, 16'; for ((i = 0; i < 5120; ++i)); do printf '\0\0\200\76'; done; } >quarter.npy  # 0.25
works detect bytes --data quarter.npy --particles 2 --out found
grep -q 'complexity (needs images of bytes)' err.txt || wrong "real numbers: $(cat err.txt)"
{ echo id,a,b,c,y; for ((i = 0; i < 90; ++i)); do echo "$i,$((1000 + i % 7)),0.$((i * 37 % 100)),$((i % 5)),$((i % 2))"; done; } >all.csv
cut -d, -f2-4 all.csv >just.csv
cut -d, -f2-5 all.csv >labelled.csv
works train --data all.csv --label-column y --drop-columns id --likelihood gaussian --standardise "${small[@]}" --out table
sed '2s/^0,/7,/' all.csv >other.csv  # not the run's own: of those it would be the test examples
for data in other just labelled; do
  works encode table --mean --data $data.csv --out $data.codes.csv
  lines $data.codes.csv 90
done
cmp -s just.codes.csv labelled.codes.csv || wrong 'labelled.csv: other codes'
cmp -s just.codes.csv other.codes.csv || wrong 'other.csv: other codes'
refused 2 'no such column' encode table --mean --data just.csv --label-column z
works encode table --mean --data all.csv --drop-columns id --out c.csv
printf 'a,a,b\n1,2,3\n4,5,6\n7,8,9\n' >twice.csv
refused 2 'two columns of that name' train --data twice.csv --drop-columns a --likelihood gaussian

# ---- numbers in the data's units, whatever asks for them
for command in 'reconstruct table --data just.csv' 'interpolate table --data just.csv --images 0,1' 'decode table just.codes.csv'; do
  works $command --out n.csv
  awk -F, '!($1 > 900 && $1 < 1100) { exit 1 }' n.csv || wrong "'$command' is not in the data's units: $(head -2 n.csv)"
done

# ---- a conditional model is not without labels, and the codes of images keep their own
{ header 200; for ((i = 0; i < 200; ++i)); do printf "\\$((i % 3))"; done; } >labels.idx
refused 1 'the test examples of own.idx have no labels' train --data own.idx --labels labels.idx --test-data few.idx \
  --model cvae "${small[@]}" --out none
works train --data own.idx --labels labels.idx --model cvae "${small[@]}" --out given
refused 2 'brings its own' sample given --from aggregate --class 1 --out a.png
works sample given --from aggregate --out a.png
refused 2 'an image brings its own' traverse given --class 1 --split test
refused 1 'no labels' encode given --mean --data few.idx --out c.npy
# .. and completed images come back whole
works train --data own.idx --model cvae --condition quadrants:1 --prior conditional "${small[@]}" --out completes
works reconstruct completes --data few.idx --out whole.npy
[[ $(stat -c %s whole.npy) == $((128 + 30 * 64 * 4)) ]] || wrong "whole.npy: $(stat -c %s whole.npy) bytes"

# ---- an archive is not taken for its array, of which other bytes would come back
python3 - <<'EOF'
import zipfile
head = b"{'descr': '|u1', 'fortran_order': False, 'shape': (60, 8, 8), }"
npy = b"\x93NUMPY\1\0" + bytes([119 - 1, 0]) + head.ljust(117) + b"\n" + bytes(i % 2 for i in range(60 * 64))
for name, how in (("stored", zipfile.ZIP_STORED), ("packed", zipfile.ZIP_DEFLATED)):
    with zipfile.ZipFile(name + ".npz", "w", how) as archive: archive.writestr("x.npy", npy)
EOF
works encode run --mean --data stored.npz --out c.csv
for name in stored packed; do
  refused 1 'does not end with its pixels' compress run $name.npz x.vae
  [[ ! -e x.vae ]] || wrong "$name.npz left a file"
done

# ---- compare ranks by what was measured of the run's own pixels
noise 300 8 8 grey.idx
works train --data grey.idx --binarize sample "${small[@]}" --out sampled
works evaluate sampled --particles 5
cp sampled/evaluation.json measured.json
works evaluate sampled --particles 5 --binarize threshold
cmp -s sampled/evaluation.json measured.json || wrong 'the NLL of other pixels took the place of its own'
cp out.txt sampled/evaluation.json
works compare sampled
grep -q 'NLL' out.txt && wrong 'compare took the NLL of other pixels'

# ---- commands that are printed can be copied, whatever a folder is called
works train --model autoencoder --data own.idx "${small[@]}" --out "it's mine"
refused 2 "vaegrad fit-prior 'it'\\''s mine'" sample "it's mine"
works train --model autoencoder --data own.idx "${small[@]}" --out plain-1.0
refused 2 'vaegrad fit-prior plain-1.0,' sample plain-1.0

((fails == 0)) || exit 1
echo "kept: all as expected"
