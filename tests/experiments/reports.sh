#!/usr/bin/env bash
# What people reported of other programs of this kind, tried on this one: experiments/reports.md has them with their
# sources; those about files of pictures and tables are unit tests (lab/data/formats).
# usage: reports.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
mkdir bare && for tool in gnuplot dot; do ln -s /bin/false bare/$tool; done
export PATH="$work/bare:$PATH"  # pictures are no part of this
net=(--hidden 8 --latent 2 --batch 32)
said() { grep -qF -- "$1" out.txt err.txt || wrong "no '$1' in: $(cat out.txt err.txt)"; }
value() { sed -n "s/^ *\"$1\": \(.*[^,]\),*$/\1/p" out.txt; }
finite() { ! grep -qi 'nan\|inf' "$1"/metrics.csv || wrong "$1: not finite: $(tail -2 "$1"/metrics.csv)"; }
# coins, the same in every run and by every awk (Lehmer's generator): what is claimed of so few images is no lottery
bits() {
  header "$1" "$2" "$3"
  awk -v n=$(($1 * $2 * $3)) 'BEGIN { for (x = 7; n > 0; --n) { x = x * 16807 % 2147483647; printf x < 1073741824 ? "a" : "b" } }' | tr ab '\0\1'
}

# ---- gaps, words, dates, names that are numbers: a table as it comes
awk 'BEGIN { srand(1); print "day,shop,size,price,sold"; for (i = 0; i < 90; ++i)
  printf "2024-01-%02d,%s,%.2f,%s,%d\n", 1 + i % 28, i % 3 ? "North" : "South", rand(), i % 9 ? 9 * rand() : "", i % 5 }' >shop.csv
real=(--likelihood gaussian --standardise "${net[@]}" --epochs 2)
refused 1 "shop.csv:2: not a number in column 0, day: '2024-01-01'" train --data shop.csv "${real[@]}" --out t
refused 1 "names of classes: --label-column shop; else --drop-columns shop" train --data shop.csv "${real[@]}" --drop-columns day --out t
refused 1 'nothing in column 3, price; gaps in 10 of 90 rows, 1 column' train --data shop.csv "${real[@]}" --drop-columns day,shop --out t
works train --data shop.csv "${real[@]}" --drop-columns day,price --label-column shop --model cvae --out table
said '2 columns dropped; labels from column 1, shop'
finite table
works evaluate table --particles 5  # and is read so again
works encode table --mean --split all --out c.csv
[[ $(wc -l <c.csv) == 90 ]] || wrong "c.csv: $(wc -l <c.csv) rows"
works train --resume table --epochs 3
refused 2 'has no such column among 2' train --data c.csv "${real[@]}" --drop-columns day --out u
refused 2 "--drop-columns 0: shapes is no table" train --data shapes --drop-columns 0 --out u
{ seq -s, 0 11; awk 'BEGIN { srand(2); for (i = 0; i < 60; ++i) { for (j = 0; j < 12; ++j) printf "%s%.3f", j ? "," : "", rand(); print "" } }'; } >numbered.csv
works train --data numbered.csv "${real[@]}" --out numbered
said 'first line taken for names: .., 11'
said '48 examples'
cp numbered.csv numbered.data  # as the UCI repository calls its tables
works train --data numbered.data "${real[@]}" --out numbered-again
iconv -t UTF-16 numbered.csv >wide.csv 2>/dev/null && works train --data wide.csv "${real[@]}" --out wide

# .. with names in Latin-1, as Windows writes them, in a path that is no UTF-8 either
mkdir $'caf\xe9'
awk 'BEGIN { srand(5); printf "H\366he,art\n"; for (i = 0; i < 60; ++i) printf "%.3f,%s\n", rand(), i % 2 ? "gr\374n" : "rot" }' >$'caf\xe9'/latin.csv
works train --data $'caf\xe9'/latin.csv --label-column art --model cvae "${real[@]}" --out latin
grep -q '"Höhe"' latin/data.json || wrong "the name of a column: $(cat latin/data.json)"
works evaluate latin --particles 30
"$program" compare latin >out.txt 2>err.txt  # 1, for the picture that is not drawn here
[[ $? == 1 ]] && grep -q 'was not drawn' err.txt || wrong "compare latin: $(cat err.txt)"
said 'cvae 8-2 elbo, seed 1'

# ---- far fewer rows than columns
awk 'BEGIN { srand(3); for (i = 0; i < 30; ++i) { for (j = 0; j < 1500; ++j) printf "%s%.3f", j ? "," : "", rand(); print "" } }' >brain.csv
works train --data brain.csv "${real[@]}" --out brain
finite brain

# ---- numbers 0 .. 300: no byte, no probability; the best weights are there after the first epoch
{ npy '<f8' '60, 4, 5'; for i in {1..400}; do printf '\0\0\0\0\0\300\162\100\0\0\0\0\0\320\142\100\0\0\0\0\0\0\0\0'; done; } >x.npy  # 300, 150.5, 0
refused 2 'likelihood needs bytes, but x.npy has real numbers' train --data x.npy "${net[@]}" --epochs 1 --out x
works train --data x.npy --likelihood gaussian --standardise "${net[@]}" --epochs 1 --out x
[[ -s x/best.safetensors ]] || wrong 'no best weights after the first epoch'

# ---- a number of examples that no batch divides, or smaller than one; images of any size for convolutions
bits 61 9 13 >odd.idx
works train --data odd.idx "${net[@]}" --epochs 1 --out odd
works train --data odd.idx --hidden 8 --latent 2 --batch 500 --epochs 1 --out odd-batch
works train --data odd.idx --network conv:4x3s2,8x3s2 --latent 2 --epochs 1 --out conv
works reconstruct conv --out r.npy
bits 20 8 8 >small.idx
refused 1 'images of 8 x 8, but the run was trained on 9 x 13' encode conv --mean --data small.idx

# ---- z is drawn where an ELBO is reported: another seed is another draw; a mean would be none
works evaluate odd --data odd.idx --particles 1 --seed 1; one=$(value elbo)
works evaluate odd --data odd.idx --particles 1 --seed 2; two=$(value elbo)
[[ $one != "$two" && -n $one ]] || wrong "the same ELBO by another draw: $one"
# .. and log p(x) is the log of a mean, not a mean of logs: more draws, a larger one
works evaluate odd --data odd.idx --particles 500 --seed 1
awk -v elbo="$(value elbo)" -v nll="$(value nll)" 'BEGIN { exit !(-nll >= elbo) }' || wrong "-NLL $(value nll) below ELBO $(value elbo)"

# ---- a density may be above 1, so an ELBO above 0: columns of small deviation
awk 'BEGIN { srand(4); for (i = 0; i < 200; ++i) printf "%.6f,%.6f\n", 1e-3 * rand(), 1e-3 * rand() }' >narrow.csv
works train --data narrow.csv --likelihood gaussian --standardise "${net[@]}" --epochs 20 --out narrow
works evaluate narrow --particles 0
awk -v elbo="$(value elbo)" 'BEGIN { exit !(elbo > 5) }' || wrong "the log-Jacobian: ELBO $(value elbo)"
[[ $(value bits_per_dimension) == null ]] || wrong "bits per dimension of a density: $(value bits_per_dimension)"

# ---- the same seed, the same bytes; another, others
for seed in 1 1 2; do
  works train --data odd.idx "${net[@]}" --epochs 2 --seed $seed --overwrite --out same
  sha256sum <same/model.safetensors >>sums
done
[[ $(sort -u sums | wc -l) == 2 && $(head -2 sums | sort -u | wc -l) == 1 ]] || wrong "seeds: $(cat sums)"

# ---- a picture of the run that was there is none of the run that replaced it; what is not a run's stays
touch same/{curves,reconstructions,samples,scatter,manifold,mine}.png
mkdir same/folder.safetensors
works train --data odd.idx "${net[@]}" --epochs 1 --overwrite --out same
[[ $(cd same && echo *.png) == mine.png && -d same/folder.safetensors ]] || wrong "after --overwrite: $(ls same)"

# ---- objectives and posteriors that were reported to give NaN
for how in '--objective tc' '--objective dip-2' '--objective mmd' '--posterior von-mises-fisher --prior uniform-sphere'; do
  works train --data odd.idx --hidden 8 --latent 8 --batch 32 --epochs 10 --learning-rate 5e-3 $how --overwrite --out objective
  finite objective
done

# ---- a run that diverged after many good epochs goes on from the last of them
works train --data narrow.csv --likelihood gaussian --standardise "${net[@]}" --epochs 30 --learning-rate 0.5 \
  --optimizer sgd --on-divergence restore --out diverged
finite diverged

# ---- a class that is none; weights kept on the way are those of their epoch; validation of nothing
labels() { printf '\0\0\10\1'; bytes 0 "$1"; for ((i = 0; i < $1; ++i)); do printf "\\x0$((1 + i % 3))"; done; }
labels 61 >y.idx  # from 1 on
works train --data odd.idx --labels y.idx --model cvae "${net[@]}" --epochs 3 --keep-every 1 --out classes
said 'of the classes 0 to 3 only 3 have examples'
refused 2 'its classes are 0 to 3' sample classes --class 100
works train --data odd.idx --labels y.idx --model cvae "${net[@]}" --epochs 2 --out two-epochs
kept=$(ls classes/*2*.safetensors | head -1)
cmp -s "$kept" two-epochs/model.safetensors || wrong "$kept is not the model after two epochs: $(ls classes)"
refused 2 'validation' train --data odd.idx "${net[@]}" --validation 0 --patience 3 --out none
# .. and while the KL's factor is still to rise, nothing is waited for
for warmup in 0 4; do
  works train --data odd.idx "${net[@]}" --learning-rate 1e-12 --patience 2 --warmup $warmup --epochs 9 --out waits-$warmup
  [[ $(tail -1 waits-$warmup/metrics.csv) == $((warmup ? warmup + 2 : 3)),* ]] || wrong "--warmup $warmup: $(cat waits-$warmup/metrics.csv)"
done

# ---- each image as numbers, not a grid alone; codes in the order of the file
works sample odd --count 5 --out five.npy
[[ $(stat -c %s five.npy) == $((128 + 5 * 117 * 4)) ]] || wrong "five.npy: $(stat -c %s five.npy) bytes"
{ header 61 9 13; tail -c +17 odd.idx | tail -c $((60 * 117)); tail -c +17 odd.idx | head -c 117; } >turned.idx
works encode odd --mean --split all --out a.csv
works encode odd --mean --data turned.idx --out b.csv
# Without AVX-512 oneDNN rounds the last rows of a product in another order than the others: 1.2e-7 was the most in twelve
# files, the same each time, with any number of threads. With AVX-512 all rows are equal to the bit.
most=$(grep -qw avx512f /proc/cpuinfo && echo 0 || echo 5e-7)
{ tail -n +2 a.csv; head -1 a.csv; } | paste -d, - b.csv |
  awk -F, -v most=$most 'function far(d) { return d > most || -d > most }
    NF != 4 || far($1 - $3) || far($2 - $4) { bad = 1 } END { exit bad || NR != 61 }' ||
  wrong 'codes are not in the order of the file'

((fails == 0)) || exit 1
echo 'reports: all as expected'
