#!/usr/bin/env bash
# A sweep of twelve runs that is killed five times at random moments, interrupted once, and gone on with gives the bytes
# of one in one go, whatever the number of jobs; a run that fails costs no other; a dry run touches nothing.
# usage: sweep.sh PATH_OF_VAEGRAD [KILLS [SEED]]
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
unset OMP_NUM_THREADS
kills=${2-5}
RANDOM=${3-$$}
noise 600 8 8 noise.idx
mkdir bare && for tool in gnuplot dot; do ln -s /bin/false bare/$tool; done
export PATH="$work/bare:$PATH"  # pictures are no part of this
sweep=(sweep --data ./noise.idx --binarize sample --batch 20 --threads 2 --vary latent=2,3,4 --vary 'hidden=64;64,32')
whole=("${sweep[@]}" --epochs 6 --seeds 1..2)
same() {  # FOLDER WHAT: but for times, and what depends on when a checkpoint was written
  local run file
  [[ $(cd straight && echo */model.safetensors) == $(cd "$1" && echo */model.safetensors) ]] || wrong "$2: other runs"
  for run in straight/latent*; do
    run=${run##*/}
    for file in model.safetensors best.safetensors config.ini; do
      cmp -s "straight/$run/$file" "$1/$run/$file" || wrong "$2: another $file in $run"
    done
    diff -q <(cut -d, -f1,2,4- "straight/$run/metrics.csv") <(cut -d, -f1,2,4- "$1/$run/metrics.csv") >/dev/null || wrong "$2: other metrics in $run"
  done
}

started=$EPOCHREALTIME
works "${whole[@]}" --jobs 1 --out straight
length=$(( ${EPOCHREALTIME/./} - ${started/./} ))  # us
[[ $(grep -c '^done' err.txt) == 12 ]] || wrong "not twelve runs: $(cat err.txt)"
works "${whole[@]}" --jobs 2 --out two
grep -q '2 at a time' err.txt || wrong "--jobs 2: $(head -1 err.txt)"
same two '--jobs 2'

# killed, with its runs, at random moments
killed=0
for ((attempt = 0; ; ++attempt)); do
  "$program" "${whole[@]}" --jobs 2 --out broken >out.txt 2>err.txt &
  pid=$!
  if (( killed < kills )); then
    moment=$(( length / 30 + (RANDOM * 32768 + RANDOM) % (length / (2 * kills)) ))
    printf -v moment '%d.%06d' $((moment / 1000000)) $((moment % 1000000))
    sleep "$moment"
    kill -KILL $pid 2>/dev/null
  fi
  { wait $pid; status=$?; } 2>/dev/null
  (( status == 0 )) && break
  (( status == 137 )) || { wrong "status $status: $(cat err.txt)"; break; }
  ((++killed))
done
(( killed >= kills - 1 )) || wrong "killed $killed times only"
same broken "killed $killed times"

# Ctrl-C: all is saved, nothing goes on by itself, and what is finished is not repeated
"$program" "${whole[@]}" --jobs 2 --out broken2 >out.txt 2>err.txt &
pid=$!
for _ in {1..200}; do compgen -G 'broken2/*/summary.json' >/dev/null && break; sleep 0.05; done
kill -INT $pid
{ wait $pid; status=$?; } 2>/dev/null
(( status == 130 )) || wrong "SIGINT: status $status: $(cat err.txt)"
grep -q 'go on with the same command' err.txt || wrong "SIGINT: $(cat err.txt)"
before=$(stat -c '%n %Y %i' broken2/*/model.safetensors | sort)
sleep 0.3
[[ $(stat -c '%n %Y %i' broken2/*/model.safetensors | sort) == "$before" ]] || wrong 'SIGINT: a run went on'
for run in broken2/latent*/; do
  [[ ! -e $run/config.ini || -e $run/checkpoint.safetensors ]] || wrong "SIGINT: nothing was saved in $run"
done
works "${whole[@]}" --jobs 2 --out broken2
grep -q 'finished before' err.txt || wrong "what was finished is not said: $(cat err.txt)"
same broken2 'interrupted'

# finished: nothing is done again; more seeds and epochs are
before=$(stat -c '%n %Y %i' straight/*/* | sort)
works "${whole[@]}" --out straight
[[ $(stat -c '%n %Y %i' straight/*/* | sort) == "$before" ]] || wrong 'a finished sweep was repeated'
works "${sweep[@]}" --epochs 7 --seeds 1..3 --jobs 2 --out two
[[ $(grep -l '^epochs = 7$' two/*/config.ini | wc -l) == 18 ]] || wrong 'not 18 runs of 7 epochs'
[[ $(awk -F, 'END {print $1}' two/latent-2_hidden-64_seed-1/metrics.csv) == 7 ]] || wrong 'no more epochs'

# finished is finished, whatever was pruned; a schedule that knows the whole is not prolonged
cp -r straight pruned && rm pruned/*/checkpoint.safetensors
before=$(stat -c '%n %Y %i' pruned/*/model.safetensors | sort)
works "${whole[@]}" --out pruned
[[ $(stat -c '%n %Y %i' pruned/*/model.safetensors | sort) == "$before" ]] || wrong 'what was finished and pruned was trained anew'
refused 2 'its checkpoint is gone' "${sweep[@]}" --epochs 7 --seeds 1..2 --out pruned
cosine=(sweep --data ./noise.idx --binarize sample --hidden 8 --batch 100 --vary latent=2,3 --learning-rate-schedule cosine --out cosine)
works "${cosine[@]}" --epochs 2
refused 2 'a run of 2 epochs, not 3' "${cosine[@]}" --epochs 3

# a failed run is reported, and the rest goes on
refused 1 '1 failed' sweep --data ./noise.idx --binarize sample --batch 20 --epochs 2 --hidden 8 --vary learning-rate=0.001,900,0.01 \
  --jobs 1 --out failing
grep -q '^FAILED  learning-rate-900_seed-1: vaegrad train: training diverged' err.txt || wrong "the failed run: $(cat err.txt)"
[[ $(ls failing/*/summary.json | xargs) == 'failing/learning-rate-0.001_seed-1/summary.json failing/learning-rate-0.01_seed-1/summary.json' ]] ||
  wrong 'the rest did not go on'

# a dry run lists all, with time and memory, and touches nothing
works "${whole[@]}" --out dry --dry-run
[[ ! -e dry ]] || wrong 'a dry run left something'
[[ $(grep -cE '^  new +[0-9]+ s +[0-9]+ MB  latent' out.txt) == 12 ]] || wrong "dry run: $(cat out.txt)"
works "${sweep[@]}" --epochs 6 --seeds 1..2 --out straight --dry-run
[[ $(grep -c '^  finished' out.txt) == 12 ]] || wrong "dry run of what is finished: $(cat out.txt)"

# two sweeps in one folder, and what is no sweep
refused 2 'has learning-rate 0.001, not 0.1' "${sweep[@]}" --epochs 6 --learning-rate 0.1 --out straight
refused 2 'varies hidden, latent, not latent' sweep --data ./noise.idx --binarize sample --batch 20 --threads 2 --vary latent=2,3,4 --out straight
sed -i '/"cooling"/d' pruned/sweep.json  # as a version without that setting wrote it
works "${whole[@]}" --out pruned
works sweep --data ./noise.idx --binarize sample --epochs 1 --batch 200 --vary network=mlp,gated --out networks
works sweep --data ./noise.idx --binarize sample --epochs 1 --batch 200 --vary network=gated,mlp --out networks
refused 2 "there is no setting 'laten'" sweep --vary laten=2,3 --out new
refused 2 'empty value' sweep --vary latent=2,,3 --out new
refused 2 "--latent: 'x'" sweep --vary latent=x --out new
refused 2 '--seeds' sweep --vary latent=2 --seeds 3..1 --out new
refused 2 'it is of a single run' sweep --vary latent=2 --seed 3 --out new
refused 2 'no sweep' sweep --vary latent=2 --out bare
[[ ! -e new ]] || wrong 'a refused sweep left something'
echo "$killed kills; $fails wrong"
(( fails == 0 ))
