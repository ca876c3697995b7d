#!/usr/bin/env bash
# What people meet, by the program: each was a public report or the note of a user of another system.
# usage: people.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=2
said() { grep -qF -- "$1" out.txt err.txt || wrong "no '$1' in: $(cat out.txt err.txt)"; }
begins() { [[ $(head -c ${#2} "$1" | tr '\223\211' NP) == "$2" ]] || wrong "$1 does not begin like $2"; }
net=(--hidden 8 --latent 2 --batch 32)
small=("${net[@]}" --epochs 2)

# ---- a run knows its data: changed ones are refused, and the record stays
bits() { header 300 8 8; head -c 19200 /dev/urandom | tr '\0-\377' "$1"; }  # bytes 0 and 1
mkdir here there moved
bits '[\0*128][\1*128]' >here/x.idx
(cd here && "$program" train --data x.idx "${small[@]}" --out ../run >/dev/null 2>&1) || wrong 'no run'
cp here/x.idx moved/kept.idx
bits '[\0*16][\1*240]' >there/other.idx
cp there/other.idx here/x.idx
before=$(cat run/data.json)
for command in 'evaluate run --particles 2' 'encode run --mean' 'reconstruct run' 'interpolate run' \
    'train --resume run --epochs 3' 'probe run' 'sample run --from aggregate'; do
  refused 1 'not the data that the run was trained on' $command
done
[[ $(cat run/data.json) == "$before" ]] || wrong 'the record of the data has changed'
# .. and found where they lie now, with the same splits
works evaluate run --data moved/kept.idx --particles 2
said '"split": "test"'
works train --resume run --data moved/kept.idx --epochs 3
works evaluate run --data there/other.idx --particles 2
said '"split": "all"'
# .. and an option that cannot be heeded is refused of them, too
refused 2 'is binary already' evaluate run --data moved/kept.idx --binarize sample --particles 2

# ---- the run's folder alone: prior, traversal, codes
rm -r here moved
works sample run --out samples.npy --count 7
begins samples.npy NNUMPY
[[ $(stat -c %s samples.npy) == $((128 + 7 * 64 * 4)) ]] || wrong "samples.npy: $(stat -c %s samples.npy) bytes"
works traverse run --out t.png
works encode run --mean --data there/other.idx --out codes.csv
[[ $(wc -l <codes.csv) == 300 && $(head -1 codes.csv | tr -dc , | wc -c) == 1 ]] || wrong 'codes.csv'
works decode run codes.csv --out decoded.npy
[[ $(stat -c %s decoded.npy) == $((128 + 300 * 256)) ]] || wrong 'decoded.npy'
works decode run codes.csv --out decoded.png
printf '1,2,3\n' >three.csv
refused 1 "codes of 3 numbers, but the model's have 2" decode run three.csv
works reconstruct run --data there/other.idx --out r.csv
[[ $(wc -l <r.csv) == 300 ]] || wrong 'r.csv'
works interpolate run --data there/other.idx --images 3,7 --steps 5 --out i.csv
[[ $(wc -l <i.csv) == 5 ]] || wrong "i.csv: $(wc -l <i.csv) lines"

# .. also moved, from another folder: whatever needs no data, and what is given them
mkdir -p elsewhere/deep
mv run elsewhere/deep/run
(
  cd elsewhere
  works sample deep/run
  works traverse deep/run
  works interpolate deep/run --data ../there/other.idx --images 0,1
  works decode deep/run ../codes.csv --out d.npy
  works encode deep/run --mean --data ../there/other.idx
  works compare deep/run --out c.png
  works compress deep/run ../there/other.idx o.vae
  works decompress deep/run o.vae o.idx
  works export deep/run --onnx e.onnx
  [[ $(ls -d *.onnx* | wc -l) -gt 0 ]] || wrong 'no graph of a moved run'
  cmp -s o.idx ../there/other.idx || wrong 'compressed by a moved run, another file came back'
  ((fails == 0))
) || fails=$((fails + 1))
mv elsewhere/deep/run .

# ---- a set by name is that set, also where a folder is called so
works train --data shapes-16-3x4x8x6x6 --binarize threshold --hidden 4 --latent 2 --epochs 1 --out shapes-16-3x4x8x6x6/run
(cd elsewhere && works evaluate ../shapes-16-3x4x8x6x6/run --particles 2 && ((fails == 0))) || fails=$((fails + 1))

# ---- a name's end is the format, and its folder is there
for command in 'sample run' 'encode run --mean --data there/other.idx' 'decode run codes.csv'; do
  refused 1 "vaegrad ${command%% *}: --out nowhere/x.npy: there is no folder nowhere" $command --out nowhere/x.npy
done
refused 1 'vaegrad sample: --out nowhere/x.png: there is no folder nowhere' sample run --out nowhere/x.png
for out in s.jpg s.npz s s.idx; do refused 2 "--out $out: " sample run --out $out; done
refused 2 'no format .txt' encode run --mean --data there/other.idx --out c.txt

# ---- two runs in one folder
bits '[\0*128][\1*128]' >x.idx
"$program" train --data x.idx "${net[@]}" --epochs 100000 --out busy >/dev/null 2>&1 & first=$!
for _ in {1..100}; do [[ -e busy/model.safetensors ]] && break; sleep 0.1; done
refused 1 'another process trains in this folder' train --data x.idx "${small[@]}" --out busy --overwrite
refused 1 'another process trains in this folder' train --resume busy --epochs 200000
kill -9 $first; wait $first 2>/dev/null
works train --data x.idx "${small[@]}" --out busy --overwrite
# and two priors fitted to one run at once: what the first one trains is not taken from under it
"$program" fit-prior busy --prior two-stage --epochs 100000 >/dev/null 2>&1 & first=$!
for _ in {1..100}; do [[ -e busy/prior-two-stage/run/config.ini ]] && break; sleep 0.1; done
refused 1 'another process trains in this folder' fit-prior busy --prior two-stage --epochs 1
[[ -e busy/prior-two-stage/run/config.ini ]] || wrong 'the refused one touched the other'
kill -9 $first; wait $first 2>/dev/null
works fit-prior busy --prior two-stage --epochs 1

# ---- weights that are no numbers
size=$(stat -c %s busy/model.safetensors)
printf '\0\0\300\177' | dd of=busy/model.safetensors bs=1 seek=$((size - 4)) conv=notrunc 2>/dev/null
for command in 'evaluate busy --particles 2' 'encode busy --mean' 'sample busy'; do
  refused 1 'a weight is nan' $command
done

# ---- grey pictures need no option; what was done is said and recorded
noise 60 6 6 grey.idx
works train --data grey.idx "${small[@]}" --out grey
head -2 err.txt | grep -q 'grey, so --binarize sample' || wrong "not said: $(head -2 err.txt)"
grep -qx 'binarize = sample' grey/config.ini || wrong 'binarize is not recorded'
# .. whole numbers of any kind are grey where they are images
{ npy '<i8' '60, 4, 4'; for i in {1..240}; do printf '\0\0\0\0\0\0\0\0\377\0\0\0\0\0\0\0\144\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0'; done; } >int64.npy
works train --data int64.npy "${small[@]}" --out int64
said 'grey, so --binarize sample'
works train --data int64.npy --likelihood gaussian "${small[@]}" --out int64 --overwrite
# .. rows of a table do, and floats from 0 to 1 are probabilities when that is asked for
awk 'BEGIN { srand(3); for (i = 0; i < 90; ++i) printf "%d,%d,%d,%d\n", i % 3, 255 * rand(), 255 * rand(), 99 * rand() }' >pixels.csv
refused 2 'needs values 0 or 1, but pixels.csv has grey values' train --data pixels.csv --label-column 0 "${small[@]}" --out p
works train --data pixels.csv --label-column 0 --binarize sample "${small[@]}" --out p
said 'labels from column 0'
works train --data pixels.csv --label-column 0 --likelihood gaussian --standardise --model cvae "${small[@]}" --out p --overwrite
works sample p --class 1 --count 3 --out rows.csv
awk -F, '{ for (i = 1; i <= 3; ++i) if ($i > 5) ok = 1 } END { exit !ok }' rows.csv || wrong "not in the file's units: $(cat rows.csv)"
awk 'BEGIN { srand(4); for (i = 0; i < 90; ++i) printf "%.4f,%.4f,%.4f\n", rand(), rand(), rand() }' >unit.csv
refused 2 '--binarize sample, or --binarize none' train --data unit.csv "${small[@]}" --out u
for how in '--binarize none' '--binarize sample' '--likelihood continuous-bernoulli'; do
  works train --data unit.csv $how "${small[@]}" --out u --overwrite
done

# ---- numbers of a large scale: the hint is the one that helps
awk 'BEGIN { srand(5); for (i = 0; i < 200; ++i) printf "%.1f,%.1f,7\n", 1e6 * rand(), 100 + rand() }' >large.csv
refused 1 'hint: --standardise: the numbers are of a large scale' train --data large.csv --likelihood gaussian --drop-constant "${small[@]}" --out l
grep -q '^column 0 is .* on average' err.txt || wrong "no word about the scale: $(cat err.txt)"
refused 1 '--drop-constant' train --data large.csv --likelihood gaussian --standardise "${small[@]}" --out l --overwrite
works train --data large.csv --likelihood gaussian --standardise --drop-constant "${small[@]}" --out l --overwrite
said 'column left out, constant in training: 2 = 7'

# .. and of one that trains, a word; the names of rows are no column
awk 'BEGIN { srand(7); print ",a,b"; for (i = 0; i < 120; ++i) printf "%d,%.3f,%.3f\n", i, 5 + 2 * rand(), 5 + 2 * rand() }' >pandas.csv
works train --data pandas.csv --likelihood gaussian "${small[@]}" --out pandas
said 'first column left out: names of the rows'
said 'hint: --standardise'

# ---- the error of -log p(x): who can be trusted, who not, and what cannot be known
works train --data pandas.csv --likelihood gaussian --standardise --likelihood-scale fixed:1 "${net[@]}" --epochs 100 --out trusted
works evaluate trusted --split all --particles 300
grep -qF 'cannot be' err.txt && wrong "a warning without need: $(cat err.txt)"
grep -q '"pareto_k": -\?[0-9]' out.txt && grep -q '"pareto_k_share": [0-9]' out.txt || wrong "no pareto_k: $(cat out.txt)"
works train --data pandas.csv --likelihood gaussian --standardise --likelihood-scale fixed:0.01 "${net[@]}" --epochs 2 --out few
works evaluate few --split all --particles 300
said 'nll_standard_error cannot be trusted: the weights of'
works evaluate trusted --particles 10
said 'nll_standard_error cannot be judged: 10 particles'
grep -q '"pareto_k": null' out.txt || wrong "pareto_k of ten draws: $(cat out.txt)"
works evaluate trusted --particles 1
grep -q '"nll_standard_error": null' out.txt || wrong "an error of one draw: $(cat out.txt)"

# ---- detection in a table: outliers of any size, the farther the more anomalous
printf '%s\n' 5e5,100.5,7 1e9,100.5,7 1e20,100.5,7 1e30,100.5,7 3e38,100.5,8 >far.csv
works detect l --data far.csv --resamples 10 --particles 5 --out found
said 'left out: complexity'
said '7 (1 row departs)'
for score in 4 5 6 7 8 9; do  # log-px elbo reconstruction kl pca knn
  grep '^1,' found/scores.csv | awk -F, -v s=$score 'NR > 1 && !($s > last) { exit 1 } { last = $s }' ||
    wrong "column $score does not rise: $(cat found/scores.csv | tail -5)"
done

# ---- a single new row is asked about; one example, or two, are too few to train on
echo 5e5,100.5,7 >one.csv
works evaluate l --data one.csv --particles 30
works encode l --mean --data one.csv --out one-code.csv
[[ $(wc -l <one-code.csv) == 1 ]] || wrong 'the code of one row'
works reconstruct l --data one.csv --out one-back.csv
works detect l --data one.csv --resamples 5 --particles 5 --out found-one
grep -c '^1,' found-one/scores.csv | grep -qx 1 || wrong 'the score of one row'
refused 1 'too few examples to split' train --data one.csv --likelihood gaussian "${small[@]}" --out none
for command in 'fit-prior l --components 1' 'sample l --from aggregate --out a.csv'; do
  refused 1 'too few examples to split' $command --data one.csv
done
refused 1 'vaegrad interpolate: it needs two images' interpolate l --data one.csv --out i.csv

# ---- more classes than a byte counts; some of which no example is met
seq 0 299 | awk '{ print $1 == 299 ? 1622 : 5 * $1 }' >many.csv
works train --data x.idx --labels many.csv --model cvae "${small[@]}" --out many
head -2 err.txt | grep -q 'of the classes 0 to 1622 only 300 have examples' || wrong "not said: $(head -2 err.txt)"
works sample many --class 1622 --count 3 --out signs.npy
refused 2 'its classes are 0 to 1622' sample many --class 1623
works encode many --mean --split all --out signs.csv --labels-out signs.npy
[[ $(head -c 60 signs.npy | tail -c 50) == *'<u2'* && $(stat -c %s signs.npy) == $((128 + 2 * 300)) ]] || wrong 'labels of two bytes'
[[ $(tail -c 2 signs.npy | od -An -tu2 | tr -d ' ') == 1622 ]] || wrong 'the last label is another'
works detect many --data x.idx --labels signs.npy --anomalous-classes 0,5,1622 --resamples 10 --particles 5

# ---- the rate is halved where validation is not better; taken up, it is the same run
plateau=(--data x.idx --labels many.csv "${net[@]}" --learning-rate 0.2 --learning-rate-schedule plateau --plateau 2)
works train "${plateau[@]}" --epochs 25 --out steps
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; rate = 0.2; next }
  { if ($at["learning_rate"] != rate) wrong = 1
    valid = $at["valid_objective"]
    if (NR == 2 || valid > best) { best = valid; since = 0 }
    else if (++since % 2 == 0) { rate /= 2; ++halved } }
  END { exit wrong || !halved }' steps/metrics.csv || wrong "rates: $(cut -d, -f1- steps/metrics.csv)"
works train "${plateau[@]}" --epochs 17 --out steps-again
works train --resume steps-again --epochs 25
cmp -s steps/model.safetensors steps-again/model.safetensors || wrong 'a plateau taken up gives other weights'
refused 2 '--plateau 3 would be ignored' train --data x.idx --plateau 3
refused 2 'needs validation examples' train --data x.idx --learning-rate-schedule plateau --validation 0

# ---- a log-variance kept within ±B, recorded, taken up, known to the compressor
works train --data x.idx "${small[@]}" --log-variance-bound 2.5 --out bounded
grep -qx 'log-variance-bound = 2.5' bounded/config.ini || wrong 'the bound is not recorded'
works train --resume bounded --epochs 3
works compress bounded x.idx b.vae
works decompress bounded b.vae b.idx
cmp -s b.idx x.idx || wrong 'compressed with a bounded log-variance, another file came back'
refused 2 '--log-variance-bound 2.5 would be ignored' train --data x.idx --log-variance-bound 2.5 --posterior-scale softplus

# ---- probe with one class
printf '\0\0\10\1\0\0\1\54' >zeros.idx; head -c 300 /dev/zero >>zeros.idx
works train --data x.idx --labels zeros.idx "${small[@]}" --out one
refused 1 'one class: all 240 training labels are 0' probe one
seq 0 299 >each.csv
works train --data x.idx --labels each.csv "${small[@]}" --out each
refused 1 'vaegrad probe: 240 classes, but 240 training labels' probe each
{ header 1 8 8; head -c 64 /dev/zero; } >single.idx
echo 0 >single.csv
refused 1 'too few examples to split' probe one --data single.idx --labels single.csv
refused 1 'too few examples to split' quality one --data single.idx --count 20 --classifier-epochs 1

# ---- train | head; Ctrl-C leaves numbers and pictures; compare goes on
"$program" train --data x.idx "${net[@]}" --epochs 60 --out piped 2>&1 | head -3 >/dev/null
[[ -e piped/summary.json ]] || { sleep 2; [[ -e piped/summary.json ]]; } || wrong 'train | head ended the run'
"$program" train --data x.idx "${net[@]}" --epochs 100000 --out stopped >/dev/null 2>&1 & first=$!
for _ in {1..100}; do [[ -e stopped/model.safetensors ]] && break; sleep 0.1; done
kill -INT $first; wait $first
[[ $? == 130 && -e stopped/summary.json ]] || wrong 'no summary after Ctrl-C'
mkdir begun; cp one/config.ini begun
works evaluate one --particles 5
works compare one stopped begun --out c.png
said 'begun: left out'
said 'unfinished'
said 'NLL'

# ---- one name, one format: also of what is written beside; a value is no option
refused 2 'no format .jpg' compare one stopped --out c.jpg
refused 2 'no format .txt' compare one --csv c.txt
refused 2 'no format .pdf' compare one --latex c.pdf
refused 1 'there is no folder nowhere' compare one --markdown nowhere/c.md
refused 2 'no format .npy' evaluate one --per-example e.npy
refused 2 'no format .idx' encode many --mean --labels-out l.idx
works encode many --mean --split all --labels-out l.csv
[[ $(tail -1 l.csv) == 1622 && $(wc -l <l.csv) == 300 ]] || wrong "labels as text: $(tail -1 l.csv)"
refused 2 'no format .npy' data grey.idx --binarize sample --out d.npy
if command -v gnuplot >/dev/null; then
  works sample one --out s.SVG
  begins s.SVG '<?xml'
fi
refused 2 '--out: it needs a value, but --overwrite follows' train --data x.idx --out --overwrite
refused 2 '--out: it needs a value' sample one --out --count
refused 2 'it is varied' sweep --data x.idx --vary latent=2,3 --latent 4 --out sw

# ---- columns and classes go by their names
awk 'BEGIN { srand(6); print "a,b,kind"; for (i = 0; i < 90; ++i) printf "%.3f,%.3f,%s\n", rand(), 9 * rand(), substr("antbeecat", 1 + i % 3 * 3, 3) }' >kinds.csv
works train --data kinds.csv --label-column kind --model cvae --likelihood gaussian --standardise "${small[@]}" --out kinds
awk -F, '/cat|kind/ { print $1 "," $2 "," $3 }' kinds.csv >cats.csv
sed 's/cat/2/' cats.csv >twos.csv
works evaluate kinds --data cats.csv --particles 5
grep '"elbo"\|"nll"' out.txt >by-name
works evaluate kinds --data twos.csv --particles 5
grep '"elbo"\|"nll"' out.txt | cmp -s - by-name || wrong "classes by name: $(cat by-name out.txt)"
sed 's/cat/dog/' cats.csv >dogs.csv
refused 1 'the model was not given a class dog' evaluate kinds --data dogs.csv --particles 5
awk -F, '{ print $2 "," $1 "," $3 }' kinds.csv >turned.csv
refused 1 'column 0 is b, in training it was a' evaluate kinds --data turned.csv --particles 5
refused 1 'rows of 4 numbers, but the run was trained on 3' evaluate l --data pixels.csv --particles 5
works detect kinds --data kinds.csv --anomalous-classes cat --particles 5 --resamples 5
said 'of class cat'
refused 2 "there is no class 'dog'" detect kinds --data kinds.csv --anomalous-classes dog
works sample kinds --class cat --out cat.csv
works sample kinds --class 2 --out two.csv
cmp -s cat.csv two.csv || wrong 'class cat is not class 2'
refused 2 "there is no class 'dog'" sample kinds --class dog
said 'one of ant, bee, cat, or a number from 0'
refused 2 'class 3: there is no such class' sample kinds --class 3

# ---- a sweep goes on with its own data
cp x.idx of-sweep.idx
works sweep --data of-sweep.idx --vary latent=1,2 "${net[@]:0:2}" --batch 32 --epochs 1 --out sw
bits '[\0*128][\1*128]' >of-sweep.idx
refused 1 'trained on other data than those that lie in of-sweep.idx now' sweep --data of-sweep.idx --vary latent=1,2,3 \
  "${net[@]:0:2}" --batch 32 --epochs 1 --out sw

# ---- huge weights, moments that are none, codes that are none: an error, never a NaN in a file
works train --data x.idx "${small[@]}" --out huge
poke() { printf "$2" | dd of="$1" bs=1 seek=$((8 + $(od -An -tu8 -N8 "$1") + ${3:-0})) conv=notrunc 2>/dev/null; }
cp huge/model.safetensors kept.safetensors
poke huge/model.safetensors '\x99\x76\x96\x7e'  # 1e38
for command in 'evaluate huge --particles 5' 'sample huge --from aggregate --out a.csv' 'reconstruct huge --out a.csv'; do
  refused 1 'not finite' $command
  [[ ! -e a.csv ]] || wrong "'$command' left a file"
done
cp kept.safetensors huge/model.safetensors
size=$(stat -c %s huge/checkpoint.safetensors)
cp huge/checkpoint.safetensors kept.safetensors
printf '\0\0\300\177' | dd of=huge/checkpoint.safetensors bs=1 seek=$((size - 600)) conv=notrunc 2>/dev/null
refused 1 'nan' train --resume huge --epochs 3
cp kept.safetensors huge/checkpoint.safetensors
sed -i '2s/,-[0-9.]*/,nan/' huge/metrics.csv
refused 1 "huge/metrics.csv:2: 'nan' is not what a run writes" train --resume huge --epochs 3
refused 2 'the model is given no class' decode one codes.csv --class 1
refused 2 'which class' decode many codes.csv --class 5 --labels many.csv
works quality one --count 20 --classifier-epochs 1
said 'one class: all 240 training labels are 0'

((fails == 0)) || exit 1
echo "people: all as expected"
