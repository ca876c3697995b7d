#!/usr/bin/env bash
# A hint that is something to type is typed: what it says to add is added to the command that was refused, what it says to
# run is run, and the person gets on.
# usage: hints.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
mkdir bare && for tool in gnuplot dot; do ln -s /bin/false bare/$tool; done
export PATH="$work/bare:$PATH"  # pictures are no part of this
net=(--hidden 8 --latent 2 --batch 32 --epochs 1)
hints=0
# leads STATUS 'what the hint says' 'what is typed for it, if that is another' COMMAND..
leads() {
  local status=$1 says=$2 typed=${3:-$2}; shift 3
  refused "$status" "$says" "$@"
  grep 'hint: ' err.txt | grep -qF -- "$says" || wrong "no hint of '$*' says '$says'"
  works "$@" $typed
  hints=$((hints + 1))
}
# .. a command of its own, after which the first one works, with more if more is said
first() {
  local status=$1 says=$2 typed=${3:-$2} more=$4; shift 4
  refused "$status" "$says" "$@"
  if [[ $typed == vaegrad* ]]; then works ${typed#vaegrad }; else $typed || wrong "'$typed' failed"; fi
  works "$@" $more
  hints=$((hints + 1))
}
bits() { header "$1" 6 6; head -c $(($1 * 36)) /dev/urandom | tr '\0-\377' '[\0*128][\1*128]'; }
labels() { printf '\0\0\10\1'; bytes 0 "$1"; for ((i = 0; i < $1; ++i)); do printf "\\x0$((i % $2))"; done; }
bits 200 >x.idx; labels 200 4 >y.idx; bits 60 >other.idx; labels 60 4 >other-labels.idx
noise 60 6 6 grey.idx
awk 'BEGIN { srand(1); print "a,b,c,d"; for (i = 0; i < 120; ++i) printf "%.3f,%.3f,7,%d\n", rand(), 2 * rand(), i % 2 }' >table.csv
awk 'BEGIN { srand(2); for (i = 0; i < 60; ++i) printf "%.3f,%.3f\n", rand(), rand() }' >unit.csv
awk 'BEGIN { srand(3); for (i = 0; i < 60; ++i) printf "%.1f,%.1f\n", 1e6 * rand(), 1e6 * rand() }' >large.csv

# ---- training
leads 2 '--binarize sample, or --binarize none' '--binarize sample' train --data unit.csv "${net[@]}" --out t1
leads 2 '--binarize sample, or --binarize none' '--binarize none --overwrite' train --data unit.csv "${net[@]}" --out t2
leads 2 '--likelihood gaussian --standardise' '' train --data large.csv "${net[@]}" --out t3
leads 1 '--standardise' '--standardise --overwrite' train --data large.csv --likelihood gaussian "${net[@]}" --out t4
leads 1 '--drop-constant' '--drop-constant --overwrite' train --data table.csv --likelihood gaussian --standardise "${net[@]}" --out t5
leads 2 '--overwrite' '' train --data x.idx "${net[@]}" --out t5
first 1 'mkdir -p nowhere' '' '' sample t5 --out nowhere/s.csv
refused 1 'hint: --validation 15' train --data x.idx "${net[@]}" --validation 190 --out t6
works train --data x.idx "${net[@]}" --validation 15 --out t6

# ---- a run whose files went elsewhere
works train --data x.idx --labels y.idx --model cvae "${net[@]}" --out run
mkdir away; mv y.idx away
leads 1 '--data x.idx --labels PATH' '--data x.idx --labels away/y.idx' evaluate run --particles 2
cp -r run again
leads 1 '--data x.idx --labels PATH' '--data x.idx --labels away/y.idx' train --resume again --epochs 2
leads 1 '--train-data x.idx --train-labels PATH' '--train-data x.idx --train-labels away/y.idx' \
  detect run --data other.idx --labels other-labels.idx --particles 2 --resamples 5
mv away/y.idx .; mv x.idx away
leads 1 '--data PATH' '--data away/x.idx --labels y.idx' evaluate run --particles 2
leads 1 '--train-data PATH' '--train-data away/x.idx --train-labels y.idx' \
  detect run --data other.idx --labels other-labels.idx --particles 2 --resamples 5
bits 200 >x.idx  # another one in its place
leads 1 '--train-data PATH' '--train-data away/x.idx --train-labels y.idx' \
  detect run --data other.idx --labels other-labels.idx --particles 2 --resamples 5
for command in 'evaluate run --particles 2' 'quality run --count 20 --classifier-epochs 1' 'probe run --label-counts all' \
    'fit-prior run --components 2' 'reconstruct run --out r.csv' 'interpolate run --out i.csv' 'encode run --mean' \
    'sample run --from aggregate --out a.csv' 'train --resume run --epochs 2'; do
  leads 1 '--data PATH' '--data away/x.idx --labels y.idx' $command
done
mv away/x.idx .
rm -r run
works train --data x.idx --labels y.idx --model cvae "${net[@]}" --out run

# ---- what a command needs
leads 2 '--mean, the same each time' --mean encode run
echo 0,1 >codes.csv
leads 2 '--class C' '--class 1' decode run codes.csv --out d.csv
works train --data x.idx "${net[@]}" --out free
leads 2 '--labels FILE' '--labels other-labels.idx' detect free --data other.idx --anomalous-classes 1 --particles 2 --resamples 5
refused 1 'from 8 to 160 labels' probe run --label-counts 7
works probe run --label-counts 8
works probe run
first 2 '--mutate 0.2' 'vaegrad train --data x.idx --labels y.idx --model cvae --mutate 0.2 --hidden 8 --latent 2 --epochs 1 --out back' \
  '--background back' detect run --data other.idx --labels other-labels.idx --score ratio --particles 2 --resamples 5
works train --data x.idx --model autoencoder "${net[@]}" --out codes
mkdir begun; sed 's/epochs = 1/epochs = 2/' codes/config.ini >begun/config.ini; cp codes/{data.json,metrics.csv,*.safetensors} begun
first 1 'vaegrad train --resume begun' 'vaegrad train --resume begun' '' compare begun
first 2 'vaegrad fit-prior codes' 'vaegrad fit-prior codes --components 2' '--from mixture' sample codes --out s.csv

printf '%d hints followed\n' "$hints"
((fails == 0)) || exit 1
