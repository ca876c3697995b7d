#!/usr/bin/env bash
# Builds one program with what reads archives, and nothing else of vaegrad: outside the build system, so
# that compiler, optimisation and instruction set are another than the program's.
# usage: build.sh OUT MAIN.cpp COMPILER [FLAGS ..]        LAUNCHER=ccache: in front of the compiler
set -euo pipefail
root=$(readlink -f -- "${BASH_SOURCE[0]%/*}/../..")
out=$1 main=$2
shift 2
mkdir -p "$out.objects/include/vaegrad"
cd "$out.objects"
ln -sfn "$root"/{autodiff,models,lab} include/vaegrad
objects=()
for source in "$root"/models/coding/*.cpp "$root"/lab/{uses/archive,uses/coder,files/file,run/run_files,files/safetensors}.cpp \
  "$root"/autodiff/{error,kernels/parallel}.cpp "$main"; do
  object=$(basename -- "$source" .cpp).o
  [[ $source != "$main" ]] || object=main.o
  ${LAUNCHER-} "$@" -std=c++20 -ffp-contract=off -fopenmp -I include -c "$source" -o "$object"
  objects+=("$object")
done
"$@" -fopenmp "${objects[@]}" -lboost_program_options -o "$out"
