#!/usr/bin/env bash
# A run that is interrupted, or killed, and resumed gives byte for byte what a run in one go gives; a run
# repeated from its own config.ini gives the same metrics.
# usage: resume.sh PATH_OF_VAEGRAD
set -u
program=$(readlink -f "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export OMP_NUM_THREADS=1
fail() { echo "FAILED  $*"; cat log; exit 1; }
header() { printf '\0\0\10\3'; local n; for n; do printf "\\x$(printf %02x $((n >> 24 & 255)))\\x$(printf %02x $((n >> 16 & 255)))\\x$(printf %02x $((n >> 8 & 255)))\\x$(printf %02x $((n & 255)))"; done; }
{ header 3000 16 16; head -c $((3000 * 256)) /dev/urandom; } >noise.idx
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

interruptions=0
for signal in TERM INT KILL KILL KILL; do
  rm -rf broken
  "$program" "${settings[@]}" --out broken >log 2>&1 &
  pid=$!
  sleep 0.$((RANDOM % 5 + 3))
  { kill -$signal $pid; wait $pid; status=$?; } 2>/dev/null
  case $signal in
    TERM) (( status == 143 || status == 0 )) || fail "SIGTERM: status $status" ;;
    INT) (( status == 130 || status == 0 )) || fail "SIGINT: status $status" ;;
  esac
  (( status == 0 )) || ((++interruptions))
  if [[ -e broken/checkpoint.safetensors ]]; then
    "$program" train --resume broken >log 2>&1 || fail "resuming after SIG$signal"
    same broken "SIG$signal"
  fi
done
"$program" train --resume straight >log 2>&1 || fail 'resuming a finished run'
grep -q 'nothing to do' log || fail 'resuming a finished run says nothing'
echo "$interruptions of 5 runs were interrupted; all resumed to the same bytes"
