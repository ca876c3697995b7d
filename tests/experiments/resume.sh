#!/usr/bin/env bash
# A run that is interrupted, or killed, and resumed gives byte for byte what a run in one go gives; a run
# repeated from its own config.ini gives the same metrics.
# usage: resume.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
fail() { echo "FAILED  $*"; cat log; exit 1; }
noise 3000 16 16 noise.idx
settings=(train --data ./noise.idx --binarize sample --hidden 64 --latent 5 --batch 10 --epochs 8 --objective iwae
          --particles 3 --warmup 2 --learning-rate-schedule cosine)
same() {  # everything but times
  cmp -s straight/model.safetensors "$1"/model.safetensors || fail "$2: other weights"
  cmp -s straight/best.safetensors "$1"/best.safetensors || fail "$2: another best"
  diff -q <(cut -d, -f1,2,4- straight/metrics.csv) <(cut -d, -f1,2,4- "$1"/metrics.csv) >/dev/null || fail "$2: other metrics"
}
"$program" "${settings[@]}" --out straight >log 2>&1 || fail 'straight run'

"$program" train --config straight/config.ini --out again >log 2>&1 || fail 'run from its own config.ini'
same again 'run from its own config.ini'

# a shipped configuration is found by its name from any folder, one of the same name that is here before it
"$program" train --config vae.ini --data ./noise.idx --epochs 1 --batch 500 --hidden 8 --out shipped >log 2>&1 || fail 'a shipped configuration by its name'
printf 'epochs = 1\nbatch = 500\nhidden = 8\nlatent = 3\n' >vae.ini
"$program" train --config vae.ini --data ./noise.idx --binarize sample --out shipped --overwrite >log 2>&1 || fail 'a configuration that is here'
grep -qx 'latent = 3' shipped/config.ini || fail 'the shipped configuration hid the one that is here'
printf 'validation = 50\n' >>vae.ini
"$program" train --config vae.ini --data ./noise.idx --binarize sample --out shipped --overwrite >log 2>&1 || fail 'validation of a file'
grep -qx 'validation = 50' shipped/config.ini || fail 'validation of a file is not recorded'
"$program" train --config vae.ini --data ./noise.idx --binarize sample --validation default --out shipped --overwrite >log 2>&1 ||
  fail 'validation as the data have it'
grep -q validation shipped/config.ini && fail 'validation of a file, taken back'

# .. and so does one that sets something in every group of settings, or is another model or likelihood
repeats() {
  local what=$1; shift
  rm -rf first second
  "$program" train --epochs 2 --batch 100 --hidden 16 --out first "$@" >log 2>&1 || fail "$what"
  "$program" train --config first/config.ini --out second >log 2>&1 || fail "$what, from its config.ini"
  cmp -s first/config.ini second/config.ini || fail "$what: another config.ini"
  cmp -s first/model.safetensors second/model.safetensors || fail "$what: other weights"
  diff <(cut -d, -f1,2,4- first/metrics.csv) <(cut -d, -f1,2,4- second/metrics.csv) >log || fail "$what: other metrics"
}
{ printf '\0\0\10\1'; printf '\0\0\13\270'; for n in {1..1500}; do printf '\1\0'; done; } >labels.idx
repeats 'every group' --data ./noise.idx --labels labels.idx --test-data ./noise.idx --test-labels labels.idx \
  --binarize threshold --validation 500 --model cvae --prior conditional --latent 3 --activation tanh \
  --initialiser he --output-bias zero --posterior-scale softplus --objective beta --beta 0.7 --free-bits 0.01 \
  --cycles 2 --optimizer adamw --learning-rate 3e-3 --adam-epsilon 1e-6 --adam-beta1 0.8 --clip 50 --patience 9 \
  --learning-rate-schedule cosine --seed 12345678901234 --checkpoint-every 2 --keep-every 1 --keep checkpoint
repeats 'capacity' --data ./noise.idx --binarize sample --objective capacity --gamma 3.7 --capacity 1.3
repeats 'doubly reparameterised' --data ./noise.idx --binarize sample --objective dreg --particles 4 --warmup 1.5
repeats 'groups of draws' --data ./noise.idx --binarize sample --objective ciwae --particles 2,3 --ciwae-beta 0.2
repeats 'kernel' --data ./noise.idx --binarize sample --objective mmd --kernel imq --mmd-weight 3 --beta 0.5
repeats 'gaussian' --data ./noise.idx --likelihood gaussian --likelihood-scale fixed:0.3 --posterior-scale tanh --validation 0 --cooling 3
repeats 'beta-binomial' --data ./noise.idx --likelihood beta-binomial --optimizer rmsprop --learning-rate 1e-4
repeats 'autoencoder' --data ./noise.idx --model autoencoder --binarize none

# .. and so does one that is taken up again after its first epoch
taken_up() {
  local what=$1 file
  for file in first/*.safetensors first/baseline/*.safetensors; do
    [[ $file == */checkpoint* || ! -e $file ]] || cmp -s "$file" "second${file#first}" || fail "$what, taken up: another $file"
  done
  diff <(cut -d, -f1,2,4- first/metrics.csv) <(cut -d, -f1,2,4- second/metrics.csv) >log || fail "$what, taken up: other metrics"
}
goes_on() {
  repeats "$@"
  local what=$1; shift
  rm -rf second
  "$program" train --epochs 1 --batch 100 --hidden 16 --out second "$@" >log 2>&1 || fail "$what, one epoch"
  "$program" train --resume second --epochs 2 >log 2>&1 || fail "$what, taken up"
  taken_up "$what"
}
awk 'BEGIN { srand(2); for (i = 0; i < 400; ++i) print rand() "," 50 * rand() "," 3 * rand() - 1 }' >table.csv
goes_on 'standardised' --data ./table.csv --likelihood gaussian --standardise
cp noise.idx 'noise #1.idx' && cp noise.idx noise#1.idx
goes_on 'a # in a name' --data ./noise#1.idx --binarize sample
"$program" train --data './noise #1.idx' --binarize sample --out first --overwrite >log 2>&1 && fail 'a name that config.ini cannot hold'
grep -q 'cannot be recorded' log || fail 'a name that config.ini cannot hold: no reason'
goes_on 'convolutions' --data ./noise.idx --binarize sample --network conv
goes_on 'classes' --data ./noise.idx --labels labels.idx --classes 1 --binarize sample
goes_on 'mutated' --data ./noise.idx --binarize sample --mutate 0.2
awk 'BEGIN { srand(2); for (i = 0; i < 400; ++i) print rand() "," rand() "," 3 * rand() "," rand() - 1 }' >wild.csv
wild=(--data ./wild.csv --likelihood gaussian --likelihood-scale per-dimension --optimizer sgd --learning-rate 2)
goes_on 'restored' "${wild[@]}" --on-divergence restore
"$program" train --epochs 2 --batch 100 --hidden 16 --out second --overwrite "${wild[@]}" >log 2>&1 && fail 'restored: nothing diverges'

# A baseline is trained to its end before the model that is given its images: broken off, later each time
quadrants=(--data ./noise.idx --binarize sample --model cvae --prior conditional --condition quadrants:2)
repeats 'quadrants' "${quadrants[@]}"
rm -rf second
for seconds in 0.1 0.2 0.3 0.4 0.6 0.9 1.5 60; do
  how=(--resume second)
  [[ -e second/baseline/checkpoint.safetensors ]] || how=(--epochs 2 --batch 100 --hidden 16 --out second --overwrite "${quadrants[@]}")
  timeout $seconds "$program" train "${how[@]}" >log 2>&1 && break
done
taken_up 'quadrants'

# No thread runs a handler for what interrupts a run (experiments/signals.hpp says why), and all but one block it
rm -rf broken
"$program" "${settings[@]/%8/1000}" --threads 3 --out broken >log 2>&1 &
pid=$!
for _ in {1..300}; do [[ -e broken/checkpoint.safetensors ]] && break; sleep 0.1; done
open=0
for task in /proc/$pid/task/*/status; do
  (( (0x$(sed -n 's/^SigCgt:\t//p' "$task") & 0x4002) == 0 )) || fail 'SIGINT or SIGTERM has a handler'
  (( (0x$(sed -n 's/^SigBlk:\t//p' "$task") & 0x4002) == 0x4002 )) || ((++open))
done
(( open == 1 )) || fail "$open threads take SIGINT and SIGTERM instead of one that waits for them"
{ kill -TERM $pid; wait $pid; status=$?; } 2>/dev/null
(( status == 143 )) || fail "SIGTERM: status $status"

# Interrupted at some moment between the first checkpoint and half of what a run in one go takes. One that was over
# before does not count, and is tried again, earlier.
straight() {
  rm -rf straight
  local started=$EPOCHREALTIME
  "$program" "${settings[@]}" --out straight >log 2>&1 || fail "straight run: ${settings[*]}"
  length=$(( (${EPOCHREALTIME/./} - ${started/./}) / 2 ))  # us
}
interruptions=0
straight
for signal in TERM INT KILL KILL KILL conv; do
  if [[ $signal == conv ]]; then  # the same with convolutions
    settings=(train --data ./noise.idx --binarize sample --network conv --latent 3 --batch 300 --epochs 8)
    straight
    signal=KILL
  fi
  for within in $length $((length / 3)) $((length / 10)); do
    rm -rf broken
    "$program" "${settings[@]}" --out broken >log 2>&1 &
    pid=$!
    until [[ -e broken/checkpoint.safetensors ]]; do sleep 0.01; kill -0 $pid 2>/dev/null || break; done
    moment=$(( (RANDOM * 32768 + RANDOM) % (within + 1) ))
    printf -v moment '%d.%06d' $((moment / 1000000)) $((moment % 1000000))
    sleep "$moment"
    { kill -$signal $pid; wait $pid; status=$?; } 2>/dev/null
    (( status == 0 )) || break
  done
  case $signal in
    TERM) (( status == 143 || status == 0 )) || fail "SIGTERM: status $status" ;;
    INT) (( status == 130 || status == 0 )) || fail "SIGINT: status $status" ;;
    KILL) (( status == 137 || status == 0 )) || fail "SIGKILL: status $status" ;;
  esac
  (( status == 0 )) || ((++interruptions))
  "$program" train --resume broken >log 2>&1 || fail "resuming after SIG$signal"
  same broken "SIG$signal"
done
(( interruptions >= 5 )) || fail "only $interruptions of 6 runs were interrupted"
"$program" train --resume straight >log 2>&1 || fail 'resuming a finished run'
grep -q 'nothing to do' log || fail 'resuming a finished run says nothing'
echo "$interruptions of 6 runs were interrupted; all resumed to the same bytes"
