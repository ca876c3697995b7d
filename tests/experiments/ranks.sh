#!/usr/bin/env bash
# Several ranks, as mpirun starts them, leave the bytes that one process leaves: for any number of them and of threads, and
# where a run is taken up by another number. A rank that dies ends the job at once, with a line that names it, and the run goes
# on from its checkpoint.
# usage: ranks.sh PATH_OF_VAEGRAD [KILLS [SEED]]
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
command -v mpirun >/dev/null || { echo 'skipped: there is no mpirun (apt-get install openmpi-bin)'; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMP_NUM_THREADS=1 PATH_BEFORE=$PATH
kills=${2-3}
RANDOM=${3-$$}
on() { local n=$1; shift; timeout 120 mpirun --oversubscribe -n "$n" "$program" "$@"; }
on 2 --version >out.txt 2>&1 || { echo "skipped: mpirun does not start: $(tail -3 out.txt)"; exit 77; }
on 2 data shapes >out.txt 2>&1
grep -q 'built without MPI' out.txt && { echo 'skipped: built without MPI'; exit 77; }

same() {  # A B: two runs
  local f
  for f in "$1"/*.safetensors; do
    f=${f##*/}
    [[ $f == checkpoint* ]] && continue  # has the seconds that training took
    cmp -s "$1/$f" "$2/$f" || wrong "$2: $f has other bytes"
  done
  diff -q <(cut -d, -f1,2,4- "$1"/metrics.csv) <(cut -d, -f1,2,4- "$2"/metrics.csv) >/dev/null || wrong "$2: other metrics"
  diff -q <(grep -v seconds "$1"/summary.json | grep -v examples_per) <(grep -v seconds "$2"/summary.json | grep -v examples_per) \
    >/dev/null || wrong "$2: another summary"
}

noise 1000 12 12 noise.idx
data=(--data ./noise.idx --binarize sample --hidden 60 --latent 5)
cases=(
  '--batch 300 --epochs 3'                                          # a last batch that is shorter, and cut otherwise
  '--batch 32 --objective iwae --particles 20 --epochs 1'
  '--batch 128 --objective adversarial --epochs 2'                  # two players
  '--batch 2100 --epochs 2'                                         # more than there are examples
  '--batch 128 --network conv --epochs 1'
)
for i in "${!cases[@]}"; do
  read -ra options <<<"${cases[i]}"
  works train "${data[@]}" "${options[@]}" --out one-$i
  for ranks in 2 3 4; do
    on $ranks train "${data[@]}" "${options[@]}" --threads $((1 + ranks % 2)) --out $i-$ranks >out.txt 2>err.txt ||
      wrong "$ranks ranks, ${cases[i]}: $(cat err.txt)"
    same one-$i $i-$ranks
  done
done
grep -q 'ranks of' err.txt || wrong "the number of ranks is not said: $(cat err.txt)"

# taken up by other numbers of ranks
more=("${data[@]}" --batch 300 --epochs 3 --out parts)
on 4 train "${data[@]}" --batch 300 --epochs 1 --out parts >/dev/null 2>err.txt || wrong "1 of 3 epochs: $(cat err.txt)"
on 2 train --resume parts --epochs 2 >/dev/null 2>err.txt || wrong "2 of 3 epochs: $(cat err.txt)"
works train --resume parts --epochs 3
works train "${data[@]}" --batch 300 --epochs 3 --out whole
same whole parts

# what is not trained: numbers of every use
works train "${data[@]}" --batch 128 --epochs 1 --out used
uses=(
  'evaluate used --particles 40 --limit 50 --per-example OUT.csv'
  'encode used --mean --out OUT.csv'
  'detect used --data ./noise.idx --score all --out OUT'
  'sample used --count 30 --out OUT.npy'
  'reconstruct used --data ./noise.idx --out OUT.npy'
)
for use in "${uses[@]}"; do
  mkdir -p u1 u3
  read -ra words <<<"${use/OUT/u1/x}"
  works "${words[@]}"
  cp out.txt u1/said
  read -ra words <<<"${use/OUT/u3/x}"
  on 3 "${words[@]}" >u3/said 2>err.txt || wrong "3 ranks, $use: $(cat err.txt)"
  sed -i 's/u1/u3/; /seconds/d' u1/said
  sed -i '/seconds/d' u3/said
  diff -r u1 u3 >diff.txt || wrong "3 ranks, $use: $(head -5 diff.txt)"
  rm -rf u1 u3
done

# refused, by the first alone
on 2 train "${data[@]}" --objective tc --epochs 1 --out no >out.txt 2>err.txt && wrong 'tc was trained on two ranks'
[[ $(grep -c 'compares the codes' err.txt) == 1 ]] || wrong "tc: $(cat err.txt)"
[[ ! -e no ]] || wrong 'tc left a folder'
on 3 train --data ./nowhere.idx --out no >out.txt 2>err.txt && wrong 'data that are not there'
[[ $(grep -c 'nowhere.idx' err.txt) == 1 ]] || wrong "no data: $(cat err.txt)"
# .. and by another, where only that one has the reason
timeout 60 mpirun --oversubscribe -n 1 "$program" train "${data[@]}" --epochs 1 --out no : \
  -n 1 "$program" train "${data[@]}" --epochs 2 --out no >out.txt 2>err.txt && wrong 'two command lines'
grep -q 'rank 1 has another command line' err.txt || wrong "two command lines: $(cat err.txt)"

# a rank dies
long=(--data ./noise.idx --binarize sample --latent 5 --hidden 300 --batch 128 --epochs 60 --checkpoint-every 1)
works train "${long[@]}" --out straight
slowest=0 killed=0
for ((k = 0; killed < kills && k < 3 * kills; ++k)); do
  rm -rf broken
  PATH=$PATH_BEFORE on 3 train "${long[@]}" --out broken >out.txt 2>err.txt &
  job=$!
  printf -v moment '%d.%02d' $((RANDOM % 2)) $((RANDOM % 100))
  sleep "$moment"
  mapfile -t pids < <(for p in /proc/[0-9]*; do
    tr '\0' ' ' 2>/dev/null <"$p"/cmdline | grep -q "^$program train .*--out broken" && echo "${p#/proc/}"; done 2>/dev/null)
  victim=$((RANDOM % 3))
  if (( ${#pids[@]} == 3 )) && kill -KILL "${pids[victim]}" 2>/dev/null; then
    ((++killed))
    died=$EPOCHREALTIME
    wait $job && wrong "kill $k: the job went well"
    took=$(( (${EPOCHREALTIME/./} - ${died/./}) / 1000 ))
    (( took > slowest )) && slowest=$took
    (( took < 10000 )) || wrong "kill $k: it took $took ms until the job had ended"
    # before they know of each other, and once they have taken leave, it is the launcher who says it
    who='has died'
    grep -q '^training on' err.txt && ! grep -q '^trained in' err.txt || who="has died|rank $victim"
    grep -qE "$who" err.txt || wrong "kill $k, after $moment s: nobody says who died: $(cat err.txt)"
  else
    wait $job  # before all had begun, or after the end: it goes on
  fi
  if [[ -e broken/checkpoint.safetensors ]]; then again=(--resume broken); else again=("${long[@]}" --out broken --overwrite); fi
  on $((1 + RANDOM % 3)) train "${again[@]}" >out.txt 2>err.txt || wrong "kill $k: not taken up: $(cat err.txt)"
  same straight broken
done
(( killed > 0 || kills == 0 )) || wrong 'no rank was killed'
echo "$killed ranks were killed; the slowest job had ended after $slowest ms"
(( fails == 0 ))
