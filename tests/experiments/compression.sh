#!/usr/bin/env bash
# Compressing end to end: what the program compresses, builds by other compilers and with other numbers of
# threads give back, byte for byte; damaged and mistaken archives are refused and leave nothing behind.
# usage: compression.sh PROGRAM [DECOMPRESSOR ..]        the decompressors: tests/portable/decompress.cpp
set -u
decompressors=()
for path in "${@:2}"; do decompressors+=("$(readlink -f "$path")"); done
. "${BASH_SOURCE[0]%/*}"/common.sh
failures=0
wrong() { echo "FAILED  $*"; failures=$((failures + 1)); }
size() { stat -c %s "$1"; }

# Sets of 28 x 28: Fashion-MNIST, noise, nothing but zeros; and 16 x 16, drawn.
fashion=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
[[ -e $fashion ]] || fashion=$(dpkg -L dataset-fashion-mnist | grep t10k-images)
pixels=$((28 * 28))
{ header 300 28 28; zcat "$fashion" | tail -c +17 | head -c $((300 * pixels)); } >fashion.idx
{ header 2000 28 28; zcat "$fashion" | tail -c +$((17 + 300 * pixels)) | head -c $((2000 * pixels)); } >train.idx
noise 70 28 28 noise.idx
{ header 70 28 28; head -c $((70 * pixels)) /dev/zero; } >zeros.idx
{ header 0 28 28; } >empty.idx
"$program" data shapes-16-3x4x8x6x6 --binarize threshold --out shapes.idx >/dev/null 2>&1 || wrong 'no shapes.idx'

train() { OMP_NUM_THREADS=2 "$program" train "$@" --overwrite >log 2>&1 || { cat log; wrong "train $*"; }; }
train --data ./train.idx --likelihood beta-binomial --hidden 50 --latent 8 --epochs 3 --out grey
train --data ./train.idx --binarize sample --hidden 32 --latent 8 --epochs 1 --out binary
train --data shapes-16-3x4x8x6x6 --binarize threshold --hidden 64 --latent 6 --epochs 3 --out shapes
[[ -e grey/model.safetensors && -e shapes/model.safetensors ]] || { wrong 'no models'; exit 1; }

# ---- there and back
round_trip() {  # RUN FILE
  "$program" compress "$1" "$2" packed >said 2>&1 || { cat said; wrong "compress $1 $2"; return; }
  local threads decompressor
  for threads in 1 8; do
    "$program" compress "$1" "$2" again --threads $threads >/dev/null
    cmp -s packed again || wrong "compress $1 $2: other bytes with $threads threads"
    "$program" decompress "$1" packed back --threads $threads >/dev/null || wrong "decompress $1 $2"
    cmp "$2" back || wrong "decompress $1 $2: other bytes with $threads threads"
  done
  for decompressor in "${decompressors[@]}"; do
    for threads in 1 8; do
      rm -f back
      "$decompressor" "$1" packed back $threads || wrong "$decompressor $1 $2"
      cmp "$2" back || wrong "$decompressor $1 $2: other bytes with $threads threads"
    done
  done
}
round_trip grey fashion.idx
(( $(size packed) < $(size fashion.idx) * 7 / 10 )) || wrong "grey: $(size packed) of $(size fashion.idx) bytes"
round_trip shapes shapes.idx
(( $(size packed) < $(size shapes.idx) / 15 )) || wrong "shapes: $(size packed) of $(size shapes.idx) bytes"
round_trip grey noise.idx
(( $(size packed) < $(size noise.idx) + 100 )) || wrong "noise grew to $(size packed) bytes"
round_trip grey zeros.idx
round_trip grey empty.idx
round_trip binary fashion.idx   # grey bytes through a model of 0 and 1
round_trip binary zeros.idx

# ---- refused, with one line and a hint, and without a file
refused() {  # STATUS 'part of the message' arguments..
  local want=$1 text=$2 status=0
  shift 2
  rm -f out
  "$program" "$@" >stdout 2>stderr || status=$?
  [[ $status == "$want" ]] || wrong "'$*': status $status, not $want"
  grep -qF -- "$text" stderr || wrong "'$*' did not say '$text' but: $(cat stderr)"
  [[ $(wc -l <stderr) == 2 && ! -s stdout ]] && grep -q '^  hint: ' stderr || wrong "'$*': not one line and a hint"
  [[ ! -e out && -z $(ls | grep tmp) ]] || wrong "'$*' left a file"
}
"$program" compress grey fashion.idx packed >/dev/null
head -c 1000 packed >cut
head -c 7 packed >short
: >nothing
{ head -c 2000 packed; printf '\xaa'; tail -c +2002 packed; } >flipped
cmp -s packed flipped && { head -c 2000 packed; printf '\x55'; tail -c +2002 packed; } >flipped
{ head -c 8 packed; printf '\2\0\0\0'; tail -c +13 packed; } >newer
{ cat packed; echo; } >longer
refused 1 'damaged archive' decompress grey cut out
refused 1 'not an archive of vaegrad' decompress grey short out
refused 1 'not an archive of vaegrad' decompress grey nothing out
refused 1 'damaged archive: the checksum' decompress grey flipped out
refused 1 'damaged archive: the checksum' decompress grey longer out
refused 1 'an archive of version 2' decompress grey newer out
refused 1 'another model' decompress binary packed out
refused 1 'not an archive of vaegrad' decompress grey fashion.idx out
refused 1 'missing' decompress grey missing out
gzip -k fashion.idx
{ cat fashion.idx; echo; } >trailing.idx
refused 1 'it is packed with gzip' compress grey fashion.idx.gz out
refused 1 'trailing bytes' compress grey trailing.idx out
refused 1 "the model's images are 28 x 28" compress grey shapes.idx out
refused 1 'not a run' compress nowhere fashion.idx out
refused 2 '3 are needed' compress grey fashion.idx
refused 2 'the same file' compress grey fashion.idx fashion.idx
refused 2 "there is no 'newest'" compress grey fashion.idx out --weights newest
refused 2 "unrecognised option '--level'" compress grey fashion.idx out --level 9

echo "$failures failures; decompressors: $#"
(( failures == 0 ))
